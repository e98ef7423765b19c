"""The figures of a study. A new one is a module with a function of its name, and a row here."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Figure:
    """How `closerlook.figures.NAME.NAME` is called, and what stands beside the figure.

    `reads` says which table each of its parameters is; `told` which value of the study each of the others is (`looks`,
    what the labels look like, comes from the tasks). There is one for the study, one for each model (`per="model"`) or
    one for each model and task that it was tuned on (`per="cell"`); none if the value `when` is empty. Those
    `by_subject` show runs of several recipes as if they were of several models.
    """

    title: str
    caption: str
    reads: dict
    told: dict = field(default_factory=dict)
    looks: bool = False
    per: str = "study"
    when: str = "models"
    least: int = 0  # pairs of labels below which it is empty
    by_subject: bool = True


GRID = {"models": "models", "tasks": "tasks"}
TUNED = {"models": "tuned", "tasks": "tasks"}
PAIRS = {"pairs": "pairs"}

FALLEN = "A run that collapsed is an x and not in the mean, unless all did. "
MAJORITY = "The dotted line is the test accuracy of always guessing the most frequent label."

FIGURES = {  # in the order of the report
    "claims": Figure(
        "The paper's claims",
        "What the paper says of fine-tuning, tested on this grid. Dots are pairs (a model, a task and a seed or a "
        "label): fine-tuned minus original. The diamond is the mean over models and tasks. The thick bar is its 95 % "
        "interval in this grid: what other seeds, initialisations of the probe and test examples would give for the "
        "same models and tasks. The thin bar with ends is that beyond it: what other tasks (and, with three or more, "
        "models) would give. The shaded half is what the claim predicts. A verdict needs p < 0.05, two-sided, adjusted "
        "for the number of claims (Holm); it is “no effect” where the whole interval lies in the grey, which is too "
        "small to matter (`smallest_effects` in the config).",
        {"table": "claims", "pairs": "claim_pairs"}, when="tuned",
    ),
    "layers": Figure(
        "Accuracy and clusters per layer",
        "Accuracy of the classifier probe (circles) and of the linear readout (crosses, dashed), and number of "
        "DirectProbe's clusters against the layer, before and after fine-tuning on the task. Lines are means over "
        "seeds, bands one standard deviation, dots single seeds. " + FALLEN + "The dotted line is the accuracy of "
        "always guessing the most frequent label, or the number of labels. As many clusters as labels means that every "
        "pair of labels is linearly separable.",
        {"spaces": "spaces"}, GRID,
    ),
    "recipes": Figure(
        "The recipes side by side",
        "Against the layer, for each recipe: accuracy of the classifier probe, with the original's; displacement, how "
        "far the labels' centroids move, relative to the length of the layer's vectors (the mean over labels); and "
        "similarity of the label distances to those before. Lines are means over runs, bands one standard deviation. "
        "Runs that collapsed are left out, unless all did.",
        {"frame": "recipes"}, {"models": "several", "tasks": "tasks"}, when="several", by_subject=False,
    ),
    "layer_distances": Figure(
        "Distances and accuracy per layer",
        "The smallest distance between clusters of two labels on the training split, and the accuracy of the "
        "classifier probe, against the layer. Lines are means over seeds, bands one standard deviation. " + FALLEN
        + "A vertical line marks the layer with the best accuracy, unless several share it. " + MAJORITY,
        {"spaces": "spaces"}, per="model",
    ),
    "similarity": Figure(
        "Similarity to the original, by five measures",
        "Similarity of every fine-tuned layer to the same layer before fine-tuning, on the training split: Pearson's "
        "correlation of the label distances (the paper's measure), and four measures that know nothing of labels: "
        "linear CKA (debiased), Procrustes, the rank correlation of all distances (RSA), and the share of its ten "
        "nearest neighbours that a point keeps. Where too few pairs of labels are separable before and after, the "
        "first has no line. Of the other four, a thin dotted line in the same colour is the floor, what spaces with "
        "nothing in common give (the points in random order), and a thin dashed one the ceiling, what two seeds of one "
        "recipe give to each other; with one seed there is none. Lines are means over seeds, bands one standard "
        "deviation.",
        {"frame": "similarity", "spaces": "spaces"}, TUNED, when="tuned",
    ),
    "label_distances": Figure(
        "Distances of the labels, update by update",
        "The smallest distance of every label's hull to any other label's, against the update of fine-tuning, in the "
        "last layer, on the training split. Up to three labels that gain most and three that gain least stand out, "
        "labelled with their gain; the others are grey. A task with two labels has one distance and one line. Lines "
        "are means over seeds, bands one standard deviation. Below: pairs of labels whose hulls overlap, which have no "
        "distance. Long labels are shortened.",
        {"labels": "label_distances", "spaces": "trajectory"}, PAIRS, looks=True, when="pairs",
    ),
    "layer_similarity": Figure(
        "Similarity of the layers, update by update",
        "Similarity of each layer to itself before fine-tuning, against the update: Pearson's correlation of the label "
        "distances, over the pairs of labels that are linearly separable in both. Where there are too few such pairs, "
        "there is no line. Lines are means over seeds, bands one standard deviation.",
        {"spaces": "trajectory"}, PAIRS, when="pairs", least=6,
    ),
    "centroid_paths": Figure(
        "Paths of the three closest labels",
        "Paths of the centroids of the three labels that are closest in the last layer before fine-tuning, in the "
        "first layer and in the last. There is a line per seed, from the open circle to the filled mark. The plane is "
        "fitted to these centroids at all updates of all seeds. Long labels are shortened.",
        {"frame": "centroid_paths"}, PAIRS, looks=True, when="pairs",
    ),
    "transfer": Figure(
        "From one task to another",
        "What fine-tuning on one task (rows) does to another (columns), in the last layer: change of the classifier "
        "probe's accuracy, and mean change of the labels' smallest distances on the training split. Means and standard "
        "deviations over seeds, without runs that collapsed unless all did; many tasks or models are shown in colours "
        "alone, and their numbers are in table5.csv.",
        {"table": "table5"}, {"models": "crossed", "tasks": "tasks"}, when="crossed",
    ),
    "replication": Figure(
        "Beside the published numbers",
        "The paper's Tables 7 and 5 against this study's, number by number, in the last layer: models with the "
        "paper's weights, and tasks with its names and kinds. On the dotted line both are equal. Upright whiskers are "
        "our 95 % interval over seeds of fine-tuning, which the original does not have; level ones are the published "
        "standard deviation over five initialisations of the probe; both end at the panel's edge. Above each panel: "
        "the median of the absolute differences, and how many published numbers lie within our interval, of those that "
        "have one. Below: the numbers that are furthest from the published ones (clusters: by their ratio). All are in "
        "replication.csv.",
        {"frame": "replication"}, when="paper_models",
    ),
    "memorisation": Figure(
        "What the probe memorises",
        "The encoder was fine-tuned on the whole training split; the probe is trained on "
        "80 % of it (subtrain), and its accuracy is followed, epoch by epoch, on subtrain, on the other 20 % (subtest) "
        "and on the test split, in the last layer. Where subtest is close to subtrain rather than to test, the space "
        "itself has memorised the training data. Lines are means over the probe's repeats and over seeds, bands one "
        "standard deviation. " + FALLEN + MAJORITY,
        {"frame": "memorisation", "spaces": "spaces"}, GRID, when="curves",
    ),
    "hull_accuracy": Figure(
        "The nearest hull as a classifier",
        "DirectProbe's clusters as a classifier: each test point takes the label of the nearest convex hull of "
        "training points. The classifier probe stands beside it. Marks are means over seeds, whiskers one standard "
        "deviation. " + FALLEN + MAJORITY,
        {"frame": "hulls", "spaces": "spaces"}, GRID, when="hull_layers",
    ),
    "errors_by_distance": Figure(
        "Errors by distance",
        "Share of the classifier probe's errors on the test split in each fifth of the label pairs, from the pairs "
        "that are closest on the training split to those that are farthest apart, in the last layer. Bars are means "
        "over seeds, whiskers one standard deviation, dots single seeds. If distance had no effect, every bar would "
        "reach the dotted line. Errors on a label that the training split lacks are in no fifth, and with fewer than "
        "five pairs of labels there are no fifths.",
        {"frame": "errors"}, GRID, least=5,
    ),
    "directions": Figure(
        "Where the labels move",
        "Displacement of every label's centroid by fine-tuning (fine-tuned minus original), drawn from the origin, per "
        "layer. The plane is spanned by the two directions with the largest share of the squared length of all "
        "displacements. Arrows are means over seeds, marks single seeds. The six labels that move furthest in the last "
        "layer have a colour; all others are grey. Long labels are shortened.",
        {"frame": "directions"}, looks=True, per="cell",
    ),
    "movement_lengths": Figure(
        "How far the labels move",
        "Length of the displacement of every label's centroid by fine-tuning against the layer, relative to the root "
        "mean square length of the layer's vectors before. Lines are means over seeds, bands one standard deviation; "
        "grey is the mean of all labels. Up to 40 labels each have a panel. Where there are more, the 24 that move "
        "furthest in the last layer have one (the first three rows), as do the 16 that move least (the last two); the "
        "lengths of all are in movement.csv. Long labels are shortened.",
        {"frame": "movement"}, looks=True, per="cell",
    ),
    "layer_matrices": Figure(
        "Which layers are alike",
        "Linear CKA (debiased) of every layer and every other, on the test split. Left: layers of the original (up) "
        "and after fine-tuning (right); the diagonal is the similarity of each layer to itself before. Right, where "
        "there are several seeds: layers of one and of another, by which the left can be judged. Means over seeds. Of "
        "more than 1,500 points, as many are drawn at random. A dash is a layer in which all vectors are equal.",
        {"frame": "layer_matrices"}, per="cell",
    ),
}  # fmt: skip
