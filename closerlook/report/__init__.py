"""The report: a whole study on one page."""
