from closerlook.analysis.memorisation import probe_curves
from closerlook.files import staged
from closerlook.joblog import logged

with logged(snakemake.log[0]):
    frame = probe_curves(snakemake.input)
    with staged(snakemake.output[0]) as part:
        frame.to_csv(part, index=False)
