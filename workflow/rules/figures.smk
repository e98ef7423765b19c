# Figures, each from tables.
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
        code=code("layers"),
    message:
        "Drawing accuracy and clusters per layer"
    script:
        "../scripts/layers.py"


rule layer_distances:
    input:
        "<results>/tables/spaces.csv",
    output:
        report(
            multiext("<results>/figures/layer_distances/{model}", ".pdf", ".png"),
            caption="../report/layer_distances.rst",
            category="Distances",
            labels={"model": "{model}"},
        ),
    log:
        "<results>/logs/layer_distances/{model}.log",
    benchmark:
        "<results>/benchmarks/layer_distances/{model}.tsv"
    group:
        "tables"
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=asks("table", "mem_mb"),
        runtime=asks("table", "runtime"),
    params:
        tasks=lambda w: CFG.tasks_of(w.model),
        code=code("layer_distances"),
    message:
        "Drawing distances and accuracy per layer, {wildcards.model}"
    script:
        "../scripts/layer_distances.py"


rule verdicts:
    input:
        claims="<results>/tables/claims.csv",
        pairs="<results>/tables/claim_pairs.csv",
    output:
        report(
            multiext("<results>/figures/claims", ".pdf", ".png"),
            caption="../report/claims.rst",
            category="Figures",
        ),
    log:
        "<results>/logs/verdicts.log",
    benchmark:
        "<results>/benchmarks/verdicts.tsv"
    group:
        "tables"
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=asks("table", "mem_mb"),
        runtime=asks("table", "runtime"),
    params:
        code=code("verdicts"),
    message:
        "Drawing the verdicts on the paper's claims"
    script:
        "../scripts/verdicts.py"


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
        code=code("memorisation"),
    message:
        "Drawing what the probe memorises"
    script:
        "../scripts/memorisation.py"


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
    group:
        "tables"
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=asks("table", "mem_mb"),
        runtime=asks("table", "runtime"),
    params:
        models=[model for model in CFG.models if CFG.crossings(model)],
        tasks=list(CFG.tasks),
        code=code("transfer"),
    message:
        "Drawing what fine-tuning on one task does to the others"
    script:
        "../scripts/transfer.py"


rule hull_accuracy:
    input:
        "<results>/tables/hulls.csv",
    output:
        report(
            multiext("<results>/figures/hull_accuracy", ".pdf", ".png"),
            caption="../report/hull_accuracy.rst",
            category="Figures",
        ),
    log:
        "<results>/logs/hull_accuracy.log",
    benchmark:
        "<results>/benchmarks/hull_accuracy.tsv"
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
        code=code("hull_accuracy"),
    message:
        "Drawing how well the nearest hull classifies"
    script:
        "../scripts/hull_accuracy.py"


rule errors_by_distance:
    input:
        "<results>/tables/errors.csv",
    output:
        report(
            multiext("<results>/figures/errors_by_distance", ".pdf", ".png"),
            caption="../report/errors_by_distance.rst",
            category="Figures",
        ),
    log:
        "<results>/logs/errors_by_distance.log",
    benchmark:
        "<results>/benchmarks/errors_by_distance.tsv"
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
        code=code("errors_by_distance"),
    message:
        "Drawing errors by the distance of the confused labels"
    script:
        "../scripts/errors_by_distance.py"


rule similarity_measures:
    input:
        similarity="<results>/tables/similarity.csv",
        spaces="<results>/tables/spaces.csv",
    output:
        report(
            multiext("<results>/figures/similarity", ".pdf", ".png"),
            caption="../report/similarity.rst",
            category="Figures",
        ),
    log:
        "<results>/logs/similarity_measures.log",
    benchmark:
        "<results>/benchmarks/similarity_measures.tsv"
    group:
        "tables"
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=asks("table", "mem_mb"),
        runtime=asks("table", "runtime"),
    params:
        models=[model for model in CFG.models if CFG.tuned(model)],
        tasks=list(CFG.tasks),
        code=code("similarity_measures"),
    message:
        "Drawing how like the original each layer is"
    script:
        "../scripts/similarity_measures.py"


rule directions:
    input:
        runs=lambda w: found(runs(MOVEMENT, w.model, w.task)),
        labels="<results>/tasks/{task}/labels.json",
    output:
        report(
            multiext("<results>/figures/directions/{model}.{task}", ".pdf", ".png"),
            caption="../report/directions.rst",
            category="Movement",
            labels={"model": "{model}", "task": "{task}"},
        ),
    log:
        "<results>/logs/directions/{model}.{task}.log",
    benchmark:
        "<results>/benchmarks/directions/{model}.{task}.tsv"
    group:
        "tables"
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=asks("table", "mem_mb"),
        runtime=asks("table", "runtime"),
    params:
        code=code("directions"),
    message:
        "Drawing where the labels of {wildcards.task} move, {wildcards.model}"
    script:
        "../scripts/directions.py"


rule movement_lengths:
    input:
        table="<results>/tables/movement.csv",
        labels="<results>/tasks/{task}/labels.json",
    output:
        report(
            multiext("<results>/figures/movement_lengths/{model}.{task}", ".pdf", ".png"),
            caption="../report/movement_lengths.rst",
            category="Movement",
            labels={"model": "{model}", "task": "{task}"},
        ),
    log:
        "<results>/logs/movement_lengths/{model}.{task}.log",
    benchmark:
        "<results>/benchmarks/movement_lengths/{model}.{task}.tsv"
    group:
        "tables"
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=asks("table", "mem_mb"),
        runtime=asks("table", "runtime"),
    params:
        code=code("movement_lengths"),
    message:
        "Drawing how far the labels of {wildcards.task} move, {wildcards.model}"
    script:
        "../scripts/movement_lengths.py"


rule label_distances:
    input:
        spaces="<results>/tables/trajectories.csv",
        distances="<results>/tables/label_distances.csv",
        labels=LABELS,
    output:
        report(
            multiext("<results>/figures/label_distances", ".pdf", ".png"),
            caption="../report/label_distances.rst",
            category="Trajectories",
        ),
    log:
        "<results>/logs/label_distances.log",
    benchmark:
        "<results>/benchmarks/label_distances.tsv"
    group:
        "tables"
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=asks("table", "mem_mb"),
        runtime=asks("table", "runtime"),
    params:
        pairs=CFG.followed(),
        code=code("label_distances"),
    message:
        "Drawing the labels' distances, update by update"
    script:
        "../scripts/label_distances.py"


rule layer_similarity:
    input:
        spaces="<results>/tables/trajectories.csv",
    output:
        report(
            multiext("<results>/figures/layer_similarity", ".pdf", ".png"),
            caption="../report/layer_similarity.rst",
            category="Trajectories",
        ),
    log:
        "<results>/logs/layer_similarity.log",
    benchmark:
        "<results>/benchmarks/layer_similarity.tsv"
    group:
        "tables"
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=asks("table", "mem_mb"),
        runtime=asks("table", "runtime"),
    params:
        pairs=CFG.followed(),
        code=code("layer_similarity"),
    message:
        "Drawing how like the original each layer stays"
    script:
        "../scripts/layer_similarity.py"


rule centroid_paths:
    input:
        table="<results>/tables/paths.csv",
        labels=LABELS,
    output:
        report(
            multiext("<results>/figures/centroid_paths", ".pdf", ".png"),
            caption="../report/centroid_paths.rst",
            category="Trajectories",
        ),
    log:
        "<results>/logs/centroid_paths.log",
    benchmark:
        "<results>/benchmarks/centroid_paths.tsv"
    group:
        "tables"
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=asks("table", "mem_mb"),
        runtime=asks("table", "runtime"),
    params:
        pairs=CFG.followed(),
        code=code("centroid_paths"),
    message:
        "Drawing the paths of the closest labels"
    script:
        "../scripts/centroid_paths.py"
