"""The config: a strict, frozen model with a description for every key, and one sentence for every mistake."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError, WithJsonSchema, model_validator

from closerlook.corpora.formats import Corpus
from closerlook.corpora.names import are_names
from closerlook.encoders import pooling
from closerlook.errors import InputError
from closerlook.keys import (
    ALL,
    LIMIT,
    NULL,
    STRING,
    Count,
    File,
    Flag,
    Layers,
    Name,
    Natural,
    Positive,
    Precision,
    Section,
    Seed,
    Share,
    TaskNames,
    Unique,
    list_schema,
    plain_path,
    unique,
)
from closerlook.mistakes import contradictions
from closerlook.models import AnyModel
from closerlook.overrides import blamed
from closerlook.probes.mlp.candidates import ALPHAS, SHAPES
from closerlook.probes.precision import HALF_RESOLUTION
from closerlook.recipes import Recipe
from closerlook.runs import AnyRun
from closerlook.wording import sentences


def _seeds(value):
    """All that is wrong with a list of seeds, at once."""
    wrong = [f"{seed} is not below {LIMIT}" for seed in value if seed >= LIMIT]
    wrong += [f"{seed} is listed twice; once is enough" for seed in dict.fromkeys(value) if value.count(seed) > 1]
    if wrong:
        raise ValueError("; ".join(wrong))
    return value


def _pairs(value):
    pairs = isinstance(value, list) and all(isinstance(p, list) and len(p) == 2 for p in value)
    if value != "all" and not pairs:
        raise ValueError("write `all` or a list of pairs, fine-tuned on and probed on: `[[pos, dep], [dep, pos]]`")
    return unique(value)


def _names(value):
    if value is not None and not are_names(value) and not (isinstance(value, str) and value):
        raise ValueError("write a list of different names (in quotes where YAML reads more), or a JSON file's path")
    return value


Names = Annotated[
    str | list[str] | None,
    AfterValidator(plain_path),
    BeforeValidator(_names),
    WithJsonSchema(list_schema(STRING, STRING, NULL)),
]
SMALLEST = {"const": "smallest"}
PAIR = {"type": "array", "items": STRING, "minItems": 2, "maxItems": 2}
Pairs = Annotated[str | list[list[str]], BeforeValidator(_pairs), WithJsonSchema(list_schema(PAIR, ALL))]
Pair = Annotated[list[str], Field(min_length=2, max_length=2)]
TaskPairs = Annotated[list[Pair], Unique]


class Task(Section):
    """What is asked of a corpus: which targets, which label."""

    corpus: str = Field(description="A name from `corpora`.")
    kind: Literal["span", "word", "pair", "sentence", "span_pair", "sentence_pair"] = Field(
        description="What carries a label: a `word`, a `span` (words in a row), a `pair` (a word and its syntactic "
        "head), a `sentence`, two spans of a sentence (`span_pair`), or two sentences (`sentence_pair`)."
    )
    label: str = Field(
        description="The column that holds the label. CoNLL-U: `upos`, `xpos`, `deprel`, `lemma`, `feats.X`, `misc.X`,"
        " or `meta.X` for a sentence's comment; conllulex also `ss`, `ss2`, …; conll: one of `fields`; edge_probing: a"
        " key of a target, usually `label`; TREC: `fine` or `coarse`; tables and hub datasets: a column's name."
    )
    names: Names = Field(
        None,
        description="The names of labels that are integers from 0 (-1 and -100: not labelled): a list, or the path of a"
        " JSON file with one.",
    )
    where: dict[str, str] = Field(
        {},
        description="Conditions on columns, as `column: pattern` with `*` and `?`; targets that fail one are left out.",
    )
    drop_conflicts: bool = Field(
        False,
        description="Leave out, in both splits, every target that occurs with two or more labels in the same words.",
    )
    finetune: bool = Field(True, description="Fine-tune on it; `false` only probes it.")
    words: str = Field("words", description="For `table` and `hub`: the column with the words, a list or a text.")
    second: str | None = Field(
        None, description="For `table` and `hub`, kind `sentence_pair`: the column with the second text."
    )
    text: Literal["own", "joined"] | None = Field(
        None,
        description="What the model reads: the corpus's `own` text (a cell, TREC's line, CoNLL-U's `# text` or "
        "`SpaceAfter`), or its words `joined` by single spaces. By default a sentence's own, and joined for words, "
        "spans and pairs of these (`docs/vectors.md`).",
    )
    target: str | None = Field(
        None,
        description="For `table` and `hub`: the column with the target's position or positions, counted from 0"
        " (of two spans `[[0, 1], [4, 4]]`). Without it, a word or span task takes a list of labels, one per word.",
    )


class Pooling(Section):
    """How subword vectors become the vector of a word, a span or a sentence (`docs/vectors.md`)."""

    word: pooling.Word = Field("mean", description="Over the subwords of a word.")
    span: pooling.Span = Field(
        "mean",
        description="The `mean` over its subwords, or the vectors of its first and its last word, one after the other.",
    )
    sentence: pooling.Sentence | None = Field(
        None,
        description="The vector of [CLS] (`cls`), that of the `last` token, or the `mean` over all subwords. By "
        "default `cls`, but `last` for causal models and where the tokenizer adds no [CLS].",
    )


class Embedding(Section):
    """Extraction of the vectors of all layers."""

    pooling: Pooling = Field(Pooling(), description="From subwords to words and sentences.")
    batch_size: Count = Field(64, description="Sentences per forward pass.")
    precision: Precision = Field("fp32", description="Arithmetic of the forward pass: `fp32` or `bf16`.")
    store: Literal["float32", "float16"] = Field(
        "float32",
        description="How vectors are written. `float16` takes half the disk; a layer whose vectors it would move by "
        "more than 5e-4 of their radius stays in float32 (`docs/vectors.md`).",
    )
    keep: bool = Field(True, description="Keep the vectors; `false` deletes them once every probe has read them.")


class Classifier(Section):
    """The classifier probe: a ReLU network on frozen vectors, chosen from a grid (paper, section 3)."""

    layers: Layers = Field(None, description="Overrides `layers` for this probe.")
    hidden_layer_sizes: Annotated[list[list[Count]], Field(min_length=1), Unique] = Field(
        [list(shape) for shape in SHAPES],
        description="Candidate shapes, each a list of hidden sizes; `[]` is a linear probe.",
    )
    alphas: Annotated[list[Positive], Field(min_length=1), Unique] = Field(
        list(ALPHAS), description="Candidate L2 weights."
    )
    cv: Count = Field(3, description="Folds to select by; 1 is one stratified hold-out of 20 %.")
    repeats: Count = Field(5, description="Initialisations with which the selected candidate is trained again.")
    max_iter: Count = Field(1000, description="Maximum passes of one network over the data.")
    scale: Literal["standard", "none"] = Field(
        "standard",
        description="`standard`: standardise each dimension on what a network is trained on. `none`: vectors as they "
        "are, as in the paper, so that accuracy also measures their scale (`docs/classifier.md`).",
    )
    halving: bool = Field(
        False,
        description="Drop candidates that fall behind: L2 weights too small to matter count as one, and within each "
        "other weight shapes race against each other by their loss on held-out samples. Eight to fourteen times faster "
        "than to train every candidate to the end, and where data are few or noisy it may select a worse one "
        "(`docs/classifier.md`).",
    )
    selectivity: bool = Field(
        False,
        description="Also measure accuracy on a control task, whose labels are drawn per word type; selectivity is the "
        "difference. Not for sentences and pairs of them.",
    )
    shuffled: bool = Field(
        False,
        description="Also train on shuffled labels and test on the true ones: the accuracy that is left where vectors "
        "and labels have nothing in common. For every kind of task.",
    )
    description_length: bool = Field(
        False, description="Also measure the description length of the labels given the vectors, by an online code."
    )
    memorisation: bool = Field(
        False,
        description="Also follow the accuracy by epoch of a probe trained on 80 % of the training data: on this part, "
        "on the other 20 %, and on the test data.",
    )
    device: Literal["cpu", "cuda", "auto"] = Field(
        "cpu", description="Where the probe is trained; with `cuda` or `auto` its jobs ask for a GPU."
    )


def _points(value):
    if value != "smallest" and not (type(value) is int and value > 1):
        raise ValueError("write how many points, 2 or more, or `smallest`")
    return value


Points = Annotated[
    int | str, BeforeValidator(_points), WithJsonSchema({"anyOf": [{"type": "integer", "minimum": 2}, SMALLEST]})
]


class Sample(Section):
    """Samples instead of all points: stratified by label, the same points in every layer and state of a task."""

    points: Points = Field(
        description="Points of a sample; a space of no more is taken whole, once. `smallest`: as many as the smallest "
        "task of the study has in that split, so that tasks can be compared (`docs/directprobe.md`)."
    )
    repeats: Count = Field(5, description="Samples; tables have the mean over them and the standard deviation.")
    seed: Seed = Field(0, description="Of the samples.")


class Direct(Section):
    """DirectProbe: clusters of one label whose convex hulls meet no other label's."""

    layers: Layers = Field(None, description="Overrides `layers` for this probe.")
    tol: Share = Field(1e-3, description="Relative gap to which distances are computed.")
    min_cluster_size: Count = Field(
        1, description="Points of smaller clusters take no part in the distances of labels."
    )
    resolution: Share = Field(
        1e-5,
        description="Hulls of two labels closer than this, relative to the radius of their points, count as meeting: "
        "rounding moves the vectors of a float32 encoder by about 1e-6 of it. With `embedding.store: float16`, "
        "which moves them by up to 5e-4, the default is 2e-3.",
    )
    sample: Sample | None = Field(
        None, description="Look at samples of the points of each space; by default at all of them."
    )


class Hulls(Section):
    """DirectProbe's clusters as a classifier: a test point takes the label of the nearest hull."""

    layers: Layers = Field([-1], description="Layers to classify in, among those of DirectProbe.")


class Probes(Section):
    """What looks at each space."""

    classifier: Classifier = Field(Classifier(), description="The classifier probe.")
    direct: Direct = Field(Direct(), description="DirectProbe.")
    hulls: Hulls = Field(Hulls(), description="Its clusters as a classifier.")


class Trajectories(Section):
    """Which runs to follow step by step: the distances of the labels' hulls in every kept step (`finetune.steps`)."""

    models: list[Name] = Field([], description="The models to follow; none by default.")
    tasks: TaskNames | None = Field(None, description="The tasks to follow them on; all of theirs by default.")
    layers: Layers = Field(None, description="Overrides `layers`.")
    keep_steps: bool = Field(
        False, description="Keep the encoders of the steps; otherwise each run's are deleted once it has been followed."
    )


class Examples(Section):
    """What is looked at example by example: neighbours, hulls, displacement, what each readout says."""

    layers: Layers = Field(None, description="Layers to look at, among those of DirectProbe; by default its last.")


class Report(Section):
    """What stands in the report."""

    texts: Flag = Field(
        True,
        description="Show the examples' texts. With `false` no word of them is in any file of the report; they still "
        "are in `results/examples/` and `results/tables/suspects.csv`.",
    )


class SmallestEffects(Section):
    """Of each claim, the smallest effect that matters: where all of the interval is smaller, there is `no effect`."""

    accuracy: Positive = Field(1.0, description="Points of accuracy.")
    train_test_similarity: Positive = Field(0.05, description="A difference of two correlations.")
    clusters: Positive = Field(0.1, description="Doublings of the number of clusters; 0.1 is 7 %.")
    label_distances: Positive = Field(0.1, description="Doublings of a distance; 0.1 is 7 %.")
    layers: Positive = Field(0.1, description="A rank correlation.")
    geometry: Positive = Field(
        0.05, description="A correlation's distance from the middle of its floor and its ceiling."
    )
    transfer: Positive = Field(1.0, description="Points of accuracy.")
    recipes: Positive = Field(0.1, description="Doublings of a distance; 0.1 is 7 %.")


class Pathvars(Section):
    """Snakemake's path variables."""

    results: File = Field("results", description="The folder that everything is written to.")


class Config(Section):
    """One study: models x tasks x seeds x layers."""

    corpora: dict[Name, Corpus] = Field(description="Where labelled text comes from, by name.")
    tasks: Annotated[dict[Name, Task], Field(min_length=1)] = Field(description="What is asked of a corpus, by name.")
    models: Annotated[dict[Name, AnyModel], Field(min_length=1)] = Field(description="The models, by name.")
    runs: dict[Name, AnyRun] = Field({}, description="Fine-tuned models that you bring, by name.")
    seeds: Annotated[list[Natural], AfterValidator(_seeds)] = Field(
        [0, 1, 2],
        description="Seeds of fine-tuning; `[]` fine-tunes nothing: a study may consist of brought runs only.",
    )
    layers: Layers = Field(
        "all", description="Layers to probe: `all`, or a list; 0 is the embedding layer, -1 the last."
    )
    pathvars: Pathvars = Field(Pathvars(), description="Where results go.")
    device: Literal["auto", "cpu", "cuda"] = Field(
        "auto", description="Where fine-tuning and extraction run: `auto`, `cpu` or `cuda`."
    )
    finetune: Recipe = Field(Recipe(), description="How to fine-tune.")
    recipes: dict[Name, Recipe] = Field(
        {},
        description="Several ways to fine-tune, by name: of each the keys in which it differs from `finetune`. Every "
        "model is tuned by each, on every task and with every seed (`models.NAME.recipes` chooses).",
    )
    embedding: Embedding = Field(Embedding(), description="How to extract vectors.")
    probes: Probes = Field(Probes(), description="The probes.")
    trajectories: Trajectories = Field(Trajectories(), description="What to follow step by step.")
    examples: Examples = Field(Examples(), description="What to look at example by example.")
    report: Report = Field(Report(), description="What to show in the report.")
    cross_tasks: Pairs = Field(
        [],
        description="Pairs of tasks, the one that is fine-tuned on and the one that is then probed, such as "
        "`[[ps-role, ps-fxn], [pos, ps-fxn]]`; or `all`.",
    )
    related_tasks: TaskPairs = Field(
        [], description="Pairs of `cross_tasks` where you expect the first task to help the second; for `claims`."
    )
    opposing_tasks: TaskPairs = Field(
        [],
        description="Pairs of `cross_tasks` where you expect the first to pull the second's labels together.",
    )
    smallest_effects: SmallestEffects = Field(
        SmallestEffects(), description="For `claims`: the smallest effect of each that matters."
    )
    partial: Flag = Field(
        False,
        description="Run no experiment: make tables, figures and report from the results that exist, and list what is "
        "missing (`make report`).",
    )

    @model_validator(mode="before")
    @classmethod
    def _as_coarse_as_the_store(cls, raw):
        """The resolution follows the rounding of the vectors, unless the config gives it."""
        if not isinstance(raw, dict):
            return raw
        embedding, probes = raw.get("embedding", {}), raw.get("probes", {})
        if isinstance(embedding, dict) and isinstance(probes, dict) and embedding.get("store") == "float16":
            direct = probes.get("direct", {})
            if isinstance(direct, dict):
                return raw | {"probes": probes | {"direct": {"resolution": HALF_RESOLUTION} | direct}}
        return raw

    @model_validator(mode="after")
    def _consistent(self):
        if found := list(contradictions(self)):
            raise ValueError("\n".join(found))
        return self


def load(raw, origin="config", given=None):
    """Validate a config.

    Parameters
    ----------
    raw : dict
        As read from YAML.
    origin : str
        How to call it in an error, usually the file's name.
    given : dict, optional
        What of it comes from the command line's `--config`: errors there are called by that name.

    Returns
    -------
    Config

    Raises
    ------
    InputError
        One line per mistake: the key's path, what is wrong, what is allowed.
    """
    try:
        return Config.model_validate(raw)
    except ValidationError as error:
        lines = sorted({line for e in error.errors() for line in sentences(e, Config)})
        raise InputError(
            "\n".join(f"{blamed(line.split(':')[0], given or {}, origin)}: {line}" for line in lines)
        ) from None
