from pathlib import Path

from closerlook.encoders.finetuning import finetune
from closerlook.gpus import one_gpu
from closerlook.joblog import logged

with logged(snakemake.log[0]), one_gpu(snakemake.resources.gpu):
    out, steps = Path(snakemake.output.metrics).parent, Path(snakemake.output.steps)
    finetune(
        Path(snakemake.input.encoder[0]).parent,
        Path(snakemake.input.task[0]).parent,
        out,
        steps_out=steps,
        checkpoints=out.with_name(f"{out.name}.checkpoints"),  # not an output: Snakemake would delete it with the job
        **snakemake.params.recipe,
        pooling=snakemake.params.pooling,
        seed=int(snakemake.wildcards.seed),
        threads=snakemake.threads,
        device=snakemake.params.device,
    )
    steps.mkdir(exist_ok=True)  # empty, where no steps are kept
