# One rule per model: the steps of one that is followed are deleted once they have been, since they are the largest files.
for model in [model for model in CFG.models if not CFG.models[model].frozen]:

    rule:
        name:
            f"finetune_{model}"
        input:
            encoder=pinned(model),
            task=TASK,
        output:
            config=f"<results>/finetuned/{model}/{{task}}.seed{{seed}}/config.json",
            weights=f"<results>/finetuned/{model}/{{task}}.seed{{seed}}/model.safetensors",
            head=f"<results>/finetuned/{model}/{{task}}.seed{{seed}}/head.safetensors",
            metrics=f"<results>/finetuned/{model}/{{task}}.seed{{seed}}/metrics.json",
            curve=f"<results>/finetuned/{model}/{{task}}.seed{{seed}}/curve.csv",
            steps=(
                directory(f"<results>/finetuned/{model}/{{task}}.seed{{seed}}.steps")
                if CFG.trajectories.keep_steps or model not in CFG.trajectories.models
                else temp(directory(f"<results>/finetuned/{model}/{{task}}.seed{{seed}}.steps"))
            ),
        log:
            f"<results>/logs/finetune/{model}.{{task}}.seed{{seed}}.log",
        benchmark:
            f"<results>/benchmarks/finetune/{model}.{{task}}.seed{{seed}}.tsv"
        conda:
            "../../envs/gpu.yaml"
        threads: CFG.threads.finetune
        resources:
            gpu=int(CFG.device != "cpu"),
            mem_mb=asks("finetune", "mem_mb"),
            runtime=asks("finetune", "runtime"),
        params:
            recipe=lambda w, model=model: plain(CFG.recipe(model, w.task)),
            pooling=plain(CFG.embedding.pooling),
            device=CFG.device,
            code=code("finetune"),
        message:
            f"Fine-tuning {model} on {{wildcards.task}}, seed {{wildcards.seed}} (watch it with: tail -f {{log}})"
        script:
            "../scripts/finetune.py"
