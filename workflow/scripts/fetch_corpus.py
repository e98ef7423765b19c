import shutil
from pathlib import PurePosixPath
from urllib.parse import urlsplit

from closerlook.corpora.fetch import fetch_file, fetch_hub
from closerlook.files import staged, write_json
from closerlook.joblog import logged

with logged(snakemake.log[0]):
    corpus = snakemake.params.corpus
    fetched, done = {}, {}
    with staged(snakemake.output.files) as files:
        for split in ("train", "test"):
            source = corpus[split]
            origin = source["path"] or source["url"]
            if corpus["format"] == "hub":
                dest = files / f"{split}.parquet"
                fetched[split] = fetch_hub(
                    corpus["name"], corpus["revision"], source["split"], dest, config_name=corpus["config_name"]
                )
            elif origin in done:  # both splits in one file
                dest = files / f"{split}{done[origin].suffix}"
                shutil.copyfile(done[origin], dest)
                fetched[split] = fetched["train"]
            else:
                suffix = PurePosixPath(urlsplit(origin).path).suffix or f".{corpus['format']}"
                dest = files / f"{split}{suffix}"
                fetched[split] = fetch_file(origin, dest, source["sha256"])
                done[origin] = dest
    write_json(snakemake.output.fetched, fetched)
