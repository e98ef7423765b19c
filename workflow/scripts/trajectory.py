from pathlib import Path

import numpy as np

from closerlook.analysis.trajectory import trajectory
from closerlook.encoders.steps import step_spaces
from closerlook.files import read_json, staged, write_json
from closerlook.joblog import logged
from closerlook.provenance import made_by

with logged(snakemake.log[0]):
    names, direct = read_json(snakemake.input.labels), snakemake.params.direct
    labels = {split: np.array(names[split]) for split in ("train", "test")}
    run = step_spaces(
        Path(snakemake.input.model).parent,
        snakemake.input.steps,
        Path(snakemake.input.task).parent,
        snakemake.params.layers,
        scratch=f"{snakemake.output.npz}.spaces",
        **snakemake.params.embedding,
        threads=snakemake.threads,
        device=snakemake.params.device,
    )
    with run as spaces:
        record, arrays = trajectory(spaces, labels, **direct, threads=snakemake.threads)
    with staged(snakemake.output.npz) as part, open(part, "wb") as file:
        np.savez_compressed(file, **arrays)
    write_json(snakemake.output.json, {**record, "made_by": made_by(**direct)})
