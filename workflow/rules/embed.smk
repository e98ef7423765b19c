# One job makes the vectors of all layers, from one forward pass. Which files these are depends on the model's layers, so
# there is a rule for each set of them: `embed` where all models have the same, else `embed_0_to_12` and the like.
for LAYERS, MODELS in by_layers().items():

    rule:
        name:
            "embed" if len(by_layers()) == 1 else f"embed_{layers_name(LAYERS)}"
        input:
            unpack(encoder_of),
            **TASK,
        output:
            **{
                split: [
                    path if CFG.embedding.keep else temp(path)
                    for path in expand(EMBEDDING, split=split, layer=LAYERS, allow_missing=True)
                ]
                for split in SPLITS
            },
        log:
            log_of("embed"),
        benchmark:
            cost_of("embed")
        wildcard_constraints:
            model=either(MODELS),
        conda:
            "../../envs/gpu.yaml"
        threads: 4
        resources:
            **asks("embed"),
            gpu=ON_GPU,
        params:
            embedding=plain(CFG.embedding, exclude={"keep"}),
            device=CFG.device,
            code=code("embed"),
        message:
            "Embedding {wildcards.task} with {wildcards.model} ({wildcards.state})"
        script:
            "../scripts/embed.py"
