# What fine-tuning did to a space: every layer of a run against the same layer before.
for model in [model for model in CFG.models if not CFG.models[model].frozen]:

    rule:
        name:
            f"movement_{model}"
        input:
            labels="<results>/tasks/{task}/labels.json",
            before=layers(model, "pretrained", "train"),
            after=layers(model, "{task}.seed{seed}", "train"),
        output:
            f"<results>/movement/{model}/{{task}}.seed{{seed}}.npz",
        log:
            f"<results>/logs/movement/{model}.{{task}}.seed{{seed}}.log",
        benchmark:
            f"<results>/benchmarks/movement/{model}.{{task}}.seed{{seed}}.tsv"
        group:
            "compare"
        conda:
            "../../envs/cpu.yaml"
        resources:
            mem_mb=asks("compare", "mem_mb"),
            runtime=asks("compare", "runtime"),
        params:
            layers=CFG.layers_of(model),
            code=code("movement"),
        message:
            f"Following the labels of {{wildcards.task}} in {model}, seed {{wildcards.seed}}"
        script:
            "../scripts/movement.py"

    rule:
        name:
            f"similarity_{model}"
        input:
            train_before=layers(model, "pretrained", "train"),
            train_after=layers(model, "{task}.seed{seed}", "train"),
            test_before=layers(model, "pretrained", "test"),
            test_after=layers(model, "{task}.seed{seed}", "test"),
        output:
            f"<results>/similarity/{model}/{{task}}.seed{{seed}}.json",
        log:
            f"<results>/logs/similarity/{model}.{{task}}.seed{{seed}}.log",
        benchmark:
            f"<results>/benchmarks/similarity/{model}.{{task}}.seed{{seed}}.tsv"
        group:
            "compare"
        conda:
            "../../envs/cpu.yaml"
        threads: CFG.threads.probe
        resources:
            mem_mb=asks("compare", "mem_mb"),
            runtime=asks("compare", "runtime"),
        params:
            layers=CFG.layers_of(model),
            code=code("similarity"),
        message:
            f"Comparing the spaces of {{wildcards.task}} in {model} with the original, seed {{wildcards.seed}}"
        script:
            "../scripts/similarity.py"
