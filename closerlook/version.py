"""The version of this package, which stands nowhere else; a module of its own, so that a new one reruns no job."""

__version__ = "0.1.0"
