"""What all tests share: one thread, the same generated examples each time, and where the real corpora are."""

import os
import signal
from pathlib import Path

import pytest
from hypothesis import settings

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # started in the background by a script: children inherit that
    signal.signal(signal.SIGINT, signal.default_int_handler)

settings.register_profile("same", derandomize=True, deadline=None)  # a busy machine is not a failure
settings.load_profile("same")

ROOT = Path(__file__).resolve().parent.parent


SLOWEST = (
    "test_workflow",
    "test_faults",
    "test_slurm",
    "test_reruns",
    "test_kubernetes",
    "test_tutorials",
    "test_own_vectors",
    "test_page",
    "test_page_examples",
    "test_page_accessible",
    "test_data_workflow",
    "test_deployment",
)


def pytest_collection_modifyitems(items):
    """The files that take minutes first, so that those left for the end of a run in parallel are short."""
    items.sort(key=lambda item: SLOWEST.index(item.path.stem) if item.path.stem in SLOWEST else len(SLOWEST))


@pytest.fixture(scope="module")
def browser():
    """A Chromium, for the tests of the report."""
    from page_fixtures import ARGS, BROWSER
    from playwright.sync_api import sync_playwright

    with sync_playwright() as p:
        browser = p.chromium.launch(executable_path=BROWSER, args=ARGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def real_data():
    """The folder of the paper's corpora: ud-pud/, streusle/ and trec/, each with the files that its URLs name."""
    folder = Path(os.environ.get("CLOSERLOOK_DATA", ROOT / "../shared/data"))
    if not folder.is_dir():
        pytest.skip(f"no corpora at {folder}: set CLOSERLOOK_DATA")
    return folder
