"""The sentences of the first screen, on made-up studies whose truth is known."""

import numpy as np
import pandas as pd
import pytest
from runs_fixtures import full

from closerlook.analysis.answers import answers
from closerlook.analysis.claim_cells import COLUMNS as CELLS
from closerlook.analysis.labels import COLUMNS as LABELS
from closerlook.analysis.movement import COLUMNS as MOVEMENT
from closerlook.analysis.spaces import COLUMNS as SPACES
from closerlook.analysis.tuning import COLUMNS as TUNING
from closerlook.analysis.tuning import tuning
from closerlook.files import write_json

CELL = {"model": "m", "task": "t"}


def say(before=None, after=(), labels=(), moved=(), runs=None, told=None, grown=1.0):
    """What is said of one model and task: dicts of what differs from a study in which little happened."""
    base = CELL | {"layer": 2, "depth": 2, "n_labels": 4, "n_test": 400, "accuracy": 60.0, "n_clusters": 4,
                   "fewest_clusters": 4, "overlapping": 0, "conflict_points": 0, "linear_accuracy": 60.0,
                   "linear_lead": 0.0, "linear_lead_error": 1.0}  # fmt: skip
    rows = [base | {"state": "original"} | (before or {})]
    rows += [
        base | {"state": f"t.seed{s}", "tuned_on": "t", "run": f"seed{s}", "seed": s} | one
        for s, one in enumerate(after)
    ]
    spaces = pd.DataFrame(rows, columns=list(SPACES))
    frames = [
        CELL | {"layer": 2, "label": name, "tuned_on": None, "min_distance": old, "relative_distance": old}
        for name, old, _ in labels
    ]
    frames += [CELL | {"layer": 2, "label": name, "tuned_on": "t", "run": f"seed{s}", "seed": s, "min_distance": new,
                "relative_distance": new / grown}
               for name, _, some in labels for s, new in enumerate(some)]  # fmt: skip
    moves = [
        CELL | {"run": "seed0", "seed": 0, "layer": n, "label": "a", "relative_length": length}
        for n, length in enumerate(moved)
    ]
    runs = runs or [{"run": f"seed{s}", "weight_change": 0.01} for s in range(len(after))]
    tables = (spaces, pd.DataFrame(frames, columns=list(LABELS)), pd.DataFrame(moves, columns=list(MOVEMENT)),
              pd.DataFrame([CELL | run for run in runs], columns=list(TUNING)))  # fmt: skip
    cells = [CELL | {"claim": "accuracy", "over": "seeds, initialisations, test examples"} | (told or {})]
    tables += (pd.DataFrame(cells, columns=list(CELLS)),)
    (found,) = answers(*tables, ["m"], ["t"])
    assert (found["model"], found["task"]) == ("m", "t")
    return found["sentences"], found["warnings"]


@pytest.mark.parametrize(
    ("new", "ends", "said"),
    [
        ([80.0, 82.0], (15.2, 26.8), "Accuracy rose from 60.0 to 81.0 % (+21.0 points, 95 %: +15.2 to +26.8; 2 seeds: "
                                     "80.0 to 82.0 %)."),
        ([40.0], (-26.0, -14.0), "Accuracy fell from 60.0 to 40.0 % (-20.0 points, 95 %: -26.0 to -14.0; one seed)."),
        ([61.0], (-5.7, 7.7), "Accuracy went from 60.0 to 61.0 % (+1.0 points; one seed), which may be chance: with "
                              "other seeds, initialisations of the probe and test examples it may be -5.7 to +7.7."),
        ([60.0, 60.04], (-0.5, 0.5), "Accuracy stayed at 60.0 % (2 seeds: 60.0 to 60.0 %): with other seeds, "
                                     "initialisations of the probe and test examples the change may be -0.5 to +0.5 "
                                     "points."),
        ([61.0], (None, None), "Accuracy went from 60.0 to 61.0 % (+1.0 points; one seed)."),
    ],
)  # fmt: skip
def test_accuracy_rose_fell_or_hardly_changed(new, ends, said):
    told = dict(zip(("ci_low", "ci_high"), ends))
    sentences, _ = say({"linear_accuracy": None}, [{"accuracy": a, "linear_accuracy": None} for a in new], told=told)
    assert sentences[0] == said


@pytest.mark.parametrize(
    ("old", "new", "linear", "said"),
    [
        (60.0, 80.0, (60.0, 81.0), " reads 60.0 and 81.0 %."),
        (92.0, 100.0, (100.0, 100.0), " reads 100.0 and 100.0 %: perhaps the probe learned better, and the vectors say "
                                      "no more."),
        (80.0, 50.0, (80.0, 81.0), " reads 80.0 and 81.0 %: perhaps the probe learned worse, and the vectors say no "
                                   "less."),
        (80.0, 80.0, (70.0, 90.0), " reads 70.0 and 90.0 %, which is more than chance."),
        (80.0, 80.0, (80.0, 81.0), " reads 80.0 and 81.0 %."),
    ],
)  # fmt: skip
def test_what_rose_may_be_what_the_probe_finds(old, new, linear, said):
    states = [{"accuracy": a, "linear_accuracy": b} for a, b in zip((old, new), linear)]
    told = {"ci_low": new - old - 5, "ci_high": new - old + 5}
    assert say(states[0], states[1:], told=told)[0][0].endswith("A linear readout of the same vectors" + said)


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ({}, {}, "All 4 labels were linearly separable before, and still are."),
        ({"n_labels": 2}, {"n_labels": 2}, "Both labels were linearly separable before, and still are."),
        ({"overlapping": 2, "n_clusters": 9}, {},
         "All 4 labels became linearly separable: 9 clusters before, 4 after."),
        ({}, {"overlapping": 1, "n_clusters": 6},
         "All 4 labels were linearly separable before; after, up to 1 pair of them overlap."),
        ({"overlapping": 3, "n_clusters": 20}, {"overlapping": 1, "n_clusters": 7},
         "The labels take 20 clusters before and 7 after, where 4 would do."),
        ({"conflict_points": 2, "n_clusters": 6}, {"n_clusters": 6},
         "Except for 2 examples that share their vector with one of another label, all 4 labels were linearly "
         "separable before, and still are."),
        ({"conflict_points": 2, "fewest_clusters": 6, "n_clusters": 9, "overlapping": 1}, {"n_clusters": 6},
         "Except for 2 examples that share their vector with one of another label, all 4 labels became linearly "
         "separable: 9 clusters before, 6 after, where 6 would do."),
        ({"conflict_points": 20, "fewest_clusters": 20, "n_clusters": 20, "overlapping": 1},
         {"n_clusters": 20, "overlapping": 1},
         "The labels take 20 clusters before and 20 after, where 20 would do with 20 examples that share their vector "
         "with one of another label."),
    ],
)  # fmt: skip
def test_separable_before_after_or_neither(before, after, said):
    assert say(before, [after])[0][1] == said


def test_labels_move_apart_or_together():
    nan = np.nan
    some = [("a", 1.0, [4.0, 4.0]), ("b", 1.0, [2.0, 2.0]), ("c", 1.0, [0.5, 0.5]), ("d", nan, [3.0, 3.0]),
            ("e", 2.0, [nan, 1.0]), ("f", 1.0, [3.0, 3.0])]  # fmt: skip
    (text,) = [s for s in say(after=[{}, {}], labels=some)[0] if "nearest other" in s]
    assert text == (
        "3 of 4 labels lie further from the nearest other label than before, 1 closer: median ×2.5; largest a (×4), "
        "f (×3), b (×2); smallest c (×0.5). 1 label that overlapped with another now overlaps with none. 1 label that "
        "overlapped with none now overlaps with another."
    )
    two = say({"n_labels": 2}, [{"n_labels": 2}], labels=[("a", 1.0, [3.0]), ("b", 1.0, [3.0])])[0]
    assert "The two labels lie 3 times as far apart as they did." in two
    still = say(after=[{}], labels=[("a", 1.0, [1.0]), ("b", 2.0, [2.0]), ("c", 1.0, [1.0])])[0]
    assert "No label's distance to the nearest other changed." in still
    blown = [("a", 1.0, [4.0]), ("b", 1.0, [1.0]), ("c", 2.0, [4.0])]
    (text,) = [s for s in say(after=[{}], labels=blown, grown=2.0)[0] if "nearest other" in s]
    assert text.endswith("The whole space is ×2 as large as it was; relative to it the median is ×1.")


@pytest.mark.parametrize(
    ("moved", "said"),
    [
        ([0.01, 0.2, 0.5], "The higher the layer, the further it moved: the labels' means by 1 % of their vectors' "
                           "length in layer 0, by 50 % in layer 2."),
        ([0.1, 0.5, 0.2], "Layer 1 moved most, layer 0 least: the labels' means by 10 % of their vectors' length in "
                          "layer 0, by 50 % in layer 1."),
        ([0.0, 1e-6, 1e-5], "No layer moved by more than a thousandth of its vectors' length."),
    ],
)  # fmt: skip
def test_which_layers_moved(moved, said):
    assert say(after=[{}], moved=moved)[0][-1] == said


def test_runs_that_changed_nothing_are_said_to():
    runs = [{"run": "seed0", "unchanged": "exactly"}, {"run": "seed1"}]
    assert say(after=[{}, {}], runs=runs)[1] == [
        "The run seed0 changed nothing: the weights equal those of the original exactly. (Was an adapter not applied, "
        "or the learning rate zero?)"
    ]
    assert say(after=[{}, {}], runs=[{"run": "seed0"}, {"run": "seed1"}])[1] == []


def test_a_run_that_guesses_where_the_original_did_not_may_have_collapsed():
    guesses = {"accuracy": 31.0, "linear_accuracy": 29.0, "majority": 30.0, "n_test": 400}
    learned = guesses | {"linear_accuracy": 60.0}
    (said,) = say({"majority": 30.0}, [guesses, guesses | {"accuracy": 60.0}])[1]
    assert said.startswith("The run seed0 may have collapsed") and "(31.0 % of the test examples)" in said
    assert say({"majority": 30.0}, [learned])[1] == []
    assert say(guesses, [guesses])[1] == []  # nor did the original tell more


def test_runs_that_do_not_say_their_seeds_are_counted_as_runs():
    after = [{"run": name, "seed": None, "accuracy": accuracy} for name, accuracy in (("x", 80.0), ("y", 84.0))]
    assert "; 2 runs: 80.0 to 84.0 %)" in say(after=after)[0][0] and "; one run)" in say(after=after[:1])[0][0]


def test_a_probe_that_did_not_learn_is_told():
    behind = {"accuracy": 20.0, "linear_accuracy": 80.0, "linear_lead": 60.0, "linear_lead_error": 2.0}
    assert say(behind, [{}])[1] == [
        "The classifier probe did not learn what is there before fine-tuning: it reads 20.0 %, a linear readout of the "
        "same vectors 80.0 %."
    ]


def test_what_was_not_measured_is_not_said():
    nothing = dict.fromkeys(("accuracy", "n_clusters", "overlapping", "linear_lead", "linear_lead_error"))
    assert say(nothing, [nothing]) == ([], [])


def test_how_fine_tuning_went_is_read_from_its_metrics(tmp_path):
    paths = []
    for seed in (1, 0):
        paths.append(tmp_path / f"runs/m/t.seed{seed}/metrics.json")
        paths[-1].parent.mkdir(parents=True)
        found = {"train_accuracy": 0.9, "test_accuracy": 0.5 + seed / 4, "n_updates": 7, "weight_change": 0.1 * seed}
        write_json(paths[-1], found | {"wall_seconds": 3.0, "device": "cpu", "status": "ok"})
    table = tuning(map(str, paths), full("m/t.seed0", "m/t.seed1"))
    assert table[["model", "task", "seed"]].to_numpy().tolist() == [["m", "t", 0], ["m", "t", 1]]
    assert table.test_accuracy.tolist() == [50, 75] and table.weight_change.tolist() == [0, 0.1]
    assert table.unchanged[0] == "exactly" and pd.isna(table.unchanged[1])
    assert tuning([], {}).empty


def test_a_brought_runs_own_tokenizer_and_an_end_that_is_not_its_last_step_are_said():
    end = "its own weights, which differ from those of checkpoint-900"
    _, warnings = say(after=[{}], runs=[{"run": "mine", "weight_change": 0.1, "tokenizer": "its own", "end": end}])
    assert warnings[0].startswith("The run mine has a tokenizer of its own")
    assert warnings[1].startswith("The run mine ends with its own weights, which differ from those of checkpoint-900")
    same = {"run": "mine", "weight_change": 0.1, "tokenizer": "the model's", "end": "its own weights"}
    assert say(after=[{}], runs=[same])[1] == []
