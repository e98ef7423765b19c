"""From corpora to tasks: fetching, a reader for each format, and the one form that all of them yield."""
