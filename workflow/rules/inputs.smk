# What jobs read: functions of wildcards.
def encoder(folder):
    """The files of a pinned model or of a run: on storage without folders, a job has what it declares."""
    return files_in(folder, layout.ENCODER)


def encoder_of(w):
    """What holds a state's encoder: its files, or those of its run and the folder of the run's kept steps."""
    state = State.parse(w.state)
    if not state.run:
        return encoder(layout.MODEL.format(model=w.model))
    names = {"model": w.model, "task": state.task, "run": state.run}
    steps = {"steps": STEPS.format(**names)} if state.step is not None else {}
    return encoder(layout.RUN.format(**names)) | steps


def layers_of(state, split="", part=None, pattern=EMBEDDING):
    """The vectors of a state, or other files of it, in all layers that a part of the study looks at: an input function.

    Of predictions there are those of the layers that the classifier probe looks at too.
    """

    def files(w):
        names = {"model": w.model, "state": state.format(**w), "task": w.task, "split": split}
        probed = GRID.layers(w.model, "classifier" if pattern == PREDICTIONS else part)
        return [pattern.format(layer=n, **names) for n in GRID.layers(w.model, part) if n in probed]

    return files


def surroundings():
    """What surrounds the examples of each run and of its original."""
    of = [(run, state) for run in GRID.runs() for state in (layout.ORIGINAL, run.state)]
    files = [
        SURROUNDINGS.format(model=run.model, state=state, task=run.task, layer=n)
        for run, state in of
        for n in GRID.layers(run.model, "examples")
    ]
    return list(dict.fromkeys(files))


def sizes(w):
    """What says how many points the tasks have, where samples are to be as large as the smallest of them."""
    sample = CFG.probes.direct.sample
    return [TASK["summary"].format(task=t) for t in CFG.tasks] if sample and sample.points == "smallest" else []


def trace_of(w):
    """What was found along a run, where it is followed."""
    run = layout.Run(w.model, w.task, w.run)
    return TRAJECTORY.format(**w) if run in GRID.followed() else []


def layers_of_peer(split):
    """The vectors of the next run of the same recipe, after the last one the first: none where a run is alone."""

    def files(w):
        recipes = {run.run: ABOUT[f"{run.model}/{run.state}"]["recipe"] for run in GRID.runs(w.model, w.task)}
        alike = [run for run, recipe in recipes.items() if recipe == recipes.get(w.run)]
        if len(alike) < 2:
            return []
        peer = alike[(alike.index(w.run) + 1) % len(alike)]
        return layers_of(f"{w.task}.{peer}", split)(w)

    return files


def found(paths):
    """All paths; in a partial study those that exist."""
    return [p for p in paths if not CFG.partial or Path(p.replace("<results>", RESULTS)).exists()]


def cells(pattern, probe, **more):
    """Fill a path pattern for every space that a probe looks at."""
    return list(dict.fromkeys(pattern.format(**space._asdict()) for space in GRID.spaces(probe, **more)))


def of_runs(pattern, runs=None):
    """Fill a path pattern for runs, by default for all."""
    return [pattern.format(**run._asdict()) for run in (GRID.runs() if runs is None else runs)]


def origin(w):
    """The files that a pinned model is made from: those of another model here, or of folders, known by their bytes."""
    like = CFG.models[w.model].like
    return encoder(layout.MODEL.format(model=like)) if like else {"local": list(map(own, saved(w.model)))}


def own(file):
    """A file of the user's: it stays where the config says, also under a `module` whose `prefix` moves all others."""
    return local(ancient(file)) if MOVED(file) != file else ancient(file)


def saved(model):
    """The files that are read of a model's folder, and of its tokenizer's."""
    source = CFG.models[model]
    files = model_files(source.path, source.weights == "pretrained", not source.tokenizer) if source.path else []
    return sorted({*files, *(model_files(source.tokenizer, weights=False) if source.tokenizer else [])})


def brought(w):
    """The files of a brought run's folder that are read."""
    run = CFG.runs[w.run]
    return run_files(run.folder, run.steps) if not run.hub else []


def given(corpus, *splits):
    """The files that splits of a corpus are read from, where they lie on this machine."""
    sources = [getattr(CFG.corpora[corpus], split) for split in splits]
    return [own(file) for source in sources for file in files_of(source.path, source.split)]


def label_names(task):
    """The file with the names of a task's labels, if there is one."""
    names = CFG.tasks[task].names
    return [own(names)] if isinstance(names, str) else []


def vectors(w):
    """The file of each split that holds a state's vectors, of a model whose vectors were extracted elsewhere."""
    of = CFG.models[w.model].vectors[State.parse(w.state).run or layout.ORIGINAL]
    return {split: own(getattr(of, split)) for split in SPLITS}


def embeddings(layers):
    """The files of a state's vectors in some layers, by split."""
    files = {split: expand(EMBEDDING, split=split, layer=layers, allow_missing=True) for split in SPLITS}
    return files if CFG.embedding.keep else {split: list(map(temp, paths)) for split, paths in files.items()}


def by_layers(models):
    """Some models by the layers that are looked at."""
    groups = {}
    for model in models:
        groups.setdefault(tuple(GRID.layers(model)), []).append(model)
    return groups


def named_by_layers(rule, layers, models):
    """The name of a rule for some layers, which are in it where they are not the same in all of some models."""
    if len(by_layers(models)) == 1:
        return rule
    whole = len(layers) > 2 and list(layers) == list(range(layers[0], layers[-1] + 1))
    return f"{rule}_{layers[0]}_to_{layers[-1]}" if whole else f"{rule}_{'_'.join(map(str, layers))}"
