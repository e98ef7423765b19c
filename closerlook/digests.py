"""Digests of large files that are asked for again and again, computed once for each content."""

import contextlib
import os

from closerlook.files import read_json, sha256, write_json


def digests(files, memory):
    """SHA-256 of files; one whose size, times and inode are as they were is not read again.

    Parameters
    ----------
    files : list of path
    memory : path
        A JSON file to remember them in; it is written where its folder exists and can be written to.

    Returns
    -------
    dict of str to str
    """
    try:
        known = read_json(memory)
    except (OSError, ValueError):
        known = {}
    found = {}
    for file in map(os.path.abspath, files):
        stat = os.stat(file)
        facts = [stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino]
        digest = known[file][-1] if known.get(file, [])[:-1] == facts else sha256(file)
        found[file] = [*facts, digest]
    if not found.items() <= known.items() and os.path.isdir(os.path.dirname(memory)):
        with contextlib.suppress(OSError):
            write_json(memory, known | found)
    return {str(file): found[os.path.abspath(file)][-1] for file in files}
