"""Draws `directprobe.png`: python docs/images/directprobe.py"""

from pathlib import Path

import numpy as np

from closerlook.figures import style
from closerlook.figures.clusters import clusters

rng = np.random.default_rng(4)
angle = rng.uniform(0, np.pi, 90)
moons = np.stack([np.cos(angle), np.sin(angle)], 1) + rng.normal(scale=0.12, size=(90, 2))
moons[45:] = [1.0, 0.35] - moons[45:]
style.save(clusters(moons, np.repeat(["noun", "verb"], 45)), [Path(__file__).with_suffix(".png")])
