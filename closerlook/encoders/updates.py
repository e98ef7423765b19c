"""Which updates of a fine-tuning are kept as states of their own. (Without torch: a plan asks too.)"""

from closerlook.errors import InputError


def kept(steps, n_updates):
    """Resolve `every N` or a list of updates to the set of updates to keep; the last one always belongs to it."""
    if not steps:
        return set()
    if isinstance(steps, str):
        every = int(steps.removeprefix("every "))
        return {*range(every, n_updates, every), n_updates}
    if max(steps) > n_updates:
        raise InputError(f"finetune.steps: update {max(steps)} is asked for, but there are only {n_updates} updates.")
    return {*steps, n_updates}
