"""Vectors before and after fine-tuning, compared: every layer measured as the workflow measures it."""

from __future__ import annotations  # so that `help` shows short names

import time
from collections.abc import Sequence
from typing import Any, Literal, Required, TypedDict

import numpy as np
from numpy.typing import ArrayLike
from tqdm import tqdm

from closerlook.analysis.movement import measure_movement
from closerlook.analysis.similarity import measure_similarity
from closerlook.errors import InputError
from closerlook.layout import SPLITS
from closerlook.probes.direct.geometry import measure_samples
from closerlook.probes.direct.samples import Sample
from closerlook.probes.mlp.candidates import FIRST_LOOK
from closerlook.probes.precision import ENCODER_RESOLUTION, TOL
from closerlook.study.arguments import ENDS, read
from closerlook.study.result import Cell, Study
from closerlook.vectors import constant


class ProbeOptions(TypedDict, total=False):
    """Options of the classifier probe; see `closerlook.probes.mlp.classifier.probe`."""

    hidden_layer_sizes: Sequence[Sequence[int]]
    alphas: Sequence[float]
    cv: int
    repeats: int
    max_iter: int
    halving: bool
    scale: Literal["standard", "none"]
    device: Literal["cpu", "cuda", "auto"]
    description_length: bool


class DirectOptions(TypedDict, total=False):
    """Options of DirectProbe; see `closerlook.DirectProbe`."""

    tol: float
    resolution: float
    min_cluster_size: int


class SampleOptions(TypedDict, total=False):
    """Which samples DirectProbe looks at."""

    points: Required[int]
    repeats: int
    seed: int


PROBE = FIRST_LOOK
PROBE_KEYS = tuple(ProbeOptions.__annotations__)
DIRECT = {"tol": TOL, "resolution": ENCODER_RESOLUTION, "min_cluster_size": 1}
SAMPLE = tuple(SampleOptions.__annotations__)


def compare(
    before: ArrayLike,
    after: ArrayLike,
    labels: ArrayLike,
    *,
    test: tuple[ArrayLike, ArrayLike, ArrayLike] | None = None,
    layers: Sequence[int] | None = None,
    seed: int = 0,
    probe: ProbeOptions | Literal[False] | None = None,
    direct: DirectOptions | None = None,
    sample: SampleOptions | None = None,
    threads: int = -1,
    progress: bool = True,
    model: str = "model",
    task: str = "task",
) -> Study:
    """Say what changed from one set of vectors to another of the same labelled examples.

    The vectors may be of any kind: of texts before and after fine-tuning (see `closerlook.embed`), of images, of two
    models. In each layer they are measured by the functions of the workflow, and the numbers are the same.

    Parameters
    ----------
    before, after : (layers, n, dim) or (n, dim) array, or list of (n, dim) arrays
        Vectors of the same n examples, in as many layers. Dimensions may differ between layers, and between before and
        after; then there is no movement. Whatever `numpy.asarray` takes.
    labels : (n,) array of str or int
    test : (before, after, labels), optional
        Other examples, for the classifier probe to be tested on. By default a stratified fifth of the examples is held
        out, and the rest are clustered and trained on.
    layers : list of int, optional
        Which layers, by position; all by default. The last of them is what "last layer" means.
    seed : int
        Of the held-out fifth, and of the classifier probe.
    probe : dict or False, optional
        Options of the classifier probe, as in `closerlook.probes.mlp.classifier.probe`: `hidden_layer_sizes`, `alphas`,
        `cv`, `repeats`, `max_iter`, `halving`, `scale`, `device`, `description_length`. By default one network with 64
        hidden units, three times. False leaves it out, and needs no torch.
    direct : dict, optional
        Options of DirectProbe: `tol`, `resolution`, `min_cluster_size`.
    sample : dict, optional
        Let DirectProbe look at samples instead of all examples of a split, the same ones before and after and in all
        layers: `points` of each, `repeats` (5 by default), `seed` (by default that of this call). Its numbers are means
        over these, and `study.spaces` and `study.table` have their standard deviations (docs/directprobe.md).
    threads : int
        CPU threads; -1 for all. No number depends on it.
    progress : bool
        Show a bar.
    model, task : str
        The names that figures and page give to the model and the task.

    Returns
    -------
    Study
        `table`, `labels`, `examples` (data frames), `notes`, `plot(name)`, `report(path)`; printed, it says what
        changed.

    Raises
    ------
    InputError
        In one sentence, with the name of the argument.

    Examples
    --------
    >>> study = compare(before, after, labels, test=(test_before, test_after, test_labels))
    >>> study.table[["layer", "accuracy_before", "accuracy_after"]]
    >>> study.plot("layers").savefig("layers.png", bbox_inches="tight")
    """
    start = time.perf_counter()
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or not 0 <= seed < 2**32:
        raise InputError(f"`seed` is {seed!r}; it must be a whole number from 0 to 2^32 - 1.")
    names = {"model": model, "task": task}
    for key, name in names.items():
        if not isinstance(name, str) or not name.strip() or not name.isprintable():
            raise InputError(f"`{key}` is {name!r}; it must be a name on one line.")
    given = read(before, after, labels, test, layers, seed)
    asked = DIRECT | _options(direct, "direct", DIRECT)
    drawn = _sample(sample, int(seed), task)
    classify, chosen = _classifier(probe, int(seed), threads)
    cells, moved = {}, {}
    alike: dict[str, dict] = {split: {} for split in SPLITS}
    with tqdm(total=6 * len(given.layers), desc="compare", disable=not progress) as bar:
        for layer in given.layers:
            spaces = [given.space(end, layer) for end in (0, 1)]
            for end, (X, Xt) in enumerate(spaces):
                bar.set_postfix_str(f"layer {layer}, {ENDS[end]}", refresh=True)
                options = asked | {"threads": threads, "verbose": False}
                train = measure_samples(X, given.train_y, drawn, **options)
                tested = measure_samples(Xt, given.test_y, drawn, **options)
                bar.update()
                cells[end, layer] = Cell(train, tested, classify((X, given.train_y), (Xt, given.test_y)))
                bar.update()
            (X, Xt), (Z, Zt) = spaces
            if not given.differs(layer):
                moved[layer] = measure_movement([(layer, X, Z)], given.train_y)
            bar.update()
            for split, pair in zip(SPLITS, ((X, Z), (Xt, Zt))):
                alike[split][layer] = measure_similarity(*pair)
            bar.update()
    made: dict[str, Any] = {"seed": int(seed), "layers": given.layers, "probe": chosen, "direct": asked}
    made |= {} if drawn is None else {"sample": {name: getattr(drawn, name) for name in SAMPLE}}
    return Study(given, cells, moved, alike, **names, made=made, seconds=time.perf_counter() - start)


def _options(given, name, known):
    """Options by name, all of them known."""
    if given is None:
        return {}
    if not isinstance(given, dict):
        raise InputError(f"`{name}` is {given!r}; it must be a dict of options: {', '.join(known)}.")
    if unknown := [key for key in given if key not in known]:
        raise InputError(f"`{name}` has no option {unknown[0]!r}; it has {', '.join(known)}.")
    return given


def _sample(given, seed, task):
    """Which points DirectProbe looks at; None: all."""
    if given is None:
        return None
    given = {"seed": seed} | _options(given, "sample", SAMPLE)
    for name, least in (("points", 2), ("repeats", 1), ("seed", 0)):
        value = given.get(name, 5 if name == "repeats" else None)
        if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
            raise InputError(f"`sample`: its {name!r} is {value!r}; it must be a whole number, {least} or more.")
    return Sample(**{name: int(value) for name, value in given.items()}, task=task)


def _classifier(given, seed, threads):
    """A function of the training and the test space, and its options."""
    if given is False:
        return _linear, False
    options = PROBE | _options(given, "probe", PROBE_KEYS)
    try:
        from closerlook.probes.mlp.classifier import probe
    except ImportError as error:
        if error.name != "torch":
            raise
        raise InputError(
            "The classifier probe needs torch: `pip install 'closerlook[encoders]'`, or leave it out: `probe=False`."
        ) from error

    def classify(train, test):
        asked = {"random_state": seed, "threads": threads, "predictions": True, "verbose": False}
        try:
            return probe(train, test, **options, **asked)
        except ValueError as error:  # the vectors are checked by now
            raise InputError(f"`probe`: {error}") from error

    return classify, options


def _linear(train, test):
    """A linear readout alone, in the form of the classifier probe's result."""
    from closerlook.probes.mlp.linear import linear_readout

    (X, y), (Xt, yt), start = train, test, time.perf_counter()
    predicted = None if constant(X) else linear_readout(X, y, Xt)
    result: dict[str, Any] = {"accuracy": None, "accuracy_std": None, "accuracies": [], "best": None, "confusions": []}
    result |= {"majority": 100 * float(np.mean(yt == np.bincount(y).argmax())), "n_test": len(yt), "predictions": None}
    linear = None if predicted is None else {"accuracy": 100 * float(np.mean(predicted == yt))}
    return result | {"linear": linear, "seconds": time.perf_counter() - start}
