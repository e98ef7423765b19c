from pathlib import Path

from closerlook.analysis.spaces import spaces
from closerlook.analysis.tables import write_table
from closerlook.files import read_json
from closerlook.joblog import logged

with logged(snakemake.log[0]):
    labels = {Path(f).parent.name: read_json(f)["names"] for f in snakemake.input.labels}
    table = spaces(snakemake.input.direct, snakemake.input.classifier, labels, snakemake.params.models)
    write_table(snakemake.output[0], table)
