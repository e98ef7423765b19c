"""Data sets of the Hugging Face hub."""

import re
import tempfile
from pathlib import Path
from textwrap import shorten

from closerlook.corpora.sources import HERE
from closerlook.errors import InputError
from closerlook.files import sha256, staged

CONVERTED = (
    "refs/convert/parquet"  # where the hub keeps its own Parquet version of a data set, one folder per configuration
)


def fetch_hub(name, revision, split, dest, config_name=None):
    """Fetch one split of a data set of the Hugging Face hub as a Parquet file.

    Parameters
    ----------
    name : str
        The data set's id, as in "CogComp/trec".
    revision : str or None
        A branch, tag or commit; None is the main branch. What it means today is looked up and recorded.
    split : str
        Also a slice, as `datasets` understands it.
    dest : path
        The file to write, ending in .parquet.
    config_name : str, optional
        The configuration, for data sets that have several.

    Returns
    -------
    dict
        `source` ("hub:NAME"), `config_name`, `split`, `revision` (the commit), and `sha256` and `bytes` of `dest`.

    Raises
    ------
    InputError
        If the hub cannot be reached, or does not have this data set, revision, configuration or split.
    """
    import datasets
    from huggingface_hub import HfApi

    if Path(name).is_dir():  # `datasets` would take it
        raise InputError(f"hub data set {name}: {HERE}.")
    dest = Path(dest)
    config, folder = (None, config_name) if revision == CONVERTED else (config_name, None)
    with staged(dest) as part, tempfile.TemporaryDirectory(dir=dest.parent, prefix=".hub") as cache:
        try:
            commit = HfApi().dataset_info(name, revision=revision, timeout=30).sha
            made = datasets.load_dataset(name, config, folder, split=split, revision=commit, cache_dir=cache)
            made.to_parquet(part)
        except Exception as error:  # from four libraries, with no base in common
            what = " ".join(filter(None, (name, config_name, split, revision and f"at {revision}")))
            if script := re.search(r"scripts are no longer supported, but found (\S+)", str(error)):
                raise InputError(
                    f"hub data set {what}: it is distributed as a loading script, {script[1]}, and `datasets` no "
                    f"longer runs these: set `revision: {CONVERTED}`, where the hub keeps many of these data sets as "
                    "Parquet, or give its files as a local `path:` in format `table`."
                ) from error
            reason = shorten(str(error) or type(error).__name__, 240)
            raise InputError(
                f"hub data set {what}: cannot be fetched ({reason}): check its name and your network, "
                "or give its files as a local `path:` in format `table`."
            ) from error
        size, found = part.stat().st_size, sha256(part)
    source = {"source": f"hub:{name}", "config_name": config_name, "split": split, "revision": commit}
    return source | {"sha256": found, "bytes": size}
