"""What jobs will cost, from the benchmark files that past jobs left."""

import math
from collections import defaultdict
from pathlib import Path

from closerlook.jobs.benchmarks import benchmarks
from closerlook.jobs.plan.work import job_of
from closerlook.layout import job_of as left_by

FETCHING = ("fetch_corpus", "pin_model", "bring_run")  # they wait for a network
LEVELS = ("model, task and state alike", "task alike", "kind alike", "any job", "no past job")


class Costs:
    """Predicts the seconds of a job: its work, times what past jobs took per unit of theirs.

    The most similar past jobs count: those of the same kind, task, state and size of encoder; else of the same
    kind and task; else of the same kind; else all. Their ratios are averaged geometrically.

    Parameters
    ----------
    past : list of (Study, path)
        Studies and the folders of their results.
    """

    def __init__(self, past):
        self.ratios, self.n = defaultdict(list), 0
        for study, folder in past:
            for job, seconds in measured(folder):
                if study.knows(job):
                    ratio = seconds / study.seconds(job)
                    self.n += 1
                    for key in self._keys(job, study):
                        self.ratios[key].append(math.log(ratio))

    @staticmethod
    def _keys(job, study):
        of = study.encoders.get(job.model)
        size = (of.depth, of.width) if of else None
        return [
            (job.kind, job.task, job.split, job.family, size),
            (job.kind, job.task, job.split),
            (job.kind,),
            (),
        ]

    def seconds(self, job, study, n_inputs=0):
        """The cost of a job, and which of `LEVELS` it is taken from."""
        work = study.seconds(job, n_inputs)
        for level, key in enumerate(self._keys(job, study)):
            if logs := self.ratios.get(key):
                return work * math.exp(sum(logs) / len(logs)), level
        return work, len(LEVELS) - 1


def measured(folder):
    """The past jobs of a study and what each took, in seconds.

    A job that waited for a busy machine took fewer seconds of processor time than of wall time; one with several
    threads took more. The smaller of the two is what it costs.

    Parameters
    ----------
    folder : path
        Of results, with `benchmarks/{rule}.tsv` or `benchmarks/{rule}/….tsv`.
    """
    for file, row in benchmarks(Path(folder) / "benchmarks"):
        job = job_of(*left_by(file))
        waits = job.kind in FETCHING or not row.cpu_time > 0  # too short to be sampled
        yield job, max(row.s if waits else min(row.s, row.cpu_time), 0.05)
