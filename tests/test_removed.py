"""Keys that the config no longer has: what to give to Snakemake in their place."""

import pytest
from config_fixtures import edited

from closerlook.config import load
from closerlook.errors import InputError

SAYS = "says only how to run, which is Snakemake's: remove it and use"


@pytest.mark.parametrize(
    "key, value, lines",
    [
        ("threads.finetune", 4, [f"threads.finetune: {SAYS} --set-threads finetune=4 (or set-threads in a profile)"]),
        (
            "threads",
            {"embed": 2, "classifier": 3, "trajectory": 1},
            [
                f"threads.classifier: {SAYS} --set-threads probe_classifier=3 (or set-threads in a profile)",
                f"threads.embed: {SAYS} --set-threads embed=2 (or set-threads in a profile)",
                f"threads.trajectory: {SAYS} --set-threads trace_run=1 (or set-threads in a profile)",
            ],
        ),
        ("threads", 4, [f"threads: {SAYS} --set-threads RULE=N (or set-threads in a profile)"]),
        (
            "resources.direct",
            {"mem_mb": 16000, "runtime": 9},
            [
                f"resources.direct.mem_mb: {SAYS} --set-resources probe_direct:mem_mb=16000 "
                "(or set-resources in a profile)",
                f"resources.direct.runtime: {SAYS} --set-resources probe_direct:runtime=9 "
                "(or set-resources in a profile)",
            ],
        ),
        ("resources", None, [f"resources: {SAYS} --set-resources RULE:mem_mb=N (or set-resources in a profile)"]),
    ],
)
def test_a_key_that_says_only_how_to_run_is_snakemakes(key, value, lines):
    with pytest.raises(InputError) as error:
        load(edited(key, value), "my.yaml")
    assert str(error.value).splitlines() == [f"my.yaml: {line}" for line in lines]
