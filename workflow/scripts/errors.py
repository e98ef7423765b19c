from pathlib import Path

from closerlook.analysis.errors import errors
from closerlook.analysis.tables import write_table
from closerlook.files import read_json
from closerlook.joblog import logged

with logged(snakemake.log[0]):
    sizes = {Path(f).parent.name: len(read_json(f)["names"]) for f in snakemake.input.labels}
    results = {probe: snakemake.input[probe] for probe in ("classifier", "hulls")}
    write_table(snakemake.output[0], errors(results, snakemake.input.direct, sizes))
