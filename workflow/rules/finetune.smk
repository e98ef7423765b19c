rule finetune:
    input:
        encoder="<results>/models/{model}/model.json",
        weights="<results>/models/{model}/model.safetensors",
        task="<results>/tasks/{task}/summary.json",
    output:
        config="<results>/finetuned/{model}/{task}.seed{seed}/config.json",
        weights="<results>/finetuned/{model}/{task}.seed{seed}/model.safetensors",
        head="<results>/finetuned/{model}/{task}.seed{seed}/head.safetensors",
        metrics="<results>/finetuned/{model}/{task}.seed{seed}/metrics.json",
        curve="<results>/finetuned/{model}/{task}.seed{seed}/curve.csv",
        steps=directory("<results>/finetuned/{model}/{task}.seed{seed}.steps"),
    log:
        "<results>/logs/finetune/{model}.{task}.seed{seed}.log",
    benchmark:
        "<results>/benchmarks/finetune/{model}.{task}.seed{seed}.tsv"
    conda:
        "../../envs/gpu.yaml"
    threads: CFG.threads.finetune
    resources:
        gpu=1,
    params:
        recipe=lambda w: plain(CFG.recipe(w.model)),
        pooling=plain(CFG.embedding.pooling),
        device=CFG.device,
        code=code("finetune"),
    message:
        "Fine-tuning {wildcards.model} on {wildcards.task}, seed {wildcards.seed} (watch it with: tail -f {log})"
    script:
        "../scripts/finetune.py"
