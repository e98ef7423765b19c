# The page that a study ends with.
REPORTED = (
    "table7",
    "clusters",
    "table5",
    "spaces",
    "labels",
    "movement",
    "recipes",
    "tuning",
    "claims",
    "claim_cells",
    "similarity",
    "missing",
)
PAGE = Path(closerlook.__file__).parent / "report"


rule explorer:
    input:
        movements=source("movements"),
        traces=source("traces"),
        clusters=source("train_cluster_arrays"),
        labels=source("names"),
        summaries=found(TASK["summary"].format(task=task) for task in CFG.tasks),
        examples=source("examples"),
        suspects=TABLE.format(table="suspects"),
    output:
        f"<results>/{layout.EXPLORER}",
    log:
        log_of("explorer"),
    benchmark:
        cost_of("explorer")
    group:
        "tables"
    conda:
        "../../envs/cpu.yaml"
    resources:
        **asks("table"),
    params:
        runs=VALUES["about"],
        texts=CFG.report.texts,
        code=code("explorer"),
    message:
        "Gathering what the report's explorer shows"
    script:
        "../scripts/explorer.py"


rule report:
    input:
        **{name: TABLE.format(table=name) for name in REPORTED},
        summaries=found(TASK["summary"].format(task=task) for task in CFG.tasks),
        explorer=f"<results>/{layout.EXPLORER}",
        figures=FIGURE_FILES["png"],
        results=source("last_classifier"),
    output:
        f"<results>/{layout.REPORT}",
    log:
        log_of("report"),
    benchmark:
        cost_of("report")
    group:
        "tables"
    conda:
        "../../envs/cpu.yaml"
    resources:
        **asks("table"),
    params:
        study={
            "models": list(CFG.models),
            "tasks": list(CFG.tasks),
            "seeds": CFG.seeds if any(map(GRID.tuned, CFG.models)) else [],
            "runs": len(GRID.brought() + GRID.taken()),
            "layers": sorted({layer for model in CFG.models for layer in GRID.layers(model)}),
            "recipes": recipes_of(run for run in GRID.runs() if GRID.own(run) is None),
        },
        title=title(),
        texts=CFG.report.texts,
        subjects=SUBJECTS,
        tables=REPORTED,
        drawn=list(DRAWN.values()),
        page=[sha256(PAGE / name) for name in ("template.html", "page.css")]
        + [sha256(script) for script in sorted((PAGE / "js").glob("*.js"))],
        config=lambda w: yaml.safe_dump(dict(config), sort_keys=False),  # a function, because its braces are not wildcards
        code=code("report"),
    message:
        "Writing the report"
    script:
        "../scripts/report.py"
