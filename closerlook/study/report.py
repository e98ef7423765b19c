"""The page of a study in memory, in the template of the workflow's report."""

import json
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from closerlook.analysis.claims import COLUMNS as CLAIMS
from closerlook.analysis.clusters import clusters
from closerlook.analysis.table5 import table5
from closerlook.analysis.table7 import table7
from closerlook.figures import style
from closerlook.files import staged
from closerlook.provenance import made_by
from closerlook.report import contents
from closerlook.report.data import SHOWN, bars
from closerlook.report.explorer import both_ends
from closerlook.report.page import page
from closerlook.study.figures import NAMES, aside, draw, why_not

LABELS = {
    "label": "label", "points": "points", "clusters_before": "clusters before", "clusters_after": "after",
    "min_distance_before": "distance before", "min_distance_after": "distance after",
    "nearest_before": "nearest before", "nearest_after": "nearest after",
    "relative_displacement": "relative displacement", "cosine": "cosine with the mean",
}  # fmt: skip


def report(study, path):
    """Write the page; see `Study.report`."""
    names, given = {"models": [study.model], "tasks": [study.task]}, study._given
    seven = table7(study.spaces, **names, min_cluster_size=study.made["direct"]["min_cluster_size"])
    five = table5(study.spaces, study._labels, **names, tol=study.made["direct"]["tol"])
    tables = contents.tables(seven, clusters(study.spaces, **names), five, study.spaces, **names)
    tables.append(_labels(study))
    made = made_by()["versions"]
    facts = [("training examples", f"{len(given.train):,}"), ("test examples", f"{len(given.test):,}"),
             ("time", f"{study.seconds:.0f} seconds")]  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        text = page(
            title=f"A closer look: {study.task}",
            summary=f"{study.extent}.",
            answers=study.answers,
            notes=study.notes,
            data=[_data(study)],
            claims=pd.DataFrame(columns=list(CLAIMS)),
            tables=[table | {"model": None, "task": None} for table in tables],
            figures=_figures(study, folder),
            explorer=_explorer(study),
            missing=None,
            making={"config": json.dumps(study.made, indent=1), "versions": made, "seeds": [study.made["seed"]],
                    "facts": facts, "costs": pd.DataFrame()},
        )  # fmt: skip
    with staged(path) as part:
        part.write_text(text, encoding="utf-8")
    return Path(path)


def _labels(study):
    last = study.labels[study.labels.layer == study.labels.layer.max()]
    frame = last[[name for name in LABELS if last[name].notna().any()]].rename(columns=LABELS)
    return {
        "id": "labels", "title": "Labels, last layer", "frame": frame, "model": None, "task": None, "main": False,
        "note": "Distance from each label's hull to the nearest other; none where the two meet. Displacement of its "
        "mean, relative to the root mean square length of the vectors before.",
    }  # fmt: skip


def _data(study):
    given = study._given
    counts = [np.bincount(y, minlength=len(study.names)).tolist() for y in (given.train_y, given.test_y)]
    return {
        "task": study.task, "extent": f"vectors: train {len(given.train):,}; test {len(given.test):,}; "
        f"{len(study.names)} labels", "labels": bars(*(dict(zip(study.names, some)) for some in counts)),
        "shown": SHOWN, "facts": [], "warnings": [], "repeated": [],
    }  # fmt: skip


def _figures(study, folder):
    """PNGs in a folder, for the page to take in, and what stands beside them."""
    names = [name for name in NAMES if not why_not(study, name)]
    files = [Path(folder) / f"{name}.png" for name in names]
    for name, file in zip(names, files):
        with aside():
            style.use()
            style.save(draw(study, name), [file])
    drawn = [{"kind": name} for name in names]
    return contents.figures(files, drawn, {study.task: {"n_labels": len(study.names)}})


def _explorer(study):
    if not study.moved:
        return []
    first, *_ = found = list(study.moved.values())
    rows = {name: [row for arrays in found for row in arrays[name]] for name in first}
    rows |= {name: first[name] for name in ("classes", "counts", "sample")}
    labels = {study.task: {"names": study.names, "train": study._given.train_y}}
    return [study.run._asdict() | both_ends(study.run, rows, labels, study.clusters)]
