# One rule per model and probe: a job reads all layers of one space family, since imports cost more than most probes.
for model in CFG.models:

    rule:
        name:
            f"probe_direct_{model}"
        input:
            labels="<results>/tasks/{task}/labels.json",
            layers=expand(EMBEDDING, model=model, layer=CFG.layers_of(model, "direct"), allow_missing=True),
        output:
            json=expand(DIRECT, model=model, layer=CFG.layers_of(model, "direct"), allow_missing=True),
            npz=expand(CLUSTERS, model=model, layer=CFG.layers_of(model, "direct"), allow_missing=True),
        log:
            f"<results>/logs/probe_direct/{model}.{{state}}.{{task}}.{{split}}.log",
        benchmark:
            f"<results>/benchmarks/probe_direct/{model}.{{state}}.{{task}}.{{split}}.tsv"
        group:
            "geometry"
        conda:
            "../../envs/cpu.yaml"
        threads: CFG.threads.probe
        resources:
            mem_mb=asks("direct", "mem_mb"),
            runtime=asks("direct", "runtime"),
        params:
            layers=CFG.layers_of(model, "direct"),
            direct=plain(CFG.probes.direct, exclude={"layers"}),
            code=code("probe_direct"),
        message:
            f"DirectProbe on {{wildcards.task}} ({{wildcards.split}}), {model} ({{wildcards.state}})"
        script:
            "../scripts/probe_direct.py"

    rule:
        name:
            f"probe_classifier_{model}"
        input:
            labels="<results>/tasks/{task}/labels.json",
            words="<results>/tasks/{task}/words.json" if CFG.probes.classifier.selectivity else [],
            layers=expand(
                EMBEDDING, model=model, split=SPLITS, layer=CFG.layers_of(model, "classifier"), allow_missing=True
            ),
        output:
            expand(CLASSIFIER, model=model, layer=CFG.layers_of(model, "classifier"), allow_missing=True),
        log:
            f"<results>/logs/probe_classifier/{model}.{{state}}.{{task}}.log",
        benchmark:
            f"<results>/benchmarks/probe_classifier/{model}.{{state}}.{{task}}.tsv"
        conda:
            "../../envs/gpu.yaml"
        threads: CFG.threads.classifier
        resources:
            gpu=int(CFG.probes.classifier.device != "cpu"),
            mem_mb=asks("classifier", "mem_mb"),
            runtime=asks("classifier", "runtime"),
        params:
            layers=CFG.layers_of(model, "classifier"),
            classifier=plain(CFG.probes.classifier, exclude={"layers"}),
            code=code("probe_classifier"),
        message:
            f"Classifier probe on {{wildcards.task}}, {model} ({{wildcards.state}})"
        script:
            "../scripts/probe_classifier.py"

    if CFG.layers_of(model, "hulls"):

        rule:
            name:
                f"probe_hulls_{model}"
            input:
                labels="<results>/tasks/{task}/labels.json",
                train=layers(model, "{state}", "train", "hulls"),
                test=layers(model, "{state}", "test", "hulls"),
                clusters=expand(
                    CLUSTERS, model=model, split="train", layer=CFG.layers_of(model, "hulls"), allow_missing=True
                ),
            output:
                expand(HULLS, model=model, layer=CFG.layers_of(model, "hulls"), allow_missing=True),
            log:
                f"<results>/logs/probe_hulls/{model}.{{state}}.{{task}}.log",
            benchmark:
                f"<results>/benchmarks/probe_hulls/{model}.{{state}}.{{task}}.tsv"
            group:
                "geometry"
            conda:
                "../../envs/cpu.yaml"
            threads: CFG.threads.probe
            resources:
                mem_mb=asks("hulls", "mem_mb"),
                runtime=asks("hulls", "runtime"),
            params:
                layers=CFG.layers_of(model, "hulls"),
                direct=plain(CFG.probes.direct, include={"tol"}),
                code=code("probe_hulls"),
            message:
                f"The nearest hull as a classifier on {{wildcards.task}}, {model} ({{wildcards.state}})"
            script:
                "../scripts/probe_hulls.py"
