# The spaces of a run's kept steps are on disk one at a time: a job makes, measures and deletes them one after the other.
for model in CFG.trajectories.models:

    rule:
        name:
            f"trajectory_{model}"
        input:
            model=f"<results>/models/{model}/model.json",
            weights=f"<results>/models/{model}/model.safetensors",
            steps=f"<results>/finetuned/{model}/{{task}}.seed{{seed}}.steps",
            task="<results>/tasks/{task}/summary.json",
            labels="<results>/tasks/{task}/labels.json",
            before=expand(
                EMBEDDING,
                model=model,
                state="pretrained",
                split="train",
                layer=CFG.layers_of(model, "trajectories"),
                allow_missing=True,
            ),
            after=expand(
                EMBEDDING,
                model=model,
                state="{task}.seed{seed}",
                split="train",
                layer=CFG.layers_of(model, "trajectories"),
                allow_missing=True,
            ),
        output:
            json=f"<results>/trajectories/{model}/{{task}}.seed{{seed}}.json",
            npz=f"<results>/trajectories/{model}/{{task}}.seed{{seed}}.npz",
        log:
            f"<results>/logs/trajectory/{model}.{{task}}.seed{{seed}}.log",
        benchmark:
            f"<results>/benchmarks/trajectory/{model}.{{task}}.seed{{seed}}.tsv"
        priority: 1  # so that the steps, which are large, can be deleted
        conda:
            "../../envs/gpu.yaml"
        threads: CFG.threads.trajectory
        resources:
            gpu=1,
        params:
            layers=CFG.layers_of(model, "trajectories"),
            embedding=plain(CFG.embedding, exclude={"keep"}),
            direct=plain(CFG.probes.direct, include={"tol", "resolution"}),
            device=CFG.device,
            code=code("trajectory"),
        message:
            f"Following {model} through the steps of {{wildcards.task}}, seed {{wildcards.seed}}"
        script:
            "../scripts/trajectory.py"


rule trajectories:
    input:
        runs=[
            f"<results>/trajectories/{model}/{task}.seed{seed}.npz"
            for model, task in CFG.followed()
            for seed in CFG.seeds
        ],
        labels=expand("<results>/tasks/{task}/labels.json", task=sorted({task for _, task in CFG.followed()})),
    output:
        spaces="<results>/tables/trajectories.csv",
        labels="<results>/tables/label_distances.csv",
    log:
        "<results>/logs/trajectories.log",
    benchmark:
        "<results>/benchmarks/trajectories.tsv"
    conda:
        "../../envs/cpu.yaml"
    params:
        code=code("trajectories"),
    message:
        "Gathering the runs that were followed"
    script:
        "../scripts/trajectories.py"


rule label_distances:
    input:
        spaces="<results>/tables/trajectories.csv",
        labels="<results>/tables/label_distances.csv",
    output:
        report(
            multiext("<results>/figures/label_distances", ".pdf", ".png"),
            caption="../report/label_distances.rst",
            category="Figures",
        ),
    log:
        "<results>/logs/label_distances.log",
    benchmark:
        "<results>/benchmarks/label_distances.tsv"
    conda:
        "../../envs/cpu.yaml"
    params:
        pairs=CFG.followed(),
        code=code("label_distances"),
    message:
        "Drawing the labels' distances, update by update"
    script:
        "../scripts/label_distances.py"


rule layer_similarity:
    input:
        spaces="<results>/tables/trajectories.csv",
    output:
        report(
            multiext("<results>/figures/layer_similarity", ".pdf", ".png"),
            caption="../report/layer_similarity.rst",
            category="Figures",
        ),
    log:
        "<results>/logs/layer_similarity.log",
    benchmark:
        "<results>/benchmarks/layer_similarity.tsv"
    conda:
        "../../envs/cpu.yaml"
    params:
        pairs=CFG.followed(),
        code=code("layer_similarity"),
    message:
        "Drawing how like the original each layer stays"
    script:
        "../scripts/layer_similarity.py"
