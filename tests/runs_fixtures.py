"""What tables are told of runs, where the workflow made them."""


def full(*runs):
    """The recipe and the seed of each run, by `model/task.seedN`."""
    return {run: {"recipe": "full", "seed": int(run.rpartition("seed")[2])} for run in runs}
