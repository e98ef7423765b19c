"""The two probes of the paper, and the geometry of convex hulls that one of them rests on."""
