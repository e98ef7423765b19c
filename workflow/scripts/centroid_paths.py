from pathlib import Path

from closerlook.analysis.tables import read_table
from closerlook.figures import style
from closerlook.figures.paths import centroid_paths
from closerlook.files import read_json
from closerlook.joblog import logged

with logged(snakemake.log[0]):
    looks = {Path(f).parent.name: style.looks(read_json(f)["names"]) for f in snakemake.input.labels}
    style.save(centroid_paths(read_table(snakemake.input.table), snakemake.params.pairs, looks), snakemake.output)
