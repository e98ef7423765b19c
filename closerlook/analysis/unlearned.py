"""Where the classifier probe did not learn what is there to be read."""

import numpy as np

COLUMNS = ("model", "task", "state", "layer", "accuracy", "linear_accuracy", "lead", "majority", "reason")
AHEAD = "a linear readout is ahead"
GUESSES = "no better than the most frequent label, although all labels are separable"
SURE = 3  # standard errors by which a linear readout is ahead: by chance in one space of some seven hundred


def ahead(spaces):
    """In which spaces, (n,) bool, a linear readout is ahead of the probe by more than noise."""
    return (spaces.linear_lead.astype(float) > SURE * spaces.linear_lead_error.astype(float)).to_numpy(bool)


def unlearned(spaces):
    """Spaces in which the probe says less than can be read off them.

    Parameters
    ----------
    spaces : DataFrame
        As `closerlook.analysis.spaces.spaces` returns it.

    Returns
    -------
    DataFrame
        A row per such space, those in which most is lost first: `accuracy` of the probe and of the linear readout, the
        readout's `lead` (points), test accuracy of the `majority` label, and the `reason`: a linear readout is
        ahead by more than three standard errors; or DirectProbe finds all labels separable, while the probe is no
        better than the most frequent label (within two standard errors of a test set of that size).
    """
    numbers = spaces[["accuracy", "linear_lead", "majority", "n_test"]].astype(float)
    share = numbers.majority / 100
    error = 100 * np.sqrt(share * (1 - share) / numbers.n_test)
    guesses = (numbers.accuracy <= numbers.majority + 2 * error) & spaces.is_linear.eq(True).fillna(False)
    reason = [
        AHEAD if first else GUESSES if then else None for first, then in zip(ahead(spaces), guesses.to_numpy(bool))
    ]
    table = spaces.assign(lead=numbers.linear_lead, reason=reason).dropna(subset=["reason"])
    return table.sort_values("lead", ascending=False, ignore_index=True)[list(COLUMNS)]
