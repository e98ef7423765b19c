"""Work spread over threads, with the same result for any number of them."""

import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from threadpoolctl import threadpool_limits
from tqdm import tqdm

SLOW = 10  # seconds after which progress is shown


def n_threads(n_jobs):
    """scikit-learn's convention: None is one, -1 all of those that this process may use, -2 all but one."""
    if n_jobs is None:
        return 1
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, n_jobs if n_jobs > 0 else cores + 1 + n_jobs)


def progress(name, total, kind=tqdm):
    """A progress bar that appears when something is slow; without a name, none."""
    return kind(desc=name, total=total, delay=SLOW, mininterval=2, disable=name is None)


class Slowing(tqdm):
    """A progress bar for items that take the longer the fewer are left, as merges do: clusters grow.

    The seconds that one takes are seen as a power of the number left, as it was in two stretches of time just past; the
    time left is the integral. Where they grow faster than that can follow, it is still too short.
    """

    STEEP = 0.8  # the power is at most this; at one, the integral has no end

    def __init__(self, *args, **options):
        self.marks = [(0.0, 0)]  # seconds, items done
        super().__init__(*args, bar_format="{l_bar}{bar}| {n_fmt}/{total_fmt} [{elapsed}<{remaining}]", **options)

    def update(self, n=1):
        found = super().update(n)
        elapsed = self._time() - self.start_t if not self.disable else 0.0
        if elapsed - self.marks[-1][0] >= 0.5:
            self.marks.append((elapsed, self.n))
        return found

    def seconds_left(self):
        """Seconds, or None where too little has been done to say."""
        if len(self.marks) < 3:
            return None
        (end, now), at = self.marks[-1], [t for t, _ in self.marks]
        stretch = max(2.0, end / 8)
        i, j = (max(int(np.searchsorted(at, end - k * stretch, "right")) - 1, 0) for k in (2, 1))
        (first, some), (middle, more) = self.marks[i], self.marks[j]
        left, recent = self.total - now, (end - middle) / max(now - more, 1)
        earlier = (middle - first) / max(more - some, 1)
        if not left or not earlier:
            return left * recent
        # each stretch at its own middle
        fewer = np.log((self.total - (some + more) / 2) / (self.total - (more + now) / 2))
        power = np.clip(np.log(recent / earlier) / fewer, 0, self.STEEP) if fewer > 0 else 0.0
        return recent * ((self.total - (more + now) / 2) / left) ** power * left / (1 - power)

    @property
    def format_dict(self):
        known = super().format_dict
        seconds = None if self.disable else self.seconds_left()
        return known | ({"rate": (self.total - self.n) / seconds} if seconds else {})


def spread(function, jobs, n_jobs=None, name=None):
    """`[function(job) for job in jobs]`, in threads. Inside, BLAS has one thread, so that sums have one order."""
    jobs = list(jobs)
    with threadpool_limits(1):
        with progress(name, len(jobs)) as bar:

            def one(job):
                found = function(job)
                bar.update()
                return found

            if n_threads(n_jobs) == 1 or len(jobs) < 2:
                return [one(job) for job in jobs]
            with ThreadPoolExecutor(n_threads(n_jobs)) as pool:
                return list(pool.map(one, jobs))
