"""transformers without its bars and notices, and its errors in a line."""

import contextlib

from transformers.utils import logging


@contextlib.contextmanager
def quiet():
    """Silence transformers' own bars and notices: what matters is checked and said here."""
    verbosity, bar = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)
        if bar:
            logging.enable_progress_bar()


def brief(error):
    """First line of an exception's message, to stand inside a sentence."""
    return (str(error).strip().split("\n")[0][:200] or type(error).__name__).rstrip(".")
