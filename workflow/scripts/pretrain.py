from pathlib import Path

from closerlook.encoders.pretraining import pretrain
from closerlook.jobs.gpus import one_gpu
from closerlook.jobs.joblog import logged

with logged(snakemake.log[0]), one_gpu(snakemake.resources.gpu):
    pretrain(
        Path(snakemake.input.text) / "text.txt",
        Path(snakemake.output.weights).parent,
        **snakemake.params.recipe,
        threads=snakemake.threads,
        device=snakemake.params.device,
    )
