rule pin_model:
    input:
        lambda w: origin(w.model),
    output:
        expand("<results>/models/{{model}}/{name}", name=MODEL),
    log:
        "<results>/logs/pin_model/{model}.log",
    benchmark:
        "<results>/benchmarks/pin_model/{model}.tsv"
    wildcard_constraints:
        model=either(m for m in CFG.models if not CFG.models[m].pretrain),
    conda:
        "../../envs/gpu.yaml"
    resources:
        mem_mb=asks("corpus", "mem_mb"),
        runtime=asks("corpus", "runtime"),
    params:
        model=lambda w: plain(
            CFG.models[w.model], include={"hub", "revision", "path", "like", "weights", "seed", "n_layers"}
        ),
        files=lambda w: contents(w.model),
        code=code("pin_model"),
    message:
        "Pinning the model {wildcards.model}"
    script:
        "../scripts/pin_model.py"


rule pretrain:
    input:
        lambda w: f"<results>/corpora/{CFG.models[w.model].pretrain.corpus}/fetched.json",
        text=lambda w: f"<results>/corpora/{CFG.models[w.model].pretrain.corpus}/files",
    output:
        expand("<results>/models/{{model}}/{name}", name=MODEL),
    log:
        "<results>/logs/pretrain/{model}.log",
    benchmark:
        "<results>/benchmarks/pretrain/{model}.tsv"
    wildcard_constraints:
        model=either(m for m in CFG.models if CFG.models[m].pretrain),
    conda:
        "../../envs/gpu.yaml"
    threads: CFG.threads.pretrain
    resources:
        gpu=int(CFG.device != "cpu"),
        mem_mb=asks("pretrain", "mem_mb"),
        runtime=asks("pretrain", "runtime"),
    params:
        recipe=lambda w: plain(CFG.models[w.model].pretrain, exclude={"corpus"}),
        device=CFG.device,
        code=code("pretrain"),
    message:
        "Pre-training the model {wildcards.model} from scratch (watch it with: tail -f {log})"
    script:
        "../scripts/pretrain.py"
