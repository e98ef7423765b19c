"""The tables of a study: what each is made from. A new one is a module with a function of its name, and a row here."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Table:
    """How `closerlook.analysis.NAME.NAME` is called.

    `reads` says which files each of its parameters is made of: another table, or results by what `catalog.smk` calls
    them; `told` which value of the study each of the others is. Those `by_subject` tell runs of several recipes apart;
    claims do not, because these share their original, and are not independent evidence.
    """

    message: str
    reads: dict
    told: dict = field(default_factory=dict)
    by_subject: bool = False


RUNS = {"runs": "about"}
ORDER = {"models": "models", "tasks": "tasks"}
CLAIMED = {"spaces": "spaces", "labels": "labels", "movement": "movement"}
BY_EXAMPLE = {"predictions": "last_predictions", "sentences": "sentences"}
EXPECTED = {"related": "related", "opposing": "opposing", "contrasts": "contrasts"}

TABLES = {
    "spaces": Table(
        "Gathering what the probes found into one table",
        {"direct": "direct", "clusters": "cluster_arrays", "classifier": "probe_classifier"}
        | {"predictions": "predictions", "sentences": "sentences", "names": "names"},
        {"depths": "depths"} | RUNS,
    ),
    "labels": Table("Gathering the labels' distances", {"clusters": "train_cluster_arrays", "names": "names"}, RUNS),
    "table7": Table(
        "Writing the paper's main table", {"spaces": "spaces"}, ORDER | {"min_cluster_size": "min_cluster_size"},
        by_subject=True,
    ),
    "clusters": Table("Counting clusters before and after fine-tuning", {"spaces": "spaces"}, ORDER, by_subject=True),
    "table5": Table(
        "Comparing what fine-tuning on one task does to the others",
        {"spaces": "spaces", "labels": "labels"},
        ORDER | {"tol": "tol"},
        by_subject=True,
    ),
    "replication": Table(
        "Setting the study's numbers beside the published ones",
        {"table7": "table7", "table5": "table5", "names": "names"},
        {"models": "paper_models", "tasks": "paper_tasks"},
    ),
    "memorisation": Table("Gathering the classifier probe's curves", {"classifier": "probe_classifier"}, RUNS),
    "tuning": Table("Gathering how fine-tuning went", {"metrics": "metrics"}, RUNS),
    "recipes": Table(
        "Setting the recipes beside each other",
        {"spaces": "spaces", "movement": "movement", "tuning": "tuning"},
        {"order": "recipes"},
    ),
    "movement": Table("Gathering how far the labels moved", {"results": "movements", "names": "names"}, RUNS),
    "directions": Table("Gathering where the labels moved", {"results": "movements", "names": "names"}, RUNS),
    "similarity": Table("Gathering how like the original the spaces are", {"results": "similarities"}, RUNS),
    "layer_matrices": Table("Gathering how like each layer is to all others", {"results": "similarities"}, RUNS),
    "hulls": Table(
        "Gathering how well the nearest hull classifies", {"scores": "probe_hulls", "spaces": "spaces"}, RUNS
    ),
    "errors": Table(
        "Sorting errors by the distance of the confused labels",
        {"classifier": "last_classifier", "hulls": "last_hulls", "clusters": "last_cluster_arrays"}
        | {"names": "names"},
        RUNS,
    ),
    "trajectory": Table("Gathering the runs that were followed", {"traces": "traces"}, RUNS),
    "label_distances": Table(
        "Gathering the labels' distances, update by update", {"traces": "traces", "names": "names"}, RUNS
    ),
    "centroid_paths": Table("Gathering the paths of the closest labels", {"traces": "traces", "names": "names"}, RUNS),
    "suspects": Table(
        "Looking for training examples that look mislabelled", {"examples": "examples"}, {"resolution": "resolution"}
    ),
    "claims": Table("Testing what the paper claims", CLAIMED | BY_EXAMPLE, EXPECTED | {"smallest": "smallest"}),
    "claim_pairs": Table("Gathering the pairs that the claims are tested on", CLAIMED, EXPECTED),
    "claim_cells": Table(
        "Gathering what the claims' pairs say of each cell", CLAIMED | BY_EXAMPLE, EXPECTED,
        by_subject=True,
    ),
}  # fmt: skip
