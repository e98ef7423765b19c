# What tables, figures and the report are made from, and what they are told.
SOURCES = {  # what tables are made of
    "direct": lambda: cells(DIRECT, "direct"),
    "cluster_arrays": lambda: cells(CLUSTERS, "direct"),
    "train_cluster_arrays": lambda: cells(CLUSTERS, "direct", splits=["train"]),
    "last_cluster_arrays": lambda: cells(CLUSTERS, "direct", splits=["train"], last=True),
    "metrics": lambda: of_runs(f"{RUN}/metrics.json", [run for run in GRID.runs() if run.model in ENCODERS]),
    "movements": lambda: of_runs(MOVEMENT),
    "similarities": lambda: of_runs(SIMILARITY),
    "examples": lambda: of_runs(EXAMPLES),
    "surroundings": lambda: surroundings(),
    "traces": lambda: of_runs(TRAJECTORY, GRID.followed()),
    "names": lambda: [LABELS.format(task=task) for task in CFG.tasks],
    "sentences": lambda: [SENTENCES.format(task=task) for task in CFG.tasks],
    "predictions": lambda: cells(PREDICTIONS, "classifier"),
    "last_predictions": lambda: cells(PREDICTIONS, "classifier", last=True),
}
EXPERIMENTS = ["metrics", "movements", "similarities", "traces", "surroundings", "examples", "direct"]
for PROBE in sorted(set(dict(CFG.probes)) - {"direct"}):
    EXPERIMENTS.append(f"probe_{PROBE}")
    SOURCES[f"probe_{PROBE}"] = lambda probe=PROBE: cells(f"<results>/{layout.of_probe(probe)}", probe)
    SOURCES[f"last_{PROBE}"] = lambda probe=PROBE: cells(f"<results>/{layout.of_probe(probe)}", probe, last=True)


def source(name):
    """The files that a table reads: another table, or results, in a partial study those that exist."""
    return TABLE.format(table=name) if name in TABLES else found(SOURCES[name]())


ABOUT, SUBJECTS = GRID.about(), GRID.subjects()


def subjects_with(runs):
    """The subjects that some runs belong to, and the task of each, once."""
    belongs = {
        (name, run.task)
        for run in runs
        for name, subject in SUBJECTS.items()
        if subject["model"] == run.model
        and subject["recipes"].get(run.task) == ABOUT[f"{run.model}/{run.state}"]["recipe"]
    }
    return [(name, task) for name in SUBJECTS for task in CFG.tasks if (name, task) in belongs]


def recipes_of(runs):
    """The recipes of some runs."""
    return list(dict.fromkeys(ABOUT[f"{run.model}/{run.state}"]["recipe"] for run in runs))


def there(pattern, runs):
    """Those of some runs whose results exist."""
    return [run for run in runs if found([pattern.format(**run._asdict())])]


VALUES = {  # what tables and figures are told of the study
    "models": list(SUBJECTS),
    "tuned": list(dict.fromkeys(name for name, _ in subjects_with(GRID.runs()))),
    "crossed": [
        name
        for name, subject in SUBJECTS.items()
        if any(tuned in subject["recipes"] for tuned, _ in GRID.crossings(subject["model"]))
    ],
    "several": [model for model in CFG.models if sum(s["model"] == model for s in SUBJECTS.values()) > 1],
    "curves": list(SUBJECTS) if CFG.probes.classifier.memorisation else [],
    "hull_layers": [model for model in CFG.models if GRID.layers(model, "hulls")],
    "tasks": list(CFG.tasks),
    "depths": {model: GRID.depth(model) for model in sorted(CFG.models)},
    "about": ABOUT,
    "pairs": subjects_with(there(TRAJECTORY, GRID.followed())),
    "min_cluster_size": CFG.probes.direct.min_cluster_size,
    "tol": CFG.probes.direct.tol,
    "resolution": CFG.probes.direct.resolution,
    "related": CFG.related_tasks,
    "opposing": CFG.opposing_tasks,
    "contrasts": GRID.contrasts(),
    "recipes": recipes_of(GRID.runs()),
    "smallest": plain(CFG.smallest_effects),
    "paper_models": matching.paper_models(GRID),
    "paper_tasks": matching.paper_tasks(GRID),
}


def told(row):
    """The values that a table or a figure is told, by what its function calls them."""
    return {parameter: VALUES[name] for parameter, name in sorted(row.told.items())}


def absent():
    """The results that a partial study lacks."""
    wanted = [path for name in EXPERIMENTS for path in SOURCES[name]()]
    there = set(found(wanted))
    return [path.removeprefix("<results>/") for path in wanted if path not in there]


def drawn():
    """The figures that a study has, by their file's name: the kind of each, and what it is of."""
    files = {}
    for kind, row in FIGURES.items():
        if row.per == "study":
            files |= {kind: {"kind": kind}} if VALUES[row.when] else {}
        elif row.per == "model":
            of = {
                (name, None): {
                    "model": name,
                    "tasks": GRID.tasks(subject["model"]) if subject["whole"] else list(subject["recipes"]),
                }
                for name, subject in SUBJECTS.items()
            }
        else:
            pairs = subjects_with(there(MOVEMENT, GRID.runs()))
            of = {(name, task): {"model": name, "task": task} for name, task in pairs}
        if row.per != "study":
            for (name, task), values in of.items():
                file = ".".join(filter(None, (name.replace(" (", ".").rstrip(")"), task)))
                files[f"{kind}/{file}"] = {"kind": kind, **values}
    return files


DRAWN = drawn()
FIGURE_FILES = {
    suffix: [f"<results>/{layout.FIGURE.format(figure=name)}.{suffix}" for name in DRAWN] for suffix in ("pdf", "png")
}


def row_of(w):
    """What the catalog says of a figure."""
    return FIGURES[DRAWN[w.figure]["kind"]]


def title():
    """What a study is called: the folder of its results, or the one around it where that is merely `results`."""
    parts = Path(RESULTS).parts
    return parts[-2] if len(parts) > 1 and parts[-1] == "results" else parts[-1]
