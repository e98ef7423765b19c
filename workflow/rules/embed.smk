# One job makes the vectors of all layers, from one forward pass. Which files these are depends on the model's layers, so
# there is a rule for each set of them: `embed` where all models have the same, else `embed_0_to_12` and the like.
for LAYERS, MODELS in by_layers(ENCODERS).items():

    rule:
        name:
            named_by_layers("embed", LAYERS, ENCODERS)
        input:
            unpack(encoder_of),
            **TASK,
        output:
            **embeddings(LAYERS),
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


# Of a model whose vectors were extracted elsewhere, all layers of a state are in its two files.
for LAYERS, MODELS in by_layers(WITHOUT_ENCODER).items():

    rule:
        name:
            named_by_layers("take_vectors", LAYERS, WITHOUT_ENCODER)
        input:
            unpack(vectors),
            labels=LABELS,
        output:
            **embeddings(LAYERS),
        log:
            log_of("take_vectors"),
        benchmark:
            cost_of("take_vectors")
        wildcard_constraints:
            model=either(MODELS),
        conda:
            "../../envs/cpu.yaml"
        resources:
            **asks("corpus"),
        params:
            files=lambda w: known(vectors(w).values()),
            store=CFG.embedding.store,
            code=code("take_vectors"),
        message:
            "Taking the vectors of {wildcards.task} from the files of {wildcards.model} ({wildcards.state})"
        script:
            "../scripts/take_vectors.py"
