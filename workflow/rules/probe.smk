# A cell is a job. (No group for jobs that want a GPU: a group asks for the GPUs of all its jobs together.)
PROBE_ON_GPU = CFG.probes.classifier.device != "cpu"


rule probe_direct:
    input:
        labels=LABELS,
        vectors=EMBEDDING,
        sizes=sizes,
    output:
        record=DIRECT,
        arrays=CLUSTERS,
    log:
        log_of("probe_direct"),
    benchmark:
        cost_of("probe_direct")
    group:
        "geometry"
    conda:
        "../../envs/cpu.yaml"
    resources:
        **asks("geometry"),
    params:
        direct=plain(CFG.probes.direct, exclude={"layers"}, exclude_none=True),
        code=code("probe_direct"),
    message:
        "DirectProbe on {wildcards.task} ({wildcards.split}), {wildcards.model} ({wildcards.state}), layer {wildcards.layer}"
    script:
        "../scripts/probe_direct.py"


rule probe_classifier:
    input:
        **{split: EMBEDDING.replace("{split}", split) for split in SPLITS},
        labels=LABELS,
        words=WORDS if CFG.probes.classifier.selectivity else [],
    output:
        record=f"<results>/{layout.of_probe('classifier')}",
        predictions=f"<results>/{layout.of_probe('classifier', layout.PREDICTIONS)}",
    log:
        log_of("probe_classifier"),
    benchmark:
        cost_of("probe_classifier")
    group:
        "classifier{wildcards.model}{wildcards.state}{wildcards.task}{wildcards.layer}"
        if PROBE_ON_GPU
        else "classifier"
    conda:
        "../../envs/gpu.yaml"
    resources:
        **asks("classifier"),
        gpu=int(PROBE_ON_GPU),
    params:
        classifier=plain(CFG.probes.classifier, exclude={"layers"}),
        code=code("probe_classifier"),
    message:
        "Classifier probe on {wildcards.task}, {wildcards.model} ({wildcards.state}), layer {wildcards.layer}"
    script:
        "../scripts/probe_classifier.py"


rule probe_hulls:
    input:
        **{split: EMBEDDING.replace("{split}", split) for split in SPLITS},
        labels=LABELS,
        clusters=CLUSTERS.replace("{split}", "train"),
    output:
        record=f"<results>/{layout.of_probe('hulls')}",
        predictions=f"<results>/{layout.of_probe('hulls', layout.PREDICTIONS)}",
    log:
        log_of("probe_hulls"),
    benchmark:
        cost_of("probe_hulls")
    group:
        "geometry"
    conda:
        "../../envs/cpu.yaml"
    resources:
        **asks("geometry"),
    params:
        direct=plain(CFG.probes.direct, include={"tol"}),
        code=code("probe_hulls"),
    message:
        "The nearest hull as a classifier on {wildcards.task}, {wildcards.model} ({wildcards.state}), layer {wildcards.layer}"
    script:
        "../scripts/probe_hulls.py"


# What surrounds every example of a space: hulls of its own label and of others, its neighbours.
rule measure_surroundings:
    input:
        **{split: EMBEDDING.replace("{split}", split) for split in SPLITS},
        labels=LABELS,
        clusters=CLUSTERS.replace("{split}", "train"),
    output:
        SURROUNDINGS,
    log:
        log_of("measure_surroundings"),
    benchmark:
        cost_of("measure_surroundings")
    group:
        "geometry"
    conda:
        "../../envs/cpu.yaml"
    threads: 2
    resources:
        **asks("geometry"),
    params:
        direct=plain(CFG.probes.direct, include={"tol"}),
        code=code("measure_surroundings"),
    message:
        "Looking around each example of {wildcards.task}, {wildcards.model} ({wildcards.state}), layer {wildcards.layer}"
    script:
        "../scripts/measure_surroundings.py"
