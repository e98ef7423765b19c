"""What a study will cost before anything runs: sizes, work, the measured cost of past jobs, a simulated schedule."""
