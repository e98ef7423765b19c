"""Work spread over threads, with the same result for any number of them."""

import os
from concurrent.futures import ThreadPoolExecutor

from threadpoolctl import threadpool_limits
from tqdm import tqdm

SLOW = 10  # seconds after which progress is shown


def n_threads(n_jobs):
    """scikit-learn's convention: None is one, -1 all of those that this process may use, -2 all but one."""
    if n_jobs is None:
        return 1
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return max(1, n_jobs if n_jobs > 0 else cores + 1 + n_jobs)


def progress(name, total):
    """A progress bar that appears when something is slow; without a name, none."""
    return tqdm(desc=name, total=total, delay=SLOW, mininterval=2, disable=name is None)


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
