"""The smallest BERT that can be pre-trained on the grammar's text, and the command that runs a study of a folder."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BERT = {"corpus": "g", "n_layers": 1, "hidden_size": 16, "n_heads": 2, "vocab_size": 200, "batch_size": 8}


ONE_THREAD = ["--set-threads", *(f"{rule}=1" for rule in ("pretrain", "finetune", "embed", "trace_run"))]


def command(*arguments, python=sys.executable, config="study.yaml"):
    """Snakemake on the project's Snakefile, to be run in a folder of its own; on two cores two jobs at a time."""
    start = [python, "-m", "snakemake", *ONE_THREAD, "--snakefile", ROOT / "Snakefile"]
    return [*start, *arguments, "--configfile", config]
