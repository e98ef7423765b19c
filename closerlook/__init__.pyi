from closerlook.embedding import embed as embed
from closerlook.errors import InputError as InputError
from closerlook.probes.direct.estimator import DirectProbe as DirectProbe
from closerlook.probes.direct.labels import label_distances as label_distances
from closerlook.probes.direct.similarity import spatial_similarity as spatial_similarity
from closerlook.probes.hulls.distance import hull_distance as hull_distance
from closerlook.probes.hulls.distance import separable as separable
from closerlook.probes.mlp.estimator import MLPProbe as MLPProbe
from closerlook.study import Study as Study
from closerlook.study import compare as compare

__version__: str
