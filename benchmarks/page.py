"""How large the report of a grid is, and how long a browser takes to show its first screen and its explorer.

python benchmarks/page.py [--runs 75] [--items 2500] [--known 0.12]

The runs are made up: 5 tasks, and of each run so many examples looked at in the last layer, a share `known` of whose
neighbours are on the page.
"""

import argparse
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
from playwright.sync_api import sync_playwright

from closerlook.report.page import page

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))
from page_fixtures import ARGS, BROWSER, CLAIMS, looked, run, single, until

WORDS = "the a house dog on in under of river old new sold saw who which gave quickly never because seven tree".split()
NAMES = [f"label {i}" for i in range(46)]
PAINT = "performance.getEntriesByName('first-contentful-paint')[0].startTime"
TASKS = 5


def task(name, n, rng):
    texts = [[" ".join(rng.choice(WORDS, 24)), [4, 9]] for _ in range(n)]
    some = rng.choice(n, 100, replace=False)
    suspects = [{"item": int(i), "label": 0, "score": 0.5, "runs": 1, "of": 3, "why": "a cluster of 1", "also": False}
                for i in some]  # fmt: skip
    models = {f"model {i}": suspects for i in range(5)}
    return single(name, "word", NAMES, texts, int(0.8 * n), n - int(0.8 * n), models)


def made(number, tasks, n, known, rng):
    about = tasks[number % TASKS]
    found = run(f"model {number // TASKS % 5}", about["task"], number // (5 * TASKS), NAMES)
    label = np.array(about["items"]["label"])
    ends = {end: np.where(rng.random(n) < 0.8, label, rng.integers(0, len(NAMES), n)) for end in ("before", "after")}
    places = rng.normal(0, found["scale"][1] / 5, (2, n, 2)).clip(-found["scale"][1], found["scale"][1])
    found = looked(found, about, places, ends)
    for end in ("before", "after"):
        neighbours = np.where(rng.random((n, 10)) < known, rng.integers(0, n, (n, 10)), -1)
        found["looked"][0][end]["neighbours"] = neighbours.tolist()
    return found


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=75)
    parser.add_argument("--items", type=int, default=2500)
    parser.add_argument("--known", type=float, default=0.12)
    args = parser.parse_args()
    rng = np.random.default_rng(0)
    tasks = [task(f"task {i}", args.items, rng) for i in range(TASKS)]
    runs = [made(i, tasks, args.items, args.known, rng) for i in range(args.runs)]
    making = {"config": "", "versions": {}, "seeds": [], "facts": [], "costs": pd.DataFrame(columns=["rule"])}
    start = time.perf_counter()
    html = page(title="Benchmark", summary=f"{args.runs} runs.", answers=[], notes=[], data=[], claims=CLAIMS,
                tables=[], figures=[], explorer=runs, missing=None, making=making, tasks=tasks)  # fmt: skip
    print(f"{args.runs} runs of {args.items} examples: {len(html.encode()) / 1e6:.1f} MB", end=", ")
    print(f"written in {time.perf_counter() - start:.1f} s")
    with TemporaryDirectory() as folder, sync_playwright() as p:
        file = Path(folder) / "report.html"
        file.write_text(html, encoding="utf-8")
        browser = p.chromium.launch(executable_path=BROWSER, args=ARGS)
        for _ in range(3):
            view = browser.new_page(viewport={"width": 1280, "height": 800})
            start = time.perf_counter()
            view.goto(file.as_uri())
            loaded = time.perf_counter() - start
            until(view, "document.getElementById('x').getAttribute('aria-busy') === 'false'")
            shown = time.perf_counter() - start
            paint = view.evaluate(PAINT) / 1000
            print(f"first screen after {paint:.2f} s, page loaded after {loaded:.2f} s, explorer after {shown:.2f} s")
            view.close()
        browser.close()
