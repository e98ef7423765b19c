"""A grid of networks trained on all folds at once, each only as long as it has a chance, or all to the end."""

import itertools
from functools import partial

import numpy as np

from closerlook.probes.mlp.networks import Networks, initial, tensors
from closerlook.probes.mlp.race import behind, outlook, rungs, stand_ins
from closerlook.probes.mlp.training import BATCH, Training
from closerlook.probes.threads import progress, spread

BLOCK = {"cpu": 2**19, "cuda": 2**26}  # weights that are trained together: few enough to leave work for every thread
ALONE = 16  # so few networks are trained one by one
UPDATES = 100  # without halving, after so many, and twice as many, and so on, networks are spread over threads anew


def score_grid(grid, sizes, X, y, splits, scaling, *, seed, device, max_iter, halving, n_jobs, verbose):
    """Train all candidates on all folds, and score them on the samples held out.

    Parameters
    ----------
    grid : list of dict
        The candidates, with their `alpha`.
    sizes : list of tuple of int
        Inputs, hidden layers and outputs of each.
    X : (n, d) float, y : (n,) int
        Samples and their label ids.
    splits : list of (int array, int array)
        The samples to train on and those held out.
    scaling : callable
        Gives, for the samples of a fold, a scaler and the function that applies it.
    seed, device, max_iter, halving, n_jobs, verbose
        As in `MLPProbe`; one seed for all, and a torch.device.

    Returns
    -------
    score, n_iter, stopped : (n_grid, n_folds) arrays
        Accuracies on samples held out, epochs, and what ended each network.
    """
    shape = (len(grid), len(splits))
    score, loss = np.full(shape, np.nan), np.full(shape, np.inf)
    n_iter, stopped = np.zeros(shape, int), np.full(shape, None)
    size = max(len(kept) for kept, _ in splits)
    for_whom = stand_ins(grid, sizes, y[splits[0][0]]) if halving else np.arange(len(grid))
    field = np.unique(for_whom)
    alphas = np.array([grid[i]["alpha"] for i in field])
    smallest = min(range(len(field)), key=lambda at: (alphas[at], sum(sizes[field[at]])))
    races = []
    for k, (kept, held) in enumerate(splits):
        _, scaled = scaling(X[kept])
        (Z, labels), test = (tensors(scaled(X[some]), y[some], device) for some in (kept, held))
        for places in blocks([sizes[i] for i in field], BLOCK[device.type]):
            block = field[places]
            weights = [initial(sizes[i], np.random.RandomState(seed)) for i in block]
            networks = Networks(weights, [grid[i]["alpha"] for i in block], device)
            training = Training(Z, labels, networks, [np.random.RandomState(seed)], max_iter=max_iter)
            races.append((k, block, training, test))

    def run(until, race):
        k, block, training, test = race
        while training.networks and training.epoch < until:
            done = training.run()
            if done or training.epoch == until:
                for i, right in training.accuracies(*test).items():
                    score[block[i], k] = right
                if halving:
                    for i, nats in training.losses_on(*test).items():
                        loss[block[i], k] = nats
            for i, why in done.items():
                n_iter[block[i], k], stopped[block[i], k] = training.epoch, why
            training.leave(done)
            bar.update(len(done))

    past = []
    with progress("candidates" if verbose else None, len(field) * len(splits)) as bar:
        for until, share in rungs(size, max_iter) if halving else _pauses(size, max_iter):
            if sum(len(training.networks.order) for *_, training, _ in races) <= ALONE:
                races = [(k, block, one, test) for k, block, training, test in races for one in training.split()]
            spread(partial(run, until), races, n_jobs)
            lost = []
            if halving:
                past.append(loss[field].mean(1))
                standing = np.where((stopped[field] == "dropped").any(1), np.inf, outlook(past))
                lost = field[behind(standing, alphas, share, smallest)]
            for k, block, training, _ in races:
                gone = [i for i in training.networks.order if block[i] in lost] if training.networks else []
                n_iter[block[gone], k], stopped[block[gone], k] = training.epoch, "dropped"
                training.leave(gone)
                bar.update(len(gone))
            races = [race for race in races if race[2].networks]
    for k, block, training, _ in races:  # in a race that ends before they have converged
        last = block[training.networks.order]
        n_iter[last, k], stopped[last, k] = training.epoch, "finalist"
    replaced = for_whom != np.arange(len(grid))
    score, stopped[replaced] = score[for_whom], "alike"
    return score, n_iter, stopped


def _pauses(n, max_iter):
    """Without halving none is dropped, but the networks that are left are spread over the threads again."""
    first = max(2, round(UPDATES / np.ceil(n / BATCH)))
    return [*((first * 2**i, 1) for i in range(8) if first * 2**i < max_iter), (max_iter, 1)]


def blocks(sizes, limit):
    """Candidates to train together: those of one shape, and then more, up to a number of weights."""
    block, total = [], 0
    large_first = sorted(range(len(sizes)), key=lambda i: ([-n for n in sizes[i]], i))
    for shape, same in itertools.groupby(large_first, lambda i: sizes[i]):
        members = list(same)
        weights = len(members) * sum(a * b + b for a, b in itertools.pairwise(shape))
        if block and total + weights > limit:
            yield block
            block, total = [], 0
        block, total = block + members, total + weights
    yield block
