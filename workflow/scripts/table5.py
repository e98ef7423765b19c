from closerlook.analysis.tables import read_table
from closerlook.analysis.transfer import transfer
from closerlook.files import staged
from closerlook.joblog import logged

with logged(snakemake.log[0]):
    spaces, params = read_table(snakemake.input.spaces), snakemake.params
    table = transfer(spaces, snakemake.input.vectors, params.models, params.tasks, params.tol)
    with staged(snakemake.output[0]) as part:
        table.to_csv(part, index=False)
