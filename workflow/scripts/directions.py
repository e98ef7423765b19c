from closerlook.analysis.movement import directions as table
from closerlook.figures import style
from closerlook.figures.movement import directions
from closerlook.files import read_json
from closerlook.joblog import logged

with logged(snakemake.log[0]):
    names = read_json(snakemake.input.labels)["names"]
    frame = table(snakemake.input.runs, {snakemake.wildcards.task: names})
    style.save(directions(frame, style.looks(names)), snakemake.output)
