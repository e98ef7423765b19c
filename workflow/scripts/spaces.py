from pathlib import Path

from closerlook.analysis.spaces import spaces
from closerlook.files import read_json, staged
from closerlook.joblog import logged

with logged(snakemake.log[0]):
    labels = {Path(f).parent.name: read_json(f)["names"] for f in snakemake.input.labels}
    table = spaces(snakemake.input.direct, snakemake.input.classifier, labels, snakemake.params.models)
    with staged(snakemake.output[0]) as part:
        table.to_csv(part, index=False)
