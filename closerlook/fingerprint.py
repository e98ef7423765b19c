"""The code that a script depends on, as text that changes only when the code's meaning does."""

import ast
import functools
import hashlib
import modulefinder
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def closure(script):
    """Fingerprint every module of this package that a script imports, directly or not.

    Snakemake reruns a job when its script is edited, and not when a module is that the script imports; these lines in a
    rule's `params` close the gap. Comments and layout do not count, since the syntax tree is what is hashed.

    Parameters
    ----------
    script : path
        A Python file, read and compiled but never executed.

    Returns
    -------
    list of str
        `path digest` for each module, sorted.
    """
    finder = modulefinder.ModuleFinder(path=[str(ROOT)])
    finder.run_script(str(script))
    files = {Path(m.__file__).resolve() for m in finder.modules.values() if m.__file__}
    return sorted(f"{f.relative_to(ROOT)} {_digest(f)}" for f in files if f.is_relative_to(ROOT / "closerlook"))


@functools.cache
def _digest(file):
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return hashlib.sha256(ast.dump(tree).encode()).hexdigest()[:16]
