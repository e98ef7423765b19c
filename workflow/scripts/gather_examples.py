from pathlib import Path

from closerlook.analysis.examples import ENDS, read_followed, read_spaces, write_examples
from closerlook.corpora.passages import passages
from closerlook.corpora.task import kind_of, load_rows
from closerlook.files import read_json
from closerlook.jobs.joblog import logged
from closerlook.layout import SPLITS, by_layer

with logged(snakemake.log[0]):
    files, record, task = snakemake.input, read_json(snakemake.input.labels), Path(snakemake.input.summary).parent
    texts = {split: passages(load_rows(task, split), kind_of(task)) for split in SPLITS}
    vectors = {end: {split: by_layer(files[f"{split}_{end}"]) for split in SPLITS} for end in ENDS}
    around, probed = ({end: by_layer(files[f"{name}_{end}"]) for end in ENDS} for name in ("surroundings", "probed"))
    write_examples(
        snakemake.output[0], texts, record, record["names"], read_spaces(files.movement, vectors, around, probed),
        repeats=snakemake.params.repeats, followed=read_followed(files.trace) if files.trace else None,
    )  # fmt: skip
