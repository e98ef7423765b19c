"""The code that a script depends on, as text that changes only when the code's meaning does."""

import ast
import functools
import hashlib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = "closerlook"
DOCUMENTED = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def closure(script, *modules):
    """Fingerprint a script and every module of this package that it imports, directly or not.

    Snakemake reruns a job when its script is touched, and not when a module is edited that the script imports; these
    lines in a rule's `params` replace the first and add the second. Comments, layout and docstrings do not count, since
    what is hashed is the syntax tree without them.

    Parameters
    ----------
    script : path
        A Python file, read but never executed.
    modules : str
        Modules that it looks up by name, such as `closerlook.analysis.spaces`.

    Returns
    -------
    list of str
        `path digest` for each file, sorted; the script's path is its name.
    """
    script = Path(script)
    digest, imported = _read(script)
    wanted = imported | set(modules)
    lines, seen = [f"{script.name} {digest}"], set()
    while wanted:
        seen.add(name := min(wanted))
        digest, imported = _read(_file(name))
        lines.append(f"{_file(name).relative_to(ROOT)} {digest}")
        wanted = (wanted | imported) - seen
    return sorted(lines)


@functools.cache
def _read(file):
    """The digest of a Python file's syntax tree, and the modules of this package that it imports."""
    tree = ast.parse(file.read_bytes(), filename=str(file))
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            # what follows is a module, or a name in one
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, DOCUMENTED) and ast.get_docstring(node, clean=False) is not None:
            node.body[0] = ast.Pass()
    parts = [name.split(".") for name in names]
    # each enclosing package is imported too
    paths = {".".join(p[: n + 1]) for p in parts for n in range(len(p)) if p[0] == PACKAGE}
    found = frozenset(name for name in paths if _file(name))
    return hashlib.sha256(ast.dump(tree).encode()).hexdigest()[:16], found


@functools.cache
def _file(module):
    """The file of a module of this package; None for a name that is not one."""
    path = ROOT / module.replace(".", "/")
    return next((f for f in (path / "__init__.py", path.with_suffix(".py")) if f.is_file()), None)
