"""Uses every public name as somebody else would; `test_package.py` has it checked by mypy, and nobody runs it.

A line with `type: ignore` is wrong on purpose: the checker has to find the error, or it complains about the comment.
"""

from pathlib import Path
from typing import Any, assert_type

import numpy as np
from numpy.typing import NDArray

import closerlook
from closerlook import (
    DirectProbe,
    InputError,
    MLPProbe,
    Study,
    compare,
    embed,
    hull_distance,
    label_distances,
    separable,
    spatial_similarity,
)
from closerlook.probes.direct.labels import LabelDistances
from closerlook.probes.hulls.proof import Proof

assert_type(closerlook.__version__, str)
print(closerlook.nothing)  # type: ignore[attr-defined]

# Vectors of texts
texts, labels = ["one", "two"], ["a", "b"]
before = embed("bert-base-uncased", texts, layers=[0, -1], pooling={"sentence": "mean"}, device="cpu")
assert_type(before, NDArray[np.float32])
after = embed(Path("out"), [["one", "word"]], targets=[[0]], kind="word")
embed("bert-base-uncased", [("one", "two")], kind="sentence_pair")
embed("bert-base-uncased", 3)  # type: ignore[arg-type]
embed("bert-base-uncased", texts, kind="phrase")  # type: ignore[arg-type]
embed("bert-base-uncased", texts, precision="fp16")  # type: ignore[arg-type]
embed("bert-base-uncased", texts, threads="all")  # type: ignore[arg-type]

# A comparison
study = compare(before, list(after), labels, test=(before, after, labels), layers=[0, 1])
assert_type(study, Study)
compare(before, after, [0, 1], probe=False, direct={"tol": 1e-3}, sample={"points": 100}, progress=False)
compare(before, after, labels, probe={"hidden_layer_sizes": [[64], []], "scale": "none", "halving": True})
compare(before, after)  # type: ignore[call-arg]
compare(before, after, labels, None)  # type: ignore[call-arg]
compare(before, after, labels, probe=True)  # type: ignore[arg-type]
compare(before, after, labels, probe={"hiden_layer_sizes": [[64]]})  # type: ignore[arg-type]
compare(before, after, labels, sample={"repeats": 3})  # type: ignore[arg-type]
assert_type(study.notes, list[str])
assert_type(study.names, list[str])
assert_type(study.report("page.html"), Path)
assert_type(study.extent, str)
study.table[["layer", "accuracy_before"]].to_csv("table.csv")
study.plot("layers").savefig("layers.png")
study.plot(3)  # type: ignore[arg-type]
print(study.tables)  # type: ignore[attr-defined]

# Probes
probe = DirectProbe(tol=1e-4, n_jobs=-1).fit(before[0], labels)
assert_type(probe, DirectProbe)
assert_type(probe.n_clusters_, int)
assert_type(probe.is_linear_, bool)
assert_type(probe.label_distances_, LabelDistances)
assert_type(probe.min_distances_, NDArray[np.float64])
assert_type(probe.predict(before[0]), NDArray[Any])
DirectProbe(tol="small")  # type: ignore[arg-type]
DirectProbe(clusters=3)  # type: ignore[call-arg]
classifier = MLPProbe([[64]], alphas=[0.1], random_state=None).fit(before[0], labels, {"test": (before[1], labels)})
assert_type(classifier, MLPProbe)
assert_type(classifier.mean_accuracy_, float)
assert_type(classifier.predict_proba(before[0]), NDArray[np.float64])
MLPProbe(device="gpu")  # type: ignore[arg-type]

# Hulls and labels
proof = hull_distance([[0.0, 0.0]], np.ones((3, 2)), tol=1e-6)
assert_type(proof, Proof)
assert_type(proof.distance, float)
assert_type(proof.weights, tuple[np.ndarray, np.ndarray])
assert_type(proof.check([[0.0, 0.0]], np.ones((3, 2))), bool)
assert_type(bool(separable([[0.0]], [[1.0]])), bool)
separable([[0.0]])  # type: ignore[call-arg]
hull_distance([[0.0]], [[1.0]], 1e-3)  # type: ignore[call-arg]
distances = label_distances(before[0], labels, start=None)
assert_type(distances, LabelDistances)
assert_type(distances.matrix, NDArray[np.float64])
correlation, shared = spatial_similarity(distances.vector, probe.distance_vector_)
assert_type(correlation, float)
assert_type(shared, int)

try:
    compare(before, after, labels, layers=[7])
except InputError as error:
    print(str(error))
