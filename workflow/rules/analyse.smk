rule spaces:
    input:
        direct=cells(DIRECT, "direct", split=SPLITS),
        vectors=cells(CLUSTERS, "direct", split=SPLITS),
        classifier=cells(CLASSIFIER, "classifier"),
        labels=expand("<results>/tasks/{task}/labels.json", task=CFG.tasks),
    output:
        "<results>/tables/spaces.csv",
    log:
        "<results>/logs/spaces.log",
    benchmark:
        "<results>/benchmarks/spaces.tsv"
    conda:
        "../../envs/cpu.yaml"
    params:
        models={model: CFG.depth(model) for model in sorted(CFG.models)},
        code=code("spaces"),
    message:
        "Gathering what the probes found into one table"
    script:
        "../scripts/spaces.py"


rule table7:
    input:
        "<results>/tables/spaces.csv",
    output:
        csv="<results>/tables/table7.csv",
        markdown="<results>/tables/table7.md",
    log:
        "<results>/logs/table7.log",
    benchmark:
        "<results>/benchmarks/table7.tsv"
    conda:
        "../../envs/cpu.yaml"
    params:
        models=list(CFG.models),
        tasks=list(CFG.tasks),
        min_cluster_size=CFG.probes.direct.min_cluster_size,
        code=code("table7"),
    message:
        "Writing the paper's main table"
    script:
        "../scripts/table7.py"


rule layers:
    input:
        "<results>/tables/spaces.csv",
    output:
        report(
            multiext("<results>/figures/layers", ".pdf", ".png"),
            caption="../report/layers.rst",
            category="Figures",
        ),
    log:
        "<results>/logs/layers.log",
    benchmark:
        "<results>/benchmarks/layers.tsv"
    conda:
        "../../envs/cpu.yaml"
    params:
        models=list(CFG.models),
        tasks=list(CFG.tasks),
        code=code("layers"),
    message:
        "Drawing accuracy and clusters per layer"
    script:
        "../scripts/layers.py"


rule probe_curves:
    input:
        cells(CLASSIFIER, "classifier"),
    output:
        "<results>/tables/memorisation.csv",
    log:
        "<results>/logs/probe_curves.log",
    benchmark:
        "<results>/benchmarks/probe_curves.tsv"
    conda:
        "../../envs/cpu.yaml"
    params:
        code=code("probe_curves"),
    message:
        "Gathering the classifier probe's curves"
    script:
        "../scripts/probe_curves.py"


rule memorisation:
    input:
        "<results>/tables/memorisation.csv",
    output:
        report(
            multiext("<results>/figures/memorisation", ".pdf", ".png"),
            caption="../report/memorisation.rst",
            category="Figures",
        ),
    log:
        "<results>/logs/memorisation.log",
    benchmark:
        "<results>/benchmarks/memorisation.tsv"
    conda:
        "../../envs/cpu.yaml"
    params:
        models=list(CFG.models),
        tasks=list(CFG.tasks),
        code=code("memorisation"),
    message:
        "Drawing what the probe learns by heart"
    script:
        "../scripts/memorisation.py"


rule table5:
    input:
        spaces="<results>/tables/spaces.csv",
        vectors=cells(CLUSTERS, "direct", split="train"),
    output:
        "<results>/tables/table5.csv",
    log:
        "<results>/logs/table5.log",
    benchmark:
        "<results>/benchmarks/table5.tsv"
    conda:
        "../../envs/cpu.yaml"
    params:
        models=list(CFG.models),
        tasks=list(CFG.tasks),
        tol=CFG.probes.direct.tol,
        code=code("table5"),
    message:
        "Comparing what fine-tuning on one task does to the others"
    script:
        "../scripts/table5.py"


rule transfer:
    input:
        "<results>/tables/table5.csv",
    output:
        report(
            multiext("<results>/figures/transfer", ".pdf", ".png"),
            caption="../report/transfer.rst",
            category="Figures",
        ),
    log:
        "<results>/logs/transfer.log",
    benchmark:
        "<results>/benchmarks/transfer.tsv"
    conda:
        "../../envs/cpu.yaml"
    params:
        models=[model for model in CFG.models if CFG.crossings(model)],
        tasks=list(CFG.tasks),
        code=code("transfer"),
    message:
        "Drawing what fine-tuning on one task does to the others"
    script:
        "../scripts/transfer.py"
