from closerlook.files import read_json
from closerlook.jobs.joblog import logged
from closerlook.layout import SPLITS, by_layer
from closerlook.own_vectors import take_vectors

with logged(snakemake.log[0]):
    files, labels = snakemake.input, read_json(snakemake.input.labels)
    out = {split: by_layer(snakemake.output[split]) for split in SPLITS}
    take_vectors({split: files[split] for split in SPLITS}, out, labels, snakemake.params.store)
