"""How similar every layer of one state is to every layer of another (Kornblith et al., ICML 2019)."""

import numpy as np
import pandas as pd
from scipy.spatial.distance import squareform

from closerlook.analysis.cloud import Cloud, sample
from closerlook.analysis.runs import RUN, described
from closerlook.files import read_json
from closerlook.layout import ORIGINAL, Run

COLUMNS = ("model", "task", *RUN[1:], "with", "layer", "other_layer", "cka")


def gram(X, seed=0):
    """What debiased linear CKA needs of a space, in a form that takes little memory.

    Parameters
    ----------
    X : (n, d) float
    seed : int
        Of the choice of 1,500 points, where there are more.

    Returns
    -------
    (m (m - 1) / 2,) float32, or None
        The Gram matrix above its diagonal, centred (Szekely and Rizzo, 2014) and of unit length: the product of two is
        `linear_cka` of their spaces. None where that is undefined.
    """
    cloud = Cloud(np.asarray(X)[sample(len(X), seed)])
    if cloud.constant or np.isnan(cloud.own):
        return None
    x, n = cloud.squares, len(cloud)
    products = cloud.centred @ cloud.centred.T
    products += (x[:, None] + x) / (n - 2) - x.sum() / ((n - 1) * (n - 2))
    above = squareform(products, checks=False)
    return (above / np.linalg.norm(above)).astype(np.float32)


def matrices(grams):
    """CKA of all pairs of layers: of the original and a run, and of this and its peer.

    Parameters
    ----------
    grams : dict of int to dict
        By layer, the `gram` of the original (`before`), of the run (`after`) and of its peer (`peer`, if it has one).

    Returns
    -------
    dict
        `layers`; `original`, a list of rows, one per layer of the original, with a value per layer of the run; `peer`,
        the same with a row per layer of the run and a value per layer of the peer, or None. None where undefined.
    """
    of = {end: [layer[end] for layer in grams.values() if end in layer] for end in ("before", "after", "peer")}
    peer = _matrix(of["after"], of["peer"]) if of["peer"] else None
    return {"layers": list(grams), "original": _matrix(of["before"], of["after"]), "peer": peer}


def _matrix(grams, others):
    return [[None if a is None or b is None else min(1.0, float(a @ b)) for b in others] for a in grams]


def layer_matrices(results, runs):
    """Gather the similarity of all pairs of layers.

    Parameters
    ----------
    results : list of path
        Of runs: what `matrices` returned under this name, and the name of the `peer`, if there is one.
    runs : dict
        As `closerlook.analysis.runs.described` takes them.

    Returns
    -------
    DataFrame
        A row per (run, other state, pair of layers), on the test split. `with` is `original`, and `layer` then a layer
        of the original, `other_layer` one of the run; or it is the name of the peer, and `layer` one of the run,
        `other_layer` one of the peer.
    """
    rows = []
    for path in results:
        found, of = read_json(path), described(Run.of(path), runs)
        layers = found["matrices"]["layers"]
        for other, name in ((ORIGINAL, "original"), (found["peer"], "peer")):
            for layer, row in zip(layers, found["matrices"][name] or []):
                pairs = ({"layer": layer, "other_layer": to, "cka": cka} for to, cka in zip(layers, row))
                rows += [of | {"with": other} | pair for pair in pairs]
    frame = pd.DataFrame(rows, columns=list(COLUMNS)).astype({"seed": "Int64", "cka": float})
    return frame.sort_values(["model", "task", "run", "with", "layer", "other_layer"], ignore_index=True).round(6)
