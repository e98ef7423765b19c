# The page that a study ends with.
rule explorer:
    input:
        movements=found(runs(MOVEMENT)),
        trajectories=found(followed()),
        direct=found(cells(CLUSTERS, "direct", split="train")),
        labels=LABELS,
    output:
        "<results>/report/explorer.json",
    log:
        "<results>/logs/explorer.log",
    benchmark:
        "<results>/benchmarks/explorer.tsv"
    group:
        "tables"
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=asks("table", "mem_mb"),
        runtime=asks("table", "runtime"),
    params:
        code=code("explorer"),
    message:
        "Gathering what the report's explorer shows"
    script:
        "../scripts/explorer.py"


rule missing:
    input:
        "<results>/tables/spaces.csv",
    output:
        "<results>/tables/missing.csv",
    log:
        "<results>/logs/missing.log",
    benchmark:
        "<results>/benchmarks/missing.tsv"
    group:
        "tables"
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=asks("table", "mem_mb"),
        runtime=asks("table", "runtime"),
    params:
        absent=missing(),
        code=code("missing"),
    message:
        "Listing what is missing"
    script:
        "../scripts/missing.py"


rule report:
    input:
        table7="<results>/tables/table7.csv",
        clusters="<results>/tables/clusters.csv",
        table5="<results>/tables/table5.csv",
        spaces="<results>/tables/spaces.csv",
        labels="<results>/tables/labels.csv",
        movement="<results>/tables/movement.csv",
        tuning="<results>/tables/tuning.csv",
        summaries=SUMMARIES,
        claims="<results>/tables/claims.csv",
        missing="<results>/tables/missing.csv",
        explorer="<results>/report/explorer.json",
        figures=figures("png"),
        results=found(cells(CLASSIFIER, "classifier", last=True))[:1],
    output:
        "<results>/report.html",
    log:
        "<results>/logs/report.log",
    benchmark:
        "<results>/benchmarks/report.tsv"
    group:
        "tables"
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=asks("table", "mem_mb"),
        runtime=asks("table", "runtime"),
    params:
        study={
            "models": list(CFG.models),
            "tasks": list(CFG.tasks),
            "seeds": CFG.seeds,
            "layers": sorted({layer for model in CFG.models for layer in CFG.layers_of(model)}),
        },
        captions=captions(),
        page=[sha256(CODE / "report" / name) for name in ("template.html", "page.css", "page.js")],
        config=lambda w: yaml.safe_dump(dict(config), sort_keys=False),  # a function, since braces are no wildcards in it
        code=code("report"),
    message:
        "Writing the report"
    script:
        "../scripts/report.py"
