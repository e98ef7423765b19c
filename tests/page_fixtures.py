"""For the tests of the report: a browser, and runs and tasks made up so that what must be shown is known."""

import base64
import shutil
from pathlib import Path

import numpy as np
import pandas as pd

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
ARGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
        "--disable-sync", "--no-first-run"]  # fmt: skip
NASTY = "<script>document.title = 'hacked'</script>"
UPDATES = [0, 2, 5, 9, 14]
CLAIMS = pd.DataFrame(columns=["claim", "scope", "statement", "n", "over"])
K = 4  # neighbours


def opened(browser, path, address="", width=1280, **options):
    """A page in a context of its own, with its explorer drawn; what it said, and what it asked for."""
    said, asked = [], []
    context = browser.new_context(viewport={"width": width, "height": 800}, **options)
    context.on("request", lambda request: asked.append(request.url))
    page = context.new_page()
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(Path(path).as_uri() + address)
    if options.get("java_script_enabled", True) and page.locator("#x").count():
        ready(page)
    return page, said, asked


def settle(page):
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def until(page, condition):
    """Wait for something of the page (whose policy does not let Playwright do it there)."""
    for _ in range(200):
        if page.evaluate(condition):
            return
        page.wait_for_timeout(50)
    raise AssertionError(condition)


def ready(page):
    """Wait until the chosen run is unpacked and drawn."""
    until(page, "document.getElementById('x').getAttribute('aria-busy') === 'false'")
    settle(page)


def packed(array, kind):
    return base64.b64encode(np.ascontiguousarray(array.astype(kind)).tobytes()).decode()


def run(model, task, seed, labels, followed=True):
    """Labels on a circle that grows, each step by one; in layer 1 twice as fast; each with three points around it."""
    k, updates = len(labels), UPDATES if followed else [0, 1]
    angle = 2 * np.pi * np.arange(k) / k
    circle = np.stack([np.cos(angle), np.sin(angle)], -1)
    radius = 2 + np.arange(len(updates))[:, None] * [1, 2] + seed
    centroids = radius[..., None, None] * circle  # (updates, layers, k, 2)
    points = np.repeat(centroids, 3, 2) + np.tile([[0.2, 0.1], [-0.2, 0.1], [0, -0.2]], (k, 1))
    distance = radius[..., None] * np.linspace(0.5, 1, k)
    distance[:, 0, -1] = np.nan
    nearest = np.broadcast_to((np.arange(k) + 1) % k, distance.shape).copy()
    nearest[:, 0, -1] = -1
    scale = abs(points).max((0, 2, 3))
    units = 32767 / scale[:, None, None]
    return {
        "model": model, "task": task, "run": f"seed {seed}", "followed": followed, "layers": [3, 6], "updates": updates,
        "labels": labels, "looks": [[f"#0000{16 * (i % 15) + 15:02x}", i // 15] for i in range(k)],
        "scale": scale.tolist(), "explained": [[0.34, 0.2], [0.51, None]],
        "centroids": packed((centroids * units).round(), "<i2"), "points": packed((points * units).round(), "<i2"),
        "point_labels": np.repeat(np.arange(k), 3).tolist(), "distance": packed(distance, "<f4"),
        "nearest": packed(nearest, "<i2"), "overlapping": [[9, None]] * len(updates),
    }  # fmt: skip


def marked(parts):
    """A sentence from pieces, those of the target as (text, number), and the target's offsets in UTF-16."""
    text, offsets = "", {}
    for part in parts:
        piece, number = part if isinstance(part, tuple) else (part, None)
        start = len(text.encode("utf-16-le")) // 2
        text += piece
        if number is not None:
            offsets[number] = [start, len(text.encode("utf-16-le")) // 2]
    return text, [place for number in sorted(offsets) for place in offsets[number]]


def single(task, kind, names, sentences, n_train, n_test, suspects=None, texts=True, whole=None):
    """A task's examples: `sentences` of (text, offsets), one after the other; labels likewise."""
    n = n_train + n_test
    split = [0] * n_train + [1] * n_test
    rows = list(range(n_train)) + list(range(n_test))
    items = {
        "split": split, "example": rows, "label": [i % len(names) for i in range(n)],
        "sentence": list(range(n)) if texts else [-1] * n,
        "marks": [sentences[i % len(sentences)][1] if texts else [] for i in range(n)],
    }  # fmt: skip
    return {
        "task": task, "kind": kind, "names": names, "texts": texts, "n": whole or {"train": n_train, "test": n_test},
        "sentences": [sentences[i % len(sentences)][0] for i in range(n)] if texts else [], "items": items,
        "suspects": suspects or {}, "suspected": {model: len(rows) for model, rows in (suspects or {}).items()},
    }  # fmt: skip


def looked(run, task, places, ends, seed=0):
    """A run with its examples looked at in the last layer.

    `places` (2, n, 2) are before and after, within the layer's scale; `ends` has for `before` and `after` a label per
    example, the probe's for test examples and the readout's for training examples.
    """
    rng = np.random.default_rng(seed)
    n, names = len(task["items"]["split"]), task["names"]
    test, gold = np.array(task["items"]["split"]) == 1, np.array(task["items"]["label"])
    before, after = (np.array(ends[end]) for end in ("before", "after"))
    sides = {}
    for end, label, company in (("before", before, (1, 2, 3, 4)), ("after", after, (1, 2, 7, 8))):
        neighbours = (np.arange(n)[:, None] + company) % n
        sides[end] = {
            "probe": np.where(test, label, -1).tolist(), "sure": np.where(test, 80, -1).tolist(),
            "linear": np.where(test, (label + 1) % len(names), label).tolist(),
            "hull": ((label + 2) % len(names)).tolist(),
            "own": [float(v) for v in rng.random(n).round(4)], "other": [None, *rng.random(n - 1).round(4).tolist()],
            "rival": ((gold + 1) % len(names)).tolist(), "cluster": rng.integers(1, 40, n).tolist(),
            "share": rng.integers(0, K + 1, n).tolist(), "neighbours": neighbours.tolist(),
        }  # fmt: skip
    displacement = rng.random(n).round(4)
    fixed, broken = (before != gold) & (after == gold), (before == gold) & (after != gold)
    lists = {
        "fixed": np.flatnonzero(fixed).tolist(), "broken": np.flatnonzero(broken).tolist(),
        "moved": np.argsort(-displacement).tolist()[:70], "company": np.arange(n).tolist()[:20],
    }  # fmt: skip
    layer = len(run["layers"]) - 1
    found = {
        "layer": run["layers"][layer], "items": list(range(n)), **sides, "k": K,
        "places": packed((np.asarray(places) / run["scale"][layer] * 32767).round(), "<i2"),
        "displacement": displacement.tolist(), "shared": [2] * n, "first_right": [None] * n, "forgotten": [None] * n,
        "lists": lists,
        "totals": {
            name: {"train": int((~test[places]).sum()), "test": int(test[places].sum())}
            for name, places in (lists | {"moved": list(range(n))}).items()
        },
    }  # fmt: skip
    classes = [names.index(label) for label in run["labels"]]
    sampled = [i for i in range(n) if not test[i]][: len(run["point_labels"])]
    sampled += [-1] * (len(run["point_labels"]) - len(sampled))
    return run | {"classes": classes, "point_items": sampled, "looked": [found]}
