def origin(w):
    """The files that a pinned model is made from: those of another model here, or of a folder, known by their bytes."""
    like = CFG.models[w.model].like
    return encoder(layout.MODEL.format(model=like)) if like else {"local": list(map(ancient, local(w.model)))}


def local(model):
    """The files of a model's folder that are read."""
    source = CFG.models[model]
    return model_files(source.path, source.weights == "pretrained") if source.path else []


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
        model=either(m for m in CFG.models if not CFG.models[m].pretrain),
    conda:
        "../../envs/gpu.yaml"
    resources:
        **asks("corpus"),
    params:
        model=lambda w: plain(
            CFG.models[w.model], include={"hub", "revision", "path", "like", "weights", "seed", "n_layers"}
        ),
        files=lambda w: known(local(w.model)),
        code=code("pin_model"),
    message:
        "Pinning the model {wildcards.model}"
    script:
        "../scripts/pin_model.py"


rule pretrain:
    input:
        fetched=lambda w: f"<results>/corpora/{CFG.models[w.model].pretrain.corpus}/fetched.json",
        text=lambda w: f"<results>/corpora/{CFG.models[w.model].pretrain.corpus}/files",
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
        gpu=ON_GPU,
        **asks("pretrain"),
    params:
        recipe=lambda w: plain(CFG.models[w.model].pretrain, exclude={"corpus"}),
        device=CFG.device,
        code=code("pretrain"),
    message:
        "Pre-training the model {wildcards.model} from scratch (watch it with: tail -f {log})"
    script:
        "../scripts/pretrain.py"
