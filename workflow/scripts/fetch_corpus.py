from closerlook.corpora.fetch import fetch_corpus
from closerlook.files import staged, write_json
from closerlook.jobs.joblog import logged

with logged(snakemake.log[0]):
    local = {split: list(snakemake.input[split]) for split in ("train", "test")}
    with staged(snakemake.output.files) as files:
        fetched = fetch_corpus(snakemake.params.corpus, files, local)
    write_json(snakemake.output.fetched, fetched)
