"""The convex hulls of points: their distance, whether a hyperplane separates them, and the solvers that prove it."""
