from pathlib import Path

from closerlook.analysis.tables import read_table
from closerlook.files import read_json, write_json
from closerlook.jobs.joblog import logged
from closerlook.report.examples import examples
from closerlook.report.explorer import explorer

with logged(snakemake.log[0]):
    files = snakemake.input
    labels = {Path(f).parent.name: read_json(f) for f in files.labels}
    kinds = {Path(f).parent.name: read_json(f)["kind"] for f in files.summaries}
    names = {task: record["names"] for task, record in labels.items()}
    tasks, looked = examples(files.examples, names, kinds, read_table(files.suspects), snakemake.params.texts)
    shown = explorer(files.movements, files.traces, files.clusters, labels, snakemake.params.runs, tasks, looked)
    write_json(snakemake.output[0], {"runs": shown, "tasks": tasks})
