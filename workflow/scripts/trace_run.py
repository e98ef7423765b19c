from pathlib import Path

import numpy as np

from closerlook.analysis import plane
from closerlook.analysis.trace import trace_run
from closerlook.encoders.steps import step_spaces
from closerlook.files import read_json, save_arrays, write_json
from closerlook.jobs.compiling import ready
from closerlook.jobs.gpus import one_gpu
from closerlook.jobs.joblog import logged
from closerlook.layout import SPLITS, by_layer
from closerlook.probes.direct.samples import Sample
from closerlook.provenance import made_by
from closerlook.vectors import read_vectors

with logged(snakemake.log[0]), one_gpu(snakemake.resources.gpu):
    ready()
    files, params, record = snakemake.input, snakemake.params, read_json(snakemake.input.labels)
    labels = {split: np.array(record[split]) for split in SPLITS}
    before, after = ends = [
        {split: by_layer(files[f"{split}_{end}"]) for split in SPLITS} for end in ("before", "after")
    ]
    pairs = ((n, read_vectors(before["train"][n]), read_vectors(after["train"][n])) for n in params.layers)
    planes = {n: plane.common_plane(a, b, labels["train"]) for n, a, b in pairs}
    model, run, task = (Path(files[name]).parent for name in ("weights", "run_weights", "summary"))
    options = {**params.embedding, "device": params.device, "threads": snakemake.threads}
    direct, summaries = dict(params.direct), list(map(read_json, files.sizes))
    if asked := direct.pop("sample", None):
        chosen = {split: Sample.asked(asked, task.name, split, summaries) for split in SPLITS}
        direct["rows"] = {split: sample.rows(labels[split]) for split, sample in chosen.items()}
    shown, scratch = {"planes": planes, "shown": plane.sample(labels["train"])}, f"{snakemake.output.arrays}.spaces"
    with step_spaces(model, run, files.steps, task, params.layers, scratch, ends=ends, **options) as spaces:
        record, arrays = trace_run(spaces, labels, **direct, **shown, threads=snakemake.threads)
    save_arrays(snakemake.output.arrays, arrays)
    write_json(snakemake.output.record, {**record, "made_by": made_by(**params.direct)})
