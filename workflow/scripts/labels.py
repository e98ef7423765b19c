from pathlib import Path

from closerlook.analysis.labels import label_table
from closerlook.analysis.tables import write_table
from closerlook.files import read_json
from closerlook.joblog import logged

with logged(snakemake.log[0]):
    names = {Path(f).parent.name: read_json(f)["names"] for f in snakemake.input.labels}
    write_table(snakemake.output[0], label_table(snakemake.input.direct, names))
