"""The classifier probe: a grid of ReLU networks, and what it owes to memorising."""
