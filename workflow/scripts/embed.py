from pathlib import Path

from closerlook.encoders.layers import embed
from closerlook.errors import InputError
from closerlook.gpus import one_gpu
from closerlook.joblog import logged

with logged(snakemake.log[0]), one_gpu(snakemake.resources.gpu):
    encoder = Path(snakemake.input.encoder[0])
    if encoder.is_dir():  # the kept steps of a run, of which the state names one
        steps, encoder = encoder, encoder / snakemake.wildcards.state.rpartition(".")[2] / "model.safetensors"
        if not encoder.exists():
            kept = sorted((p.name for p in steps.glob("step*/")), key=lambda name: int(name.removeprefix("step")))
            raise InputError(
                f"{steps}: {encoder.parent.name} was not kept (kept: {', '.join(kept) or 'none'}); "
                "ask for another, or change `finetune.steps` in the config."
            )
    layers = snakemake.params.layers
    files = list(snakemake.output)  # all layers of train, then all of test
    embed(
        encoder.parent,
        Path(snakemake.input.task[0]).parent,
        {"train": dict(zip(layers, files)), "test": dict(zip(layers, files[len(layers) :]))},
        tokenizer=Path(snakemake.input.tokenizer[0]).parent,
        **snakemake.params.embedding,
        threads=snakemake.threads,
        device=snakemake.params.device,
    )
