"""The pictures of `docs/gallery.md`: python docs/images/gallery.py results/demo

Three are not from that study. `claims.png` and `recipes.png`, in the folder of this file, are from studies of real
tasks. No study in minutes has the paper's models, so `replication` is drawn from the published numbers and others near
them.
"""

import sys
from pathlib import Path

import numpy as np
from PIL import Image

from closerlook.analysis.published.matching import LABELS
from closerlook.analysis.replication import published, replication
from closerlook.analysis.table5 import COLUMNS as TABLE5
from closerlook.analysis.table7 import PAPER, SPREAD
from closerlook.figures import style
from closerlook.figures.catalog import FIGURES
from closerlook.figures.replication import replication as drawn

HERE = Path(__file__).resolve().parent
WIDTH, COLOURS = 1400, 256


def shrink(source, target):
    """Write a picture no wider than a page, in few colours."""
    with Image.open(source) as image:
        image = image.convert("RGB")
        if image.width > WIDTH:
            image = image.resize((WIDTH, round(image.height * WIDTH / image.width)), Image.Resampling.LANCZOS)
        image.quantize(COLOURS, dither=Image.Dither.NONE).save(target, optimize=True)


def made_up():
    """What `replication` would show of a study whose numbers differ from the published ones by chance alone."""
    rng = np.random.default_rng(0)
    table7, table5 = published("table7"), published("table5")
    tuned = table7.state == "fine-tuned"
    accuracy = (table7.accuracy + rng.normal(0, 0.8, len(table7))).clip(upper=100)
    half = rng.uniform(0.4, 2, len(table7))
    table7 = table7.assign(
        accuracy=accuracy, accuracy_low=(accuracy - half).where(tuned), accuracy_high=(accuracy + half).where(tuned),
        train_test_similarity=(table7.train_test_similarity + rng.normal(0, 0.03, len(table7))).clip(upper=1),
        seeds=np.where(tuned, 3, 0),
    ).reindex(columns=PAPER + SPREAD)  # fmt: skip
    change = table5.mean_min_distance_change + rng.normal(0, 0.4, len(table5))
    table5 = table5.assign(
        mean_min_distance_change=change, mean_min_distance_change_low=change - 0.6,
        mean_min_distance_change_high=change + 0.6, seeds=np.where(table5.fine_tuned_on.isna(), 0, 3),
    ).reindex(columns=list(TABLE5))  # fmt: skip
    names = {task: [str(k) for k in range(n)] for task, n in LABELS.items()}
    return replication(table7, table5, names, {model: model for model in table7.model.unique()}, list(LABELS))


def main(results):
    figures, gallery = Path(results) / "figures", HERE / "gallery"
    gallery.mkdir(exist_ok=True)
    for name in FIGURES.keys() - {"claims", "recipes", "replication"}:
        one = figures / f"{name}.png"
        shrink(one if one.exists() else sorted((figures / name).glob("*.png"))[-1], gallery / f"{name}.png")
    style.use()
    style.save(drawn(made_up()), [gallery / "replication.png"])
    shrink(gallery / "replication.png", gallery / "replication.png")


if __name__ == "__main__":
    main(*sys.argv[1:])
