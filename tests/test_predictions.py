"""What a probe predicted, as a file: pandas reads what was written, and the accuracies are those of the probe."""

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_digits

from closerlook.analysis.predictions import read_correct, read_sentences
from closerlook.files import write_json
from closerlook.layout import Space, State
from closerlook.probes.mlp.classifier import probe
from closerlook.probes.predictions import read_predictions, write_predictions

AT = "probes/classifier/m/t.seed0/t/layer3.parquet"


def test_predictions_are_a_table_with_a_row_per_example(tmp_path):
    labels, each, linear = np.array([0, 2, 1]), np.array([[0, 1, 1], [2, 2, 1]]), np.array([0, 0, 1])
    write_predictions(tmp_path / "p.parquet", labels, each, linear)
    frame = pd.read_parquet(tmp_path / "p.parquet")
    assert frame.to_dict("list") == {"example": [0, 1, 2], "label": [0, 2, 1], "prediction_0": [0, 1, 1],
                                     "prediction_1": [2, 2, 1], "linear": [0, 0, 1]}  # fmt: skip
    for mine, read in zip((labels, each, linear), read_predictions(tmp_path / "p.parquet")):
        np.testing.assert_array_equal(mine, read)


def test_a_probe_that_predicted_nothing_leaves_the_labels(tmp_path):
    write_predictions(tmp_path / AT, [1, 1])
    labels, each, linear = read_predictions(tmp_path / AT)
    assert labels.tolist() == [1, 1] and each.shape == (0, 2) and linear is None
    assert read_correct([tmp_path / AT]) == {}


def test_accuracies_are_those_of_the_predictions(tmp_path):
    X, y = load_digits(n_class=4, return_X_y=True)
    X = X + np.random.default_rng(0).normal(0, 12, X.shape)
    train, test = (X[:400].astype(np.float32), y[:400]), (X[400:].astype(np.float32), y[400:])
    options = {"hidden_layer_sizes": [[8]], "alphas": [1e-2], "cv": 1, "repeats": 3, "max_iter": 20}
    found = probe(train, test, **options, predictions=True, verbose=False)
    write_predictions(tmp_path / AT, test[1], found["predictions"], found["linear_predictions"])
    (space,) = correct = read_correct([tmp_path / AT])
    assert space == Space("m", State("t", "seed0"), "t", 3)
    assert 100 * correct[space].mean(1) == pytest.approx(found["accuracies"]) and found["accuracy"] < 100
    linear = read_predictions(tmp_path / AT)[2]
    assert 100 * (linear == test[1]).mean() == pytest.approx(found["linear"]["accuracy"])


def test_sentences_are_read_by_task(tmp_path):
    write_json(tmp_path / "t/sentences.json", {"train": ["a"], "test": ["b", "b", "c"]})
    assert read_sentences([tmp_path / "t/sentences.json"]) == {"t": ["b", "b", "c"]}
