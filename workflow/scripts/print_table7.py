from closerlook.analysis.table7 import markdown
from closerlook.analysis.tables import read_table
from closerlook.files import staged
from closerlook.jobs.joblog import logged

with logged(snakemake.log[0]):
    with staged(snakemake.output[0]) as part:
        part.write_text(markdown(read_table(snakemake.input[0])), encoding="utf-8")
