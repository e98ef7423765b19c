"""Names for labels that are integers, as a task, or the file itself, gives them."""

from pathlib import Path

from closerlook.corpora.cells import EMPTY
from closerlook.errors import InputError
from closerlook.files import read_json

UNLABELLED = (-1, -100)  # what `datasets` writes for a label that is withheld, and what PyTorch's losses leave out


def read_names(names):
    """Return the names that `names` gives: a list of them, or the path of a JSON file with such a list; None as it is.

    Raises
    ------
    InputError
        If the file cannot be read, or holds anything but different texts.
    """
    if names is None or not isinstance(names, str | Path):
        return names
    try:
        found = read_json(names)
    except OSError as error:
        raise InputError(
            f"{names}: cannot be read ({error.strerror}): give a JSON file with a list of names."
        ) from error
    except ValueError as error:
        raise InputError(f'{names}: is not JSON ({error}): write a list of names, such as `["O", "PER"]`.') from error
    if not are_names(found):
        raise InputError(f"{names}: is not a list of different names: write one name for each integer from 0 on.")
    return found


def are_names(value):
    """Whether a value is a list of different texts, none of which is blank."""
    texts = isinstance(value, list) and value and all(isinstance(name, str) and name.strip() for name in value)
    return bool(texts) and len(set(value)) == len(value)


def named(value, names, place):
    """The name of an integer, which may be a text or a float without a fraction; None where it says "not labelled"."""
    if value is None or value != value or isinstance(value, str) and value.strip() in EMPTY:
        return None
    try:
        index = int(float(value)) if isinstance(value, str) else int(value)
        whole = not isinstance(value, bool) and index == float(value)
    except (TypeError, ValueError, OverflowError):
        whole = False
    if not whole:
        raise InputError(f"{place}: the label {value!r} is not an integer, but `names` names integers: remove `names`.")
    if index in UNLABELLED:
        return None
    if not 0 <= index < len(names):
        raise InputError(f"{place}: the label {index} is not one of the {len(names)} that have names: correct it.")
    return names[index]
