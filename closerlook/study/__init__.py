"""Two sets of vectors compared in memory: what the workflow measures, without files."""

from closerlook.study.comparing import compare
from closerlook.study.result import Study

__all__ = ["Study", "compare"]
