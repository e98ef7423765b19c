# Tables, each from the files of the experiments or from another table.
rule spaces:
    input:
        direct=found(cells(DIRECT, "direct", split=SPLITS)),
        vectors=found(cells(CLUSTERS, "direct", split=SPLITS)),
        classifier=found(cells(CLASSIFIER, "classifier")),
        labels=LABELS,
    output:
        "<results>/tables/spaces.csv",
    log:
        "<results>/logs/spaces.log",
    benchmark:
        "<results>/benchmarks/spaces.tsv"
    group:
        "tables"
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=asks("table", "mem_mb"),
        runtime=asks("table", "runtime"),
    params:
        models={model: CFG.depth(model) for model in sorted(CFG.models)},
        code=code("spaces"),
    message:
        "Gathering what the probes found into one table"
    script:
        "../scripts/spaces.py"


rule labels:
    input:
        direct=found(cells(CLUSTERS, "direct", split="train")),
        labels=LABELS,
    output:
        "<results>/tables/labels.csv",
    log:
        "<results>/logs/labels.log",
    benchmark:
        "<results>/benchmarks/labels.tsv"
    group:
        "tables"
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=asks("table", "mem_mb"),
        runtime=asks("table", "runtime"),
    params:
        code=code("labels"),
    message:
        "Gathering the labels' distances"
    script:
        "../scripts/labels.py"


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
    group:
        "tables"
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=asks("table", "mem_mb"),
        runtime=asks("table", "runtime"),
    params:
        models=list(CFG.models),
        tasks=list(CFG.tasks),
        min_cluster_size=CFG.probes.direct.min_cluster_size,
        code=code("table7"),
    message:
        "Writing the paper's main table"
    script:
        "../scripts/table7.py"


rule clusters:
    input:
        "<results>/tables/spaces.csv",
    output:
        "<results>/tables/clusters.csv",
    log:
        "<results>/logs/clusters.log",
    benchmark:
        "<results>/benchmarks/clusters.tsv"
    group:
        "tables"
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=asks("table", "mem_mb"),
        runtime=asks("table", "runtime"),
    params:
        models=list(CFG.models),
        tasks=list(CFG.tasks),
        code=code("clusters"),
    message:
        "Counting clusters before and after fine-tuning"
    script:
        "../scripts/clusters.py"


rule table5:
    input:
        spaces="<results>/tables/spaces.csv",
        labels="<results>/tables/labels.csv",
    output:
        "<results>/tables/table5.csv",
    log:
        "<results>/logs/table5.log",
    benchmark:
        "<results>/benchmarks/table5.tsv"
    group:
        "tables"
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=asks("table", "mem_mb"),
        runtime=asks("table", "runtime"),
    params:
        models=list(CFG.models),
        tasks=list(CFG.tasks),
        tol=CFG.probes.direct.tol,
        code=code("table5"),
    message:
        "Comparing what fine-tuning on one task does to the others"
    script:
        "../scripts/table5.py"


rule probe_curves:
    input:
        found(cells(CLASSIFIER, "classifier")),
    output:
        "<results>/tables/memorisation.csv",
    log:
        "<results>/logs/probe_curves.log",
    benchmark:
        "<results>/benchmarks/probe_curves.tsv"
    group:
        "tables"
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=asks("table", "mem_mb"),
        runtime=asks("table", "runtime"),
    params:
        code=code("probe_curves"),
    message:
        "Gathering the classifier probe's curves"
    script:
        "../scripts/probe_curves.py"


rule tuning:
    input:
        found(runs(METRICS)),
    output:
        "<results>/tables/tuning.csv",
    log:
        "<results>/logs/tuning.log",
    benchmark:
        "<results>/benchmarks/tuning.tsv"
    group:
        "tables"
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=asks("table", "mem_mb"),
        runtime=asks("table", "runtime"),
    params:
        code=code("tuning"),
    message:
        "Gathering how fine-tuning went"
    script:
        "../scripts/tuning.py"


rule movements:
    input:
        runs=found(runs(MOVEMENT)),
        labels=LABELS,
    output:
        "<results>/tables/movement.csv",
    log:
        "<results>/logs/movements.log",
    benchmark:
        "<results>/benchmarks/movements.tsv"
    group:
        "tables"
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=asks("table", "mem_mb"),
        runtime=asks("table", "runtime"),
    params:
        code=code("movements"),
    message:
        "Gathering how far the labels moved"
    script:
        "../scripts/movements.py"


rule similarities:
    input:
        found(runs(SIMILARITY)),
    output:
        "<results>/tables/similarity.csv",
    log:
        "<results>/logs/similarities.log",
    benchmark:
        "<results>/benchmarks/similarities.tsv"
    group:
        "tables"
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=asks("table", "mem_mb"),
        runtime=asks("table", "runtime"),
    params:
        code=code("similarities"),
    message:
        "Gathering how like the original the spaces are"
    script:
        "../scripts/similarities.py"


rule hulls:
    input:
        hulls=found(cells(HULLS, "hulls")),
        spaces="<results>/tables/spaces.csv",
    output:
        "<results>/tables/hulls.csv",
    log:
        "<results>/logs/hulls.log",
    benchmark:
        "<results>/benchmarks/hulls.tsv"
    group:
        "tables"
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=asks("table", "mem_mb"),
        runtime=asks("table", "runtime"),
    params:
        code=code("hulls"),
    message:
        "Gathering how well the nearest hull classifies"
    script:
        "../scripts/hulls.py"


rule errors:
    input:
        classifier=found(cells(CLASSIFIER, "classifier", last=True)),
        hulls=found(cells(HULLS, "hulls", last=True)),
        direct=found(cells(CLUSTERS, "direct", split="train", last=True)),
        labels=LABELS,
    output:
        "<results>/tables/errors.csv",
    log:
        "<results>/logs/errors.log",
    benchmark:
        "<results>/benchmarks/errors.tsv"
    group:
        "tables"
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=asks("table", "mem_mb"),
        runtime=asks("table", "runtime"),
    params:
        code=code("errors"),
    message:
        "Sorting errors by the distance of the confused labels"
    script:
        "../scripts/errors.py"


rule trajectories:
    input:
        runs=found(followed()),
        labels=LABELS,
    output:
        spaces="<results>/tables/trajectories.csv",
        labels="<results>/tables/label_distances.csv",
    log:
        "<results>/logs/trajectories.log",
    benchmark:
        "<results>/benchmarks/trajectories.tsv"
    group:
        "tables"
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=asks("table", "mem_mb"),
        runtime=asks("table", "runtime"),
    params:
        code=code("trajectories"),
    message:
        "Gathering the runs that were followed"
    script:
        "../scripts/trajectories.py"


rule paths:
    input:
        runs=found(followed()),
        labels=LABELS,
    output:
        "<results>/tables/paths.csv",
    log:
        "<results>/logs/paths.log",
    benchmark:
        "<results>/benchmarks/paths.tsv"
    group:
        "tables"
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=asks("table", "mem_mb"),
        runtime=asks("table", "runtime"),
    params:
        code=code("paths"),
    message:
        "Gathering the paths of the closest labels"
    script:
        "../scripts/paths.py"


rule claims:
    input:
        spaces="<results>/tables/spaces.csv",
        labels="<results>/tables/labels.csv",
        movement="<results>/tables/movement.csv",
    output:
        claims="<results>/tables/claims.csv",
        pairs="<results>/tables/claim_pairs.csv",
    log:
        "<results>/logs/claims.log",
    benchmark:
        "<results>/benchmarks/claims.tsv"
    group:
        "tables"
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=asks("table", "mem_mb"),
        runtime=asks("table", "runtime"),
    params:
        expected={"opposing": CFG.opposing_tasks, "related": CFG.related_tasks},
        code=code("claims"),
    message:
        "Testing what the paper claims"
    script:
        "../scripts/claims.py"
