"""Training many networks on the same samples, epoch by epoch, as scikit-learn's `MLPClassifier` trains one."""

import copy

import numpy as np
import torch
from sklearn.utils import shuffle

BATCH = 200
TOL, PATIENCE = 1e-4, 10  # a network has converged once its loss has not fallen by TOL for more than PATIENCE epochs


class Training:
    """Networks that are trained on the same samples; a network leaves when it has converged.

    Parameters
    ----------
    X : (n, n_in) tensor, float32
    y : (n,) tensor, int64
        Label ids from 0.
    networks : Networks
    shuffles : list of numpy.random.RandomState
        Of the order of the samples: one for all networks, or one for each (then all have one shape).
    max_iter : int
        Most epochs.

    Attributes
    ----------
    networks : Networks or None
        Those that have not left.
    epoch : int
        Epochs done.
    losses : dict of int to list of float
        Training loss of each network by epoch, as scikit-learn's `loss_curve_`.
    """

    def __init__(self, X, y, networks, shuffles, max_iter=1000):
        self.X, self.y, self.networks, self.max_iter = X, y, networks, max_iter
        self.batch, self.epoch = min(BATCH, len(X)), 0
        self.orders = [(rng, np.arange(len(X))) for rng in shuffles]
        self.losses = {int(i): [] for i in networks.order}
        self.best = np.full(len(networks.order), np.inf)
        self.stale = np.zeros(len(networks.order), int)

    def run(self):
        """Train for one epoch.

        Returns
        -------
        dict of int to str
            The networks that are done, and why: `converged`, or `max_iter`.
        """
        self.orders = [(rng, shuffle(order, random_state=rng)) for rng, order in self.orders]
        rows = torch.from_numpy(np.stack([order for _, order in self.orders])).to(self.X.device)
        rows = rows[0] if len(rows) == 1 else rows
        total = torch.zeros(len(self.networks.order), dtype=torch.float64, device=self.X.device)
        for start in range(0, len(self.X), self.batch):
            some = rows[..., start : start + self.batch]
            total += self.networks.step(self.X[some], self.y[some])
        self.epoch += 1
        return self._finished((total / len(self.X)).cpu().numpy())

    def _finished(self, losses):
        self.stale = np.where(losses > self.best - TOL, self.stale + 1, 0)
        self.best = np.minimum(self.best, losses)
        done = {}
        for place, i in enumerate(map(int, self.networks.order)):
            self.losses[i].append(float(losses[place]))
            if self.stale[place] > PATIENCE:
                done[i] = "converged"
            elif self.epoch == self.max_iter:
                done[i] = "max_iter"
        return done

    def leave(self, gone):
        """Take networks out."""
        stay = np.flatnonzero(~np.isin(self.networks.order, list(gone))) if self.networks else []
        if len(gone) and len(stay):
            self._keep(stay)
        elif not len(stay):
            self.networks = None

    def _keep(self, places):
        if len(self.orders) > 1:
            self.orders = [self.orders[place] for place in places]
        self.best, self.stale = self.best[places], self.stale[places]
        self.networks = self.networks.keep(places)

    def split(self):
        """Each network in a training of its own, which goes on as if it were still in this one."""
        alone = []
        for place in range(len(self.networks.order)):
            part = copy.copy(self)
            part.orders = [(copy.deepcopy(rng), order) for rng, order in self.orders]
            part._keep([place])
            alone.append(part)
        return alone

    def weights(self, i):
        """Weights of a network that has not left."""
        return self.networks.weights(int(np.flatnonzero(self.networks.order == i)[0]))

    def losses_on(self, X, y):
        """Mean cross-entropy of samples, in nats, by network."""
        return dict(zip(map(int, self.networks.order), (self.networks.surprise(X, y) / len(y)).tolist()))

    def accuracies(self, X, y):
        """Share of the samples that each network labels correctly, by network."""
        right = sum((predicted == y[rows]).sum(1) for rows, predicted in self.networks.predict(X))
        return dict(zip(map(int, self.networks.order), (right.double() / len(y)).tolist()))
