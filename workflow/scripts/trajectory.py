from pathlib import Path

import numpy as np

from closerlook.analysis.plane import common_plane, sample
from closerlook.analysis.trajectory import trajectory
from closerlook.encoders.steps import step_spaces
from closerlook.files import read_json, staged, write_json
from closerlook.gpus import one_gpu
from closerlook.joblog import logged
from closerlook.provenance import made_by
from closerlook.vectors import read_vectors

with logged(snakemake.log[0]), one_gpu(snakemake.resources.gpu):
    names, direct = read_json(snakemake.input.labels), snakemake.params.direct
    labels = {split: np.array(names[split]) for split in ("train", "test")}
    layers, ends = snakemake.params.layers, zip(snakemake.input.before, snakemake.input.after)
    planes = {n: common_plane(read_vectors(a), read_vectors(b), labels["train"]) for n, (a, b) in zip(layers, ends)}
    run = step_spaces(
        Path(snakemake.input.model[0]).parent,
        snakemake.input.steps,
        Path(snakemake.input.task[0]).parent,
        layers,
        scratch=f"{snakemake.output.npz}.spaces",
        **snakemake.params.embedding,
        threads=snakemake.threads,
        device=snakemake.params.device,
    )
    with run as spaces:
        shown = {"planes": planes, "sample": sample(labels["train"])}
        record, arrays = trajectory(spaces, labels, **direct, **shown, threads=snakemake.threads)
    with staged(snakemake.output.npz) as part, open(part, "wb") as file:
        np.savez_compressed(file, **arrays)
    write_json(snakemake.output.json, {**record, "made_by": made_by(**direct)})
