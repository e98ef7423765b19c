from closerlook.analysis.tables import read_table
from closerlook.figures import style
from closerlook.figures.movement import movement_lengths
from closerlook.files import read_json
from closerlook.joblog import logged

with logged(snakemake.log[0]):
    frame = read_table(snakemake.input.table)
    own = frame[(frame.model == snakemake.wildcards.model) & (frame.task == snakemake.wildcards.task)]
    looks = style.looks(read_json(snakemake.input.labels)["names"])
    style.save(movement_lengths(own, looks), snakemake.output)
