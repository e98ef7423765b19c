from pathlib import Path

from closerlook.encoders.finetuning import finetune
from closerlook.jobs.gpus import one_gpu
from closerlook.jobs.joblog import logged
from closerlook.recipes import Recipe

with logged(snakemake.log[0]), one_gpu(snakemake.resources.gpu):
    model, task = Path(snakemake.input.weights).parent, Path(snakemake.input.summary).parent
    out, steps, params = Path(snakemake.output.metrics).parent, Path(snakemake.output.steps), snakemake.params
    finetune(
        model, task, out, Recipe(**params.recipe), seed=params.seed, pooling=params.pooling, steps_out=steps,
        checkpoints=out.with_name(f"{out.name}.checkpoints"),  # not an output: Snakemake would delete it with the job
        threads=snakemake.threads, device=params.device,
    )  # fmt: skip
    steps.mkdir(exist_ok=True)  # empty, where no steps are kept
