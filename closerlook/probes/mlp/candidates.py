"""The paper's grid of classifier probes (section 3): 16 shapes by 8 L2 weights."""

SHAPES = tuple((a, b) for a in (32, 64, 128, 256) for b in (32, 64, 128, 256))
ALPHAS = (1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1.0)
