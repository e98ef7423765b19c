"""How similar two spaces of the same points are, by measures that know nothing of labels; between floor and ceiling."""

import numpy as np
import pandas as pd
from scipy.linalg import svdvals

from closerlook.analysis.cloud import MOST, Cloud, alignment, sample
from closerlook.analysis.runs import RUN, described
from closerlook.errors import InputError
from closerlook.files import read_json
from closerlook.layout import Run

MEASURES = ("cka", "procrustes", "rsa", "neighbours")
FLOORS, CEILINGS, WITHOUT = (tuple(f"{name}_{end}" for name in MEASURES) for end in ("floor", "ceiling", "without"))
COLUMNS = ("model", "task", *RUN[1:], "split", "layer", "n_points", *MEASURES, *FLOORS, *CEILINGS, "dominant",
           "dominant_share", *WITHOUT)  # fmt: skip
ORDERS = 5  # of points, for a floor; one for the products of many points, which differ less
FEWEST = 10  # dimensions of a space in which two can be called few


def linear_cka(X, Y):
    """Linear centred kernel alignment (Kornblith et al., ICML 2019), debiased.

    Its three products of Gram matrices are estimated without bias (Song et al., JMLR 2012), as Nguyen et al. (ICLR
    2021) have it, but over all points at once. Two spaces that have nothing in common are then at zero on average; by
    the plain definition they are well above it where there are not many more points than dimensions.

    Parameters
    ----------
    X : (n, d) float, Y : (n, e) float
        The same points in two spaces.

    Returns
    -------
    float
        At most 1, and negative where the spaces have less in common than chance gives; NaN for fewer than four points,
        and where all points of a space coincide. Invariant under rotation, reflection, translation and scaling of
        either space.
    """
    return _products(Cloud(X), Cloud(Y))[0]


def procrustes_similarity(X, Y):
    """How well a rotation, reflection, translation and scaling carry one space onto the other.

    Parameters
    ----------
    X : (n, d) float, Y : (n, e) float
        The same points in two spaces; the one with fewer dimensions is given zeros for the others.

    Returns
    -------
    float
        From 0 to 1: the cosine of the angle between the two configurations once they are aligned, the square root of
        one minus the disparity of `scipy.spatial.procrustes`; NaN where all points of a space coincide. Invariant under
        rotation, reflection, translation and scaling of either space. Biased upwards where there are not many more
        points than dimensions: two spaces of noise are far from zero.
    """
    return _products(Cloud(X), Cloud(Y))[1]


def rsa(X, Y):
    """Representational similarity analysis (Kriegeskorte et al., 2008): rank correlation of all distances.

    Parameters
    ----------
    X : (n, d) float, Y : (n, e) float
        The same points in two spaces.

    Returns
    -------
    float
        Spearman's correlation of the Euclidean distances of all pairs of points, from -1 to 1; NaN for fewer than three
        points, or where all distances of a space are equal. Invariant under rotation, reflection, translation and
        scaling of either space, and under whatever keeps the order of the distances.
    """
    return _pairs(Cloud(X), Cloud(Y))[0]


def neighbours(X, Y):
    """Mutual nearest neighbours (Huh et al., ICML 2024): the share of a point's neighbours that it keeps.

    Parameters
    ----------
    X : (n, d) float, Y : (n, e) float
        The same points in two spaces.

    Returns
    -------
    float
        From 0 to 1: how many of the k nearest points of each (Euclidean distance, the point itself left out; of equally
        near ones the first) are the same in both spaces, on average. k is 10, or half of the other points where this is
        less, rounded down. Two spaces that have nothing in common are at k / (n - 1). NaN for fewer than three points,
        or where all distances of a space are equal. Invariant under rotation, reflection, translation and scaling of
        either space, and under whatever keeps the order of a point's distances.
    """
    return _pairs(Cloud(X), Cloud(Y))[1]


def _products(a, b):
    """Linear CKA and Procrustes similarity of two clouds, which share the largest product."""
    if len(a) != len(b):
        raise InputError(f"The same points are compared in two spaces, and these have {len(a)} and {len(b)}.")
    if a.constant or b.constant:
        return float("nan"), float("nan")
    both = a.centred.T @ b.centred
    cka = alignment(both, a.squares, b.squares) / np.sqrt(a.own * b.own)
    angle = svdvals(both).sum() / np.sqrt(a.squares.sum() * b.squares.sum())
    return float(np.minimum(1, cka)), float(min(1, angle))


def _pairs(a, b):
    """RSA and mutual neighbours of two clouds, which share the distances."""
    if a.flat or b.flat:
        return float("nan"), float("nan")
    return float(np.clip(a.ranks @ b.ranks, -1, 1)), float((a.near & b.near).sum() / a.near.sum())


def _measured(a, b, names=MEASURES):
    """All measures of two clouds, None where undefined."""
    return _named(names, [*_products(a, b), *_pairs(a, b)])


def _floor(a, b, rng):
    """All measures of a cloud and another with its points in random order, which has nothing in common with it."""
    orders = ORDERS if len(a) <= MOST else 1
    products = [_products(a, b.shuffled(rng)) for _ in range(orders)]
    pairs = [(float("nan"),) * 2] if a.flat or b.flat else [_pairs(a, b.shuffled_pairs(rng)) for _ in range(ORDERS)]
    return _named(FLOORS, [*np.mean(products, 0), *np.mean(pairs, 0)])


def _named(names, values):
    return {name: None if np.isnan(value) else float(value) for name, value in zip(names, values)}


def measure_similarity(X, Y, seed=0, peer=None):
    """All measures of two spaces of the same points, what they would be by chance, and what between runs of one recipe.

    Parameters
    ----------
    X, Y : (n, d) float
    seed : int
        Of the choice of 1,500 points for `rsa` and `neighbours`, where there are more, and of the orders of points.
    peer : (n, d) float, optional
        The space that another run of the recipe gave which gave Y.

    Returns
    -------
    dict
        `n_points`; `cka`, `procrustes`, `rsa`, `neighbours` (None where undefined). Of each the floor, `X_floor`: what
        spaces of these shapes give that have nothing in common, here X and the points of Y in random order. The
        ceiling, `X_ceiling`, of Y and its peer: None where there is no peer. `dominant`: the dimensions, at most two of
        a space, that carry more than half of its variance, in X or in Y; `dominant_share`, how much they carry, in
        whichever of both it is more; and what the measures are without them, `X_without`. None where no dimensions
        dominate, where there are fewer than ten, and where X and Y differ in how many they have.
    """
    some = sample(len(X), seed)
    a, b = Cloud(X, some), Cloud(Y, some)
    found = {"n_points": len(a)} | _measured(a, b) | _floor(a, b, np.random.default_rng(seed))
    found |= dict.fromkeys(CEILINGS) if peer is None else _measured(b, Cloud(peer, some), CEILINGS)
    dims, share = _dominant(a, b)
    found |= {"dominant": dims or None, "dominant_share": share}
    if not dims:
        return found | dict.fromkeys(WITHOUT)
    a, b = (Cloud(np.delete(Z, dims, 1), some) for Z in (a.X, b.X))
    return found | _measured(a, b, WITHOUT)


def _dominant(a, b):
    """The dimensions that dominate either of two clouds, and the larger share of the variance that they have."""
    width, other = (cloud.X.shape[1] for cloud in (a, b))
    if width != other or width < FEWEST or a.constant or b.constant:
        return [], None
    found, shares = set(), []
    for cloud in (a, b):
        variance = cloud.X.var(0, dtype=np.float64)
        shares.append(variance / variance.sum())
        largest = np.argsort(-variance, kind="stable")[:2].tolist()
        first, second = shares[-1][largest]
        alone = first > 0.5 and second <= (1 - first) / 2  # else the second would dominate what the first leaves
        found |= set(largest[: 1 if alone else 2]) if first + second > 0.5 else set()
    dims = sorted(found)
    return dims, max(float(share[dims].sum()) for share in shares) if dims else None


def similarity(results, runs):
    """Gather what `measure_similarity` found, see `similarity_rows`.

    Parameters
    ----------
    results : list of path
        Under `layers`, for each split, the result of each layer by its number.
    runs
        As in `similarity_rows`.

    Returns
    -------
    DataFrame
    """
    return similarity_rows(((Run.of(path), read_json(path)["layers"]) for path in results), runs)


def similarity_rows(results, runs):
    """How like its original every layer of a run is.

    Parameters
    ----------
    results : iterable of (Run, dict)
        For each split what `measure_similarity` returned of each layer, by its number.
    runs : dict
        As `closerlook.analysis.runs.described` takes them.

    Returns
    -------
    DataFrame
        A row per (run, split, layer): every space against itself before fine-tuning.
    """
    rows = []
    for of, splits in results:
        run = described(of, runs)
        for split, layers in splits.items():
            rows += [run | {"split": split, "layer": int(layer)} | found for layer, found in layers.items()]
    frame = pd.DataFrame(rows, columns=list(COLUMNS)).astype({"seed": "Int64"})
    return frame.sort_values(["model", "task", "run", "split", "layer"], ignore_index=True).round(6)


def dominated(frame):
    """What has to be said where a few dimensions decide how similar spaces are.

    Parameters
    ----------
    frame : DataFrame
        As `similarity` returns it.

    Returns
    -------
    list of str
        A sentence for each model with such layers.
    """
    found = []
    for model, own in frame[frame.dominant_share.notna()].groupby("model", sort=False):
        layers = sorted(own.layer.unique())
        whole = len(layers) > 2 and layers == list(range(layers[0], layers[-1] + 1))
        named = (
            f"s {layers[0]} to {layers[-1]}" if whole else f"{'s' * (len(layers) > 1)} {', '.join(map(str, layers))}"
        )
        low, high = (f"{100 * share:.0f}" for share in (own.dominant_share.min(), own.dominant_share.max()))
        cka, without = (own[name].astype(float).mean() for name in ("cka", "cka_without"))
        found.append(
            f"{model}: in layer{named} few dimensions carry {low if low == high else f'{low} to {high}'} % of the "
            f"variance, so measures of similarity are mostly about these: CKA with the original is {cka:.2f} on "
            f"average, and {without:.2f} without them (`dominant` and `…_without` in similarity.csv)."
        )
    return found
