from pathlib import Path

from closerlook.analysis.tables import read_table
from closerlook.figures import style
from closerlook.figures.trajectory import label_distances
from closerlook.files import read_json
from closerlook.joblog import logged

with logged(snakemake.log[0]):
    spaces, distances = read_table(snakemake.input.spaces), read_table(snakemake.input.distances)
    looks = {Path(f).parent.name: style.looks(read_json(f)["names"]) for f in snakemake.input.labels}
    style.save(label_distances(distances, spaces, snakemake.params.pairs, looks), snakemake.output)
