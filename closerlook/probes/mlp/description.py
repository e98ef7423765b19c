"""Description length: how many bits the labels cost, given the vectors (Voita & Titov, EMNLP 2020, online code)."""

import itertools

import numpy as np
import torch

from closerlook.probes.mlp.networks import Networks, initial
from closerlook.probes.mlp.training import PATIENCE, Training

FIRST = 64  # the labels of so many samples, or up to twice as many, cost what the uniform code costs


def online_code(X, y, hidden_layer_sizes, alpha, *, max_iter=1000, seed=0):
    """Length of the online code of labels, with a ReLU network as the model.

    The samples come in random order, in blocks, each as long as all before it. The first costs log2(classes) bits per
    label; for each later one a network is trained on all samples before it (a fifth of them, held out, says after
    which epoch to stop), and a label costs -log2 of the probability that the network gives it.

    Parameters
    ----------
    X : (n, d) tensor, float32
    y : (n,) tensor, int64
        Label ids from 0, all of them known to sender and receiver.
    hidden_layer_sizes, alpha
        Shape and L2 weight of the network.
    max_iter, seed : int
        Most epochs; seed of the order, the weights and the batches.

    Returns
    -------
    dict
        `bits`; `uniform_bits`, those of the uniform code alone, and `frequency_bits`, those of a code that learns the
        labels' frequencies in the same blocks and knows nothing of the vectors; `compression` and
        `frequency_compression`, these two divided by the first; `blocks`: samples before each block, and its bits.
        None for fewer than 128 samples, all of which are in the first block. The uniform code is far too long for
        labels of unequal frequency, so even vectors of noise compress by this measure; either ratio grows with the
        number of samples. Neither can be compared between tasks.
    """
    n, n_classes = len(y), int(y.max()) + 1
    rng = np.random.RandomState(seed)
    order = torch.from_numpy(rng.permutation(n)).to(X.device)
    X, y = X[order], y[order]
    ends = [n]
    while ends[0] >= 2 * FIRST:
        ends.insert(0, ends[0] // 2)
    sizes = (X.shape[1], *hidden_layer_sizes, 1 if n_classes == 2 else n_classes)
    blocks = [{"known": 0, "bits": ends[0] * float(np.log2(n_classes))}]
    for known, end in itertools.pairwise(ends):
        bits = _bits((X[:known], y[:known]), (X[known:end], y[known:end]), sizes, alpha, max_iter, rng)
        blocks.append({"known": known, "bits": bits})
    total, uniform = sum(b["bits"] for b in blocks), n * float(np.log2(n_classes))
    frequency = blocks[0]["bits"] + sum(_by_frequency(y[:a], y[a:b], n_classes) for a, b in itertools.pairwise(ends))
    ratios = {"compression": uniform / total, "frequency_compression": frequency / total}
    if len(blocks) == 1:  # no network has been trained
        ratios = dict.fromkeys(ratios)
    return {"bits": total, "uniform_bits": uniform, "frequency_bits": frequency, **ratios, "blocks": blocks}


def _by_frequency(known, block, n_classes):
    """Bits of a block's labels by the frequencies of those before it (Krichevsky and Trofimov's estimate)."""
    counts = np.bincount(known.cpu().numpy(), minlength=n_classes) + 0.5
    return float(-np.log2(counts / counts.sum())[block.cpu().numpy()].sum())


def _bits(known, block, sizes, alpha, max_iter, rng):
    """Bits of a block's labels under the network that does best on what was held out of the known samples."""
    X, y = known
    held = len(X) // 5
    training = Training(
        X[held:], y[held:], Networks([initial(sizes, rng)], [alpha], X.device), [rng], max_iter=max_iter
    )
    best, bits, stale = np.inf, np.nan, 0
    while stale <= PATIENCE:
        done = training.run()
        found = float(training.networks.surprise(X[:held], y[:held]))
        stale = 0 if found < best else stale + 1
        if found < best:
            best, bits = found, float(training.networks.surprise(*block)) / float(np.log(2))
        if done:
            break
    return bits
