"""Keys that configs had once, which say only how to run: what to give to Snakemake in their place."""

RULES = {  # by the name that the config had for these jobs
    "corpus": ["fetch_corpus", "make_task", "pin_model"],
    "pretrain": ["pretrain"],
    "finetune": ["finetune"],
    "embed": ["embed"],
    "classifier": ["probe_classifier"],
    "direct": ["probe_direct"],
    "hulls": ["probe_hulls"],
    "probe": ["probe_direct", "probe_hulls", "measure_movement", "measure_similarity"],
    "trajectory": ["trace_run"],
    "compare": ["measure_movement", "measure_similarity"],
}
SAYS = "says only how to run, which is Snakemake's: remove it and use"


def removed(key, value):
    """Yield (key, sentence) for each value of `threads` or `resources`."""
    kinds = value if isinstance(value, dict) and value else {None: None}
    for kind, amount in kinds.items():
        rules = RULES.get(kind or "", ["RULE"])
        whole = f"{key}.{kind}" if kind else key
        if key == "threads":
            options = " ".join(f"{rule}={_number(amount)}" for rule in rules)
            yield whole, f"{SAYS} --set-threads {options} (or set-threads in a profile)"
            continue
        for what, n in (amount if isinstance(amount, dict) and amount else {None: None}).items():
            options = " ".join(f"{rule}:{what or 'mem_mb'}={_number(n)}" for rule in rules)
            place = f"{whole}.{what}" if what else whole
            yield place, f"{SAYS} --set-resources {options} (or set-resources in a profile)"


def _number(value):
    return value if isinstance(value, int | str) else "N"
