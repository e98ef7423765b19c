from pathlib import Path

from closerlook.analysis.answers import answers
from closerlook.analysis.tables import read_table
from closerlook.analysis.unlearned import unlearned
from closerlook.files import read_json, staged
from closerlook.jobs.joblog import logged
from closerlook.provenance import made_by
from closerlook.report import contents
from closerlook.report.costs import costs
from closerlook.report.data import data
from closerlook.report.page import page

with logged(snakemake.log[0]):
    files, study = snakemake.input, snakemake.params.study
    tables = {name: read_table(files[name]) for name in ("table7", "clusters", "table5", "spaces")}
    told = {name: read_table(files[name]) for name in ("spaces", "labels", "movement", "tuning")}
    summaries = {Path(f).parent.name: read_json(f) for f in files.summaries}
    benchmarks = Path(files.spaces).parent.parent / "benchmarks"
    made = [made_by(), *(read_json(f)["made_by"] for f in files.results[:1])]
    versions = {name: version for each in made for name, version in each["versions"].items()}
    text = page(
        title=f"A closer look: {Path(snakemake.output[0]).parent.name}",
        summary=contents.summary(**study),
        answers=answers(**told, models=study["models"], tasks=study["tasks"]),
        notes=contents.notes(unlearned(tables["spaces"]), tables["spaces"]),
        data=data(summaries),
        claims=read_table(files.claims),
        tables=contents.tables(**tables, models=study["models"], tasks=study["tasks"]),
        figures=contents.figures(files.figures, snakemake.params.captions, summaries),
        explorer=read_json(files.explorer),
        missing=read_table(files.missing),
        making=contents.making(
            snakemake.params.config, versions, study["seeds"], costs(benchmarks), *contents.span(benchmarks)
        ),
    )
    with staged(snakemake.output[0]) as part:
        part.write_text(text, encoding="utf-8")
