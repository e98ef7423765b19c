from pathlib import Path

from closerlook.encoders.layers import embed
from closerlook.encoders.steps import kept_step
from closerlook.jobs.gpus import one_gpu
from closerlook.jobs.joblog import logged
from closerlook.layout import SPLITS, State, by_layer

with logged(snakemake.log[0]), one_gpu(snakemake.resources.gpu):
    files, step = snakemake.input, State.parse(snakemake.wildcards.state).step
    folder = Path(files.weights).parent
    embed(
        folder if step is None else kept_step(files.steps, step),
        Path(files.summary).parent,
        {split: by_layer(snakemake.output[split]) for split in SPLITS},
        tokenizer=folder,
        **snakemake.params.embedding,
        threads=snakemake.threads,
        device=snakemake.params.device,
    )
