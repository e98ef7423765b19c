"""What a figure says, in words: for those who do not see it, and for whoever finds its file."""

import numpy as np

LISTED = 3  # of what there may be many


def describe(figure, what, *findings):
    """Give a figure its alternative text: what is drawn, and what it shows; `style.save` writes it into the file."""
    figure.set_label(" ".join([what, *filter(None, findings)]))


def ends(frame, measure):
    """A measure before and after fine-tuning, in the last layer that has it.

    Parameters
    ----------
    frame : DataFrame
        With `model`, `task`, `layer`, `when` (original, fine-tuned), and the measure; means are taken over the rest.
    measure : str

    Returns
    -------
    dict of str to (float, float)
        Of each model and task that has both.
    """
    known = frame.dropna(subset=[measure]).astype({measure: float})
    cells = known.groupby(["model", "task"], sort=False)
    means = known[known.layer == cells.layer.transform("max")].groupby(["model", "task", "when"], sort=False)
    by = means[measure].mean().unstack("when").reindex(columns=["original", "fine-tuned"]).dropna()
    return {", ".join(of): tuple(pair) for of, pair in zip(by.index, by.to_numpy())}


def changes(what, pairs, digits=1):
    """A sentence on values before and after, by the name of what they are of."""
    if not pairs:
        return f"{what}: not measured before and after."
    most = max(pairs, key=lambda name: abs(pairs[name][1] - pairs[name][0]))
    span = f"from {_number(pairs[most][0], digits)} to {_number(pairs[most][1], digits)}"
    if len(pairs) == 1:
        return f"{what}: {span} ({most})."
    signs = np.sign([after - before for before, after in pairs.values()])
    if not signs.any():
        return f"{what} is the same before and after in all {len(pairs)}."
    return f"{what} rises in {(signs > 0).sum()} of {len(pairs)}, falls in {(signs < 0).sum()}; most in {most}: {span}."


def extremes(what, values, digits=2):
    """A sentence on the lowest and highest of some values, by the name of what they are of."""
    known = {name: value for name, value in values.items() if np.isfinite(value)}
    if not known:
        return f"{what}: not measured."
    low, high = min(known, key=lambda name: known[name]), max(known, key=lambda name: known[name])
    if known[low] == known[high]:
        return f"{what}: {_number(known[low], digits)} ({low if len(known) == 1 else f'all {len(known)}'})."
    return f"{what}: from {_number(known[low], digits)} ({low}) to {_number(known[high], digits)} ({high})."


def some(names):
    """The first of some names, and how many more there are."""
    names = list(map(str, names))
    rest = len(names) - LISTED
    return ", ".join(names[:LISTED]) + (f" and {rest} more" if rest > 0 else "")


def _number(value, digits):
    return f"{value:.{digits}f}".replace("-", "−")
