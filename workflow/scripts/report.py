from pathlib import Path

from closerlook.analysis.answers import answers
from closerlook.analysis.beside import beside
from closerlook.analysis.runs import apart
from closerlook.analysis.tables import read_table
from closerlook.analysis.unlearned import unlearned
from closerlook.files import read_json, staged
from closerlook.jobs.joblog import logged
from closerlook.provenance import made_by, versions_of
from closerlook.report import contents
from closerlook.report.costs import costs
from closerlook.report.data import data
from closerlook.report.page import page

with logged(snakemake.log[0]):
    files, params, study = snakemake.input, snakemake.params, snakemake.params.study
    tables = {name: read_table(files[name]) for name in params.tables}
    by_subject = {name: apart(table, params.subjects) for name, table in tables.items()}
    shown = {"models": list(params.subjects), "tasks": study["tasks"]}
    summaries = {Path(f).parent.name: read_json(f) for f in files.summaries}
    benchmarks = Path(files.spaces).parents[1] / "benchmarks"
    versions = versions_of([made_by(), *(read_json(file)["made_by"] for file in files.results)])
    told = {name: by_subject[name] for name in ("spaces", "labels", "movement", "tuning", "claim_cells")}
    in_tables = {name: by_subject[name] for name in ("table7", "clusters", "table5", "spaces")}
    explorer = read_json(files.explorer)
    text = page(
        title=f"A closer look: {params.title}",
        summary=contents.summary(**study),
        answers=answers(**told, **shown, beside=beside(tables["recipes"], params.subjects)),
        notes=contents.notes(unlearned(tables["spaces"]), tables["spaces"], tables["similarity"]),
        data=data(summaries, params.texts),
        claims=tables["claims"],
        tables=contents.tables(**in_tables, **shown),
        figures=contents.figures(files.figures, params.drawn, summaries),
        explorer=explorer["runs"],
        tasks=explorer["tasks"],
        missing=contents.missing(tables["missing"], params.texts),
        making=contents.making(params.config, versions, study["seeds"], costs(benchmarks), *contents.span(benchmarks)),
    )
    with staged(snakemake.output[0]) as part:
        part.write_text(text, encoding="utf-8")
