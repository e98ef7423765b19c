from pathlib import Path

from closerlook.corpora.grammar import write_corpus
from closerlook.files import sha256, write_json
from closerlook.jobs.joblog import logged
from closerlook.provenance import made_by

with logged(snakemake.log[0]):
    files = Path(snakemake.output.files)
    write_corpus(files, **snakemake.params.sizes)
    digests = {f.name: sha256(f) for f in sorted(files.iterdir())}
    write_json(snakemake.output.fetched, {"files": digests, "made_by": made_by(**snakemake.params.sizes)})
