"""How well *look mislabelled* finds wrong labels, beside confident learning (cleanlab) on the same vectors.

Of the training labels of STREUSLE's prepositions (roles) and of PUD's tags, 3 % are replaced at random; the workflow
fine-tunes a model on them, with two seeds. Needs the paper's corpora (as `config/real.yaml` has them), an encoder, and
`pip install cleanlab`:

    python benchmarks/label_errors.py DATA MODEL OUT [TASK ...]

Prints for each ranking, of one run and of both, its average precision, the precision among the first n (n: how many
labels are wrong), and the recall among the first 2n. cleanlab ranks by self-confidence, from the probabilities that
logistic regressions on standardised vectors of the last layer give in five-fold cross-validation, averaged over runs.
"""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import yaml
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from closerlook.analysis.suspects import suspects
from closerlook.corpora.task import load_rows
from closerlook.files import read_json

SHARE, SEEDS = 0.03, [0, 1]
PUD, STREUSLE = "ud-pud/en_pud-ud-test.conllu", "streusle/streusle.ud_{}.conllulex"
CORPORA = {
    "pud": {"format": "conllu", "train": {"path": PUD, "rows": "0:800"}, "test": {"path": PUD, "rows": "800:1000"}},
    "streusle": {"format": "conllulex", **{split: {"path": STREUSLE.format(split)} for split in ("train", "test")}},
}
TASKS = {
    "pos": {"corpus": "pud", "kind": "word", "label": "upos"},
    "ps-role": {"corpus": "streusle", "kind": "word", "label": "ss", "where": {"ss": "p.*", "smwe": "_"}},
}


def snakemake(config, folder, *targets):
    """Run a study, or what of it makes some files."""
    file = folder / "config.yaml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(yaml.safe_dump(config))
    command = [sys.executable, "-m", "snakemake", "-s", Path(__file__).parents[1] / "Snakefile", "--cores", "all"]
    subprocess.run([*command, "--quiet", "all", "--configfile", file, "--", *targets], check=True)


def flipped(task, folder):
    """The task with wrong labels: both splits as JSON Lines, and which training examples are wrong."""
    names = read_json(folder / "labels.json")["names"]
    rng, wrong, files = np.random.default_rng(0), None, {}
    for split in ("train", "test"):
        rows = load_rows(folder, split).to_pylist()
        ids = np.concatenate([row["labels"] for row in rows])
        if split == "train":
            wrong = np.sort(rng.choice(len(ids), round(SHARE * len(ids)), replace=False))
            ids[wrong] = (ids[wrong] + rng.integers(1, len(names), len(wrong))) % len(names)
        left, files[split] = iter(ids), folder.parent / f"{task}.{split}.jsonl"
        with open(files[split], "w", encoding="utf-8") as file:
            for row in rows:
                labels = [None] * len(row["words"])
                for (target,) in row["targets"]:
                    labels[target] = names[next(left)]
                file.write(json.dumps({"words": row["words"], "labels": labels}) + "\n")
    return {split: {"path": str(file)} for split, file in files.items()}, wrong


def confident(vectors, y):
    """How little confidence there is in each label, as cleanlab has it, from the vectors of each run."""
    from cleanlab.rank import get_label_quality_scores

    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=300))
    total = np.zeros((len(y), y.max() + 1))
    for X in vectors:
        for train, test in StratifiedKFold(5, shuffle=True, random_state=0).split(X, y):
            model.fit(X[train], y[train])
            total[test[:, None], model.classes_] += model.predict_proba(X[test])
    return -get_label_quality_scores(
        y, np.clip(total / total.sum(1, keepdims=True), 1e-12, 1), method="self_confidence"
    )


def told(name, score, wrong):
    truth = np.zeros(len(score), bool)
    truth[wrong] = True
    order, n = np.argsort(-score, kind="stable"), len(wrong)
    return {"ranking": name, "average precision": average_precision_score(truth, score),
            "precision at n": truth[order[:n]].mean(), "recall at 2n": truth[order[: 2 * n]].sum() / n}  # fmt: skip


def main(data, model, out, *tasks):
    out = Path(out).absolute()
    for corpus in CORPORA.values():
        for split in ("train", "test"):
            corpus[split]["path"] = str(Path(data).absolute() / corpus[split]["path"])
    for task in tasks or TASKS:
        probe = {"hidden_layer_sizes": [[64]], "alphas": [0.01], "cv": 1, "repeats": 1}
        study = {"models": {"m": {"path": str(Path(model).absolute())}}, "seeds": SEEDS, "layers": [-1],
                 "finetune": {"epochs": 3}, "probes": {"classifier": probe}}  # fmt: skip
        clean = out / "clean" / "tasks" / task
        config = study | {"corpora": CORPORA, "tasks": TASKS, "pathvars": {"results": str(out / "clean")}}
        snakemake(config, out / "clean", clean / "labels.json")
        splits, wrong = flipped(task, clean)
        results = out / task
        config = study | {"corpora": {"flipped": {"format": "table", **splits}}, "pathvars": {"results": str(results)},
                          "tasks": {task: {"corpus": "flipped", "kind": "word", "label": "labels"}}}  # fmt: skip
        snakemake(config, results, results / "tables/suspects.csv")
        y = np.array(read_json(results / "tasks" / task / "labels.json")["train"])
        files = [results / f"examples/m/{task}.seed{seed}.parquet" for seed in SEEDS]
        spaces = [next(results.glob(f"embeddings/m/{task}.seed{seed}/{task}/train/*.npy")) for seed in SEEDS]
        rows = []
        for n in (1, len(SEEDS)):
            listed, ours = suspects(files[:n]).example, np.zeros(len(y))
            ours[listed] = np.arange(len(listed), 0, -1)
            rows += [{"runs": n} | told("look mislabelled", ours, wrong)]
            rows += [{"runs": n} | told("cleanlab", confident(map(np.load, spaces[:n]), y), wrong)]
        print(f"\n{task}: {len(wrong)} of {len(y):,} training labels are wrong")
        print(pd.DataFrame(rows).to_string(index=False, float_format="{:.3f}".format))


if __name__ == "__main__":
    main(*sys.argv[1:])
