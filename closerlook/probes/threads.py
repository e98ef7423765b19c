"""Work spread over threads, with the same result for any number of them."""

import os
from concurrent.futures import ThreadPoolExecutor

from threadpoolctl import threadpool_limits


def n_threads(n_jobs):
    """scikit-learn's convention: None is one, -1 all of those that this process may use, -2 all but one."""
    if n_jobs is None:
        return 1
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return max(1, n_jobs if n_jobs > 0 else cores + 1 + n_jobs)


def spread(function, jobs, n_jobs=None):
    """`[function(job) for job in jobs]`, in threads. Inside, BLAS has one thread, so that sums have one order."""
    jobs = list(jobs)
    with threadpool_limits(1):
        if n_threads(n_jobs) == 1 or len(jobs) < 2:
            return [function(job) for job in jobs]
        with ThreadPoolExecutor(n_threads(n_jobs)) as pool:
            return list(pool.map(function, jobs))
