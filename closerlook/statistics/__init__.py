"""Intervals, tests and what would decide one: over seeds, test examples, models and tasks."""
