# One rule per model, since its outputs are its layers; one job makes them all, from one forward pass.
for model in CFG.models:

    rule:
        name:
            f"embed_{model}"
        input:
            encoder=lambda w, model=model: encoder(model, w.state),
            tokenizer=pinned(model),
            task=TASK,
        output:
            [
                path if CFG.embedding.keep else temp(path)
                for path in expand(
                    EMBEDDING, model=model, split=SPLITS, layer=CFG.layers_of(model), allow_missing=True
                )
            ],
        log:
            f"<results>/logs/embed/{model}.{{state}}.{{task}}.log",
        benchmark:
            f"<results>/benchmarks/embed/{model}.{{state}}.{{task}}.tsv"
        conda:
            "../../envs/gpu.yaml"
        threads: CFG.threads.embed
        resources:
            gpu=int(CFG.device != "cpu"),
            mem_mb=asks("embed", "mem_mb"),
            runtime=asks("embed", "runtime"),
        params:
            model=model,
            layers=CFG.layers_of(model),
            embedding=plain(CFG.embedding, exclude={"keep"}),
            device=CFG.device,
            code=code("embed"),
        message:
            f"Embedding {{wildcards.task}} with {model} ({{wildcards.state}})"
        script:
            "../scripts/embed.py"
