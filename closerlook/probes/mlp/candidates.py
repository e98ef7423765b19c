"""Grids of classifier probes: the paper's (section 3), 16 shapes by 8 L2 weights, and a small one for a first look."""

SHAPES = tuple((a, b) for a in (32, 64, 128, 256) for b in (32, 64, 128, 256))
ALPHAS = (1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1.0)
FIRST_LOOK = {"hidden_layer_sizes": [[64]], "alphas": [1e-1], "cv": 1, "repeats": 3, "max_iter": 200}  # seconds
