"""What happens around a job's one library call: its log, and its errors."""

import contextlib
import logging
import os
import sys
import traceback

from closerlook.errors import InputError


@contextlib.contextmanager
def logged(path):
    """Send everything that the block prints, progress bars included, to the file `path`.

    An `InputError` ends the process with its one sentence, any other error with its traceback, both in the log; an
    interruption (Ctrl-C) with one word.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    with open(path, "w", buffering=1, encoding="utf-8") as log:
        os.dup2(log.fileno(), 1)  # the descriptors, so that C libraries and child processes write there too
        os.dup2(log.fileno(), 2)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
    logging.captureWarnings(True)
    try:
        yield
    except InputError as error:
        print(f"Error: {error}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        print("Interrupted.", file=sys.stderr)
        sys.exit(130)  # what shells report for it
    except Exception:
        traceback.print_exc()
        sys.exit(1)
