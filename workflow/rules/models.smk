rule pin_model:
    input:
        unpack(origin),
    output:
        **encoder(layout.MODEL),
    log:
        log_of("pin_model"),
    benchmark:
        cost_of("pin_model")
    wildcard_constraints:
        model=either(m for m in ENCODERS if not CFG.models[m].pretrain),
    conda:
        "../../envs/gpu.yaml"
    resources:
        **asks("corpus"),
    params:
        model=lambda w: plain(
            CFG.models[w.model],
            include={"hub", "revision", "path", "tokenizer", "like", "weights", "seed", "n_layers"},
        ),
        files=lambda w: known(saved(w.model)),
        code=code("pin_model"),
    message:
        "Pinning the model {wildcards.model}"
    script:
        "../scripts/pin_model.py"


rule pretrain:
    input:
        fetched=lambda w: CORPUS["fetched"].format(corpus=CFG.models[w.model].pretrain.corpus),
        text=lambda w: CORPUS["files"].format(corpus=CFG.models[w.model].pretrain.corpus),
    output:
        **encoder(layout.MODEL),
    log:
        log_of("pretrain"),
    benchmark:
        cost_of("pretrain")
    wildcard_constraints:
        model=either(m for m in CFG.models if CFG.models[m].pretrain),
    conda:
        "../../envs/gpu.yaml"
    threads: 4
    resources:
        **asks("pretrain"),
        gpu=ON_GPU,
    params:
        recipe=lambda w: plain(CFG.models[w.model].pretrain, exclude={"corpus"}),
        device=CFG.device,
        code=code("pretrain"),
    message:
        "Pre-training the model {wildcards.model} from scratch (watch it with: tail -f {log})"
    script:
        "../scripts/pretrain.py"
