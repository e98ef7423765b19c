"""Many ReLU networks trained at once: what scikit-learn's `MLPClassifier` does, for a whole grid in one pass.

Activations lie with features first and samples last, (network, feature, sample), so that the first layers of all
networks are one matrix, whatever their sizes, and a batch goes through all of them in one product.
"""

import itertools

import numpy as np
import torch
from torch.optim.adam import adam

from closerlook.probes.mlp.products import product, products

LEARNING_RATE, BETA1, BETA2, EPSILON = 1e-3, 0.9, 0.999, 1e-8
CLIPPED = [float(-np.log1p(-np.finfo(np.float32).eps)), float(-np.log(np.finfo(np.float32).eps))]  # a sample's loss
ROWS = 2000  # samples per pass where nothing is learned


def initial(sizes, rng):
    """Draw weights as scikit-learn does: uniform (Glorot), biases too.

    Parameters
    ----------
    sizes : sequence of int
        Inputs, hidden layers, outputs.
    rng : numpy.random.RandomState

    Returns
    -------
    list of ((n_in, n_out), (n_out,)) float64
    """
    layers = []
    for n_in, n_out in itertools.pairwise(sizes):
        bound = np.sqrt(6 / (n_in + n_out))
        layers.append((rng.uniform(-bound, bound, (n_in, n_out)), rng.uniform(-bound, bound, n_out)))
    return layers


def tensors(X, y, device):
    """Vectors as float32 and label ids as int64, on a device; a ValueError where float32 cannot hold a value."""
    with np.errstate(over="ignore"):
        X = np.require(X, np.float32, ["C", "W"])  # torch warns of memory that it cannot write to
    if not np.isfinite(X).all():
        raise ValueError("X has values that are not finite, or too large for float32.")
    return torch.from_numpy(X).to(device), torch.from_numpy(np.asarray(y, np.int64)).to(device)


class Networks:
    """Networks with the same inputs and outputs, grouped by shape, with Adam's moments.

    Parameters
    ----------
    weights : list of list of (W, b)
        Of each network, layer by layer: (n_in, n_out) and (n_out,), as scikit-learn's `coefs_` and `intercepts_`.
    alphas : list of float
        L2 weight of each network.
    device : torch.device

    Attributes
    ----------
    order : (n_networks,) int
        The network that stands at each place, since networks of one shape stand together.
    updates : int
        Updates done.
    """

    def __init__(self, weights, alphas, device):
        shapes = [tuple(W.shape[1] for W, _ in layers[:-1]) for layers in weights]
        # networks without a hidden layer come last: the rows before theirs pass through the ReLU
        self.order = np.array(sorted(range(len(weights)), key=lambda i: (not shapes[i], shapes[i], i)), int)
        self.n_in, self.n_out = weights[0][0][0].shape[0], weights[0][-1][0].shape[1]
        counts = [(shape, len(list(same))) for shape, same in itertools.groupby(shapes[i] for i in self.order)]
        self._build(counts, torch.tensor([alphas[i] for i in self.order], dtype=torch.float32), device, 0)
        for place, i in enumerate(self.order):
            for (W, b), (value, bias) in zip(self._layers(place), weights[i]):
                W.copy_(torch.from_numpy(np.ascontiguousarray(value.T)))
                b.copy_(torch.from_numpy(bias[:, None]))

    def _build(self, counts, alphas, device, updates):
        self.counts, self.alphas, self.device, self.updates = counts, alphas.to(device), device, updates
        self.ends = list(itertools.accumulate(n for _, n in counts))
        rows = [n * (*shape, self.n_out)[0] for shape, n in counts]
        self.rows = [slice(end - n, end) for end, n in zip(itertools.accumulate(rows), rows)]
        self.n_hidden = sum(r for r, (shape, _) in zip(rows, counts) if shape)
        sizes: list[tuple[int, ...]] = [(sum(rows), self.n_in), (sum(rows), 1)]
        for shape, n in counts:
            for n_in, n_out in itertools.pairwise((*shape, self.n_out)):
                sizes += [(n, n_out, n_in), (n, n_out, 1)]
        # weights, first and second moments: all first layers as one matrix, then the deeper ones group by group
        self.parts = [[torch.zeros(size, device=device) for size in sizes] for _ in range(3)]
        self.layers = [*self._groups(self.parts[0])]
        self.alpha_of = [a.view(-1, 1, 1) for a in self.alphas.split([n for _, n in counts])]
        self.counters = [torch.tensor(float(updates), device=device) for _ in sizes]

    def _groups(self, part):
        """Yield each group's layers: (n, n_out, n_in) and (n, n_out, 1), the first as views of the big matrix."""
        first, bias, deeper = part[0], part[1], iter(part[2:])
        for rows, (shape, n) in zip(self.rows, self.counts):
            yield [
                (first[rows].view(n, -1, self.n_in), bias[rows].view(n, -1, 1)),
                *((next(deeper), next(deeper)) for _ in shape),
            ]

    def _layers(self, place):
        group = next(g for g, end in enumerate(self.ends) if place < end)
        within = place - self.ends[group] + self.counts[group][1]
        return [(W[within], b[within]) for W, b in self.layers[group]]

    def weights(self, place):
        """A network's weights as scikit-learn lays them out, float64."""
        return [(W.T.double().cpu().numpy(), b[:, 0].double().cpu().numpy()) for W, b in self._layers(place)]

    def keep(self, places):
        """The networks at some places (ascending), which go on as if nothing had happened."""
        places = np.asarray(places)
        within = [places[(places >= a) & (places < b)] - a for a, b in itertools.pairwise([0, *self.ends])]
        new = object.__new__(Networks)
        new.n_in, new.n_out, new.order = self.n_in, self.n_out, self.order[places]
        counts = [(shape, len(some)) for (shape, _), some in zip(self.counts, within) if len(some)]
        alphas = self.alphas[torch.from_numpy(places).to(self.device)]
        new._build(counts, alphas, self.device, self.updates)
        for before, after in zip(self.parts, new.parts):
            source = [(g, some) for g, some in zip(self._groups(before), within) if len(some)]
            for (layers, some), kept in zip(source, new._groups(after)):
                some = torch.from_numpy(some).to(self.device)
                for pair, into in zip(layers, kept):
                    for x, y in zip(pair, into):
                        y.copy_(x[some])
        return new

    def forward(self, X):
        """Activations of every group.

        Parameters
        ----------
        X : (batch, n_in) tensor, or (n_networks, batch, n_in) where each network (of one shape) has a batch of its own

        Returns
        -------
        list of list of (n, n_features, batch) tensor
            The hidden layers after the ReLU, then the logits.
        """
        W, b = self.parts[0][:2]
        if X.ndim == 2:
            first = product(W, X.T)
        else:
            first = products(W.view(len(X), -1, self.n_in), X.transpose(1, 2)).view(len(W), -1)
        first.add_(b)
        torch.relu_(first[: self.n_hidden])
        found = []
        for rows, (_, n), layers in zip(self.rows, self.counts, self.layers):
            activations = [first[rows].view(n, -1, X.shape[-2])]
            for depth, (W, b) in enumerate(layers[1:], 2):
                out = products(W, activations[-1]).add_(b)
                activations.append(out if depth == len(layers) else torch.relu_(out))
            found.append(activations)
        return found

    def step(self, X, y):
        """One update of Adam on a batch.

        Parameters
        ----------
        X : tensor
            As in `forward`.
        y : (batch,) or (n_networks, batch) int64 tensor

        Returns
        -------
        (n_networks,) tensor
            The loss before the update times the batch's size: cross-entropy and L2 term, as scikit-learn adds it up.
        """
        batch = X.shape[-2]
        losses, firsts, deeper = [], [], []
        for alpha, layers, activations in zip(self.alpha_of, self.layers, self.forward(X)):
            n = len(alpha)
            loss, delta = self._output(activations[-1], y.expand(n, batch).unsqueeze(1))
            loss = loss.clamp_(*CLIPPED).sum(1)
            penalty = sum(torch.linalg.vector_norm(W.view(n, -1), dim=1).square() for W, _ in layers)
            losses.append(loss + penalty * alpha.view(n) / 2)
            delta.div_(batch)
            grads = []
            for (W, _), below in zip(layers[:0:-1], activations[-2::-1]):
                gradient = products(delta, below.transpose(1, 2)).addcmul_(W, alpha, value=1 / batch)
                grads.insert(0, (gradient, delta.sum(2, keepdim=True)))
                delta = torch.ops.aten.threshold_backward(products(W.transpose(1, 2), delta), below, 0)
            firsts.append(delta.reshape(-1, batch))
            deeper += itertools.chain.from_iterable(grads)
        first = torch.cat(firsts) if len(firsts) > 1 else firsts[0]
        if X.ndim == 2:
            gradient = product(first, X)
        else:
            gradient = products(first.view(len(X), -1, batch), X).view(len(first), -1)
        for rows, alpha, layers in zip(self.rows, self.alpha_of, self.layers):
            W = layers[0][0]
            gradient[rows].view(W.shape).addcmul_(W, alpha, value=1 / batch)
        self._adam([gradient, first.sum(1, keepdim=True), *deeper])
        return torch.cat(losses)

    def _output(self, logits, y):
        """Cross-entropy per network and sample, and its gradient by the logits."""
        if self.n_out == 1:  # two labels: one logistic unit
            y = y.to(logits.dtype)
            loss = torch.nn.functional.binary_cross_entropy_with_logits(logits, y, reduction="none")[:, 0]
            return loss, torch.sigmoid(logits).sub_(y)
        logs = torch.log_softmax(logits, 1)
        loss = -logs.gather(1, y)[:, 0]
        return loss, logs.exp_().scatter_add_(1, y, torch.full_like(y, -1, dtype=logs.dtype))

    def _adam(self, grads):
        self.updates += 1
        # scikit-learn adds epsilon to the root of the raw second moment, torch to that of the corrected one
        epsilon = EPSILON / (1 - BETA2**self.updates) ** 0.5
        values, means, squares = self.parts
        adam(values, grads, means, squares, [], self.counters, fused=True, foreach=False, amsgrad=False, maximize=False,
             beta1=BETA1, beta2=BETA2, lr=LEARNING_RATE, weight_decay=0.0, eps=epsilon)  # fmt: skip

    def predict(self, X):
        """Yield (rows, predicted): slices of X and the label ids (n_networks, rows) that each network gives them."""
        for rows, logits in self._logits(X):
            pick = [(z[:, 0] > 0).long() if self.n_out == 1 else z.argmax(1) for z in logits]
            yield rows, torch.cat(pick)

    def surprise(self, X, y):
        """Negative log-likelihood of labels y (n,) given X (n, n_in), summed, in nats, by network."""
        total: torch.Tensor | int = 0
        for rows, logits in self._logits(X):
            losses = [self._output(z, y[rows].expand(len(z), -1).unsqueeze(1))[0] for z in logits]
            total += torch.cat(losses).double().sum(1)
        return total

    def _logits(self, X):
        for start in range(0, len(X), ROWS):
            rows = slice(start, start + ROWS)
            yield rows, [activations[-1] for activations in self.forward(X[rows])]
