"""The one exception that is meant for the person at the keyboard."""


class InputError(ValueError):
    """Something the user gave is wrong.

    The message is one clear sentence that names the file, line or key and says what to do; scripts print it
    without a traceback.
    """
