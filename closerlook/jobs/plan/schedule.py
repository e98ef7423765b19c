"""A simulation of the schedule: when each job would start and end, and where the time goes."""

import heapq
from collections import defaultdict
from dataclasses import dataclass, field


@dataclass
class Task:
    """A job to schedule: its `seconds`, what it needs, and what it writes.

    `after` holds the numbers of the jobs that it waits for; `writes` the bytes of each file, and `reads` the files.
    `temporary` are those of its files that are deleted once the last of their readers has ended.
    """

    kind: str
    seconds: float
    cores: int = 1
    gpu: int = 0
    priority: int = 0
    after: set = field(default_factory=set)
    writes: dict = field(default_factory=dict)
    temporary: set = field(default_factory=set)
    reads: set = field(default_factory=set)


@dataclass
class Schedule:
    """What a simulation found.

    Attributes
    ----------
    seconds : float
        Wall time.
    busy : dict
        Seconds of `cores` and of `gpu` in use, together.
    path : dict of str to float
        The chain of jobs that the wall time consists of, each started by the end of the one before, either because it
        reads its files or because it took its place: seconds by kind.
    peak : float
        The most bytes on disk at any time, of the files that the jobs write.
    """

    seconds: float
    busy: dict
    path: dict
    peak: float


def simulate(tasks, cores, gpus=None):
    """Run jobs in a simulation, as soon as they can and as many as fit, those of high priority first.

    Parameters
    ----------
    tasks : list of Task
    cores : int
        A job that wants more gets all of them, as in Snakemake.
    gpus : int or None
        None: GPUs are not counted, as without `--resources gpu=`.

    Returns
    -------
    Schedule
    """
    followers, missing = defaultdict(list), [len(task.after) for task in tasks]
    for number, task in enumerate(tasks):
        for before in task.after:
            followers[before].append(number)
    readers = defaultdict(int)
    for file in (file for task in tasks for file in task.reads):
        readers[file] += 1
    writes = {file: size for task in tasks for file, size in task.writes.items()}
    temporary = {file for task in tasks for file in task.temporary}

    ready = [(-task.priority, number) for number, task in enumerate(tasks) if not missing[number]]
    heapq.heapify(ready)
    running, started_by, last, now, disk, peak = [], {}, None, 0.0, 0.0, 0.0
    free, free_gpus = cores, gpus
    busy = {"cores": 0.0, "gpu": 0.0}
    while ready or running:
        waiting = []
        while ready and free:
            entry = heapq.heappop(ready)
            task = tasks[entry[1]]
            wanted, gpu = min(task.cores, cores), 0 if gpus is None else min(task.gpu, gpus)
            if wanted > free or (gpu and gpu > free_gpus):
                waiting.append(entry)
                continue
            free -= wanted
            free_gpus = None if gpus is None else free_gpus - gpu
            busy["cores"] += wanted * task.seconds
            busy["gpu"] += gpu * task.seconds
            started_by[entry[1]] = last
            heapq.heappush(running, (now + task.seconds, entry[1], wanted, gpu))
        for entry in waiting:
            heapq.heappush(ready, entry)
        now, last, wanted, gpu = heapq.heappop(running)
        free += wanted
        free_gpus = None if gpus is None else free_gpus + gpu
        disk += sum(tasks[last].writes.values())
        peak = max(peak, disk)
        for file in tasks[last].reads:
            readers[file] -= 1
            if file in temporary and not readers[file]:
                disk -= writes.get(file, 0)
        for number in followers[last]:
            missing[number] -= 1
            if not missing[number]:
                heapq.heappush(ready, (-tasks[number].priority, number))

    path = defaultdict(float)
    while last is not None:
        path[tasks[last].kind] += tasks[last].seconds
        last = started_by[last]
    return Schedule(now, busy, dict(sorted(path.items(), key=lambda item: -item[1])), peak)
