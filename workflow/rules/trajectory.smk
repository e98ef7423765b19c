# The spaces of a run's kept steps are on disk one at a time: a job makes, measures and deletes them one after the other.
for model in CFG.trajectories.models:

    rule:
        name:
            f"trajectory_{model}"
        input:
            model=pinned(model),
            steps=f"<results>/finetuned/{model}/{{task}}.seed{{seed}}.steps",
            task=TASK,
            labels="<results>/tasks/{task}/labels.json",
            before=layers(model, "pretrained", "train", "trajectories"),
            after=layers(model, "{task}.seed{seed}", "train", "trajectories"),
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
            gpu=int(CFG.device != "cpu"),
            mem_mb=asks("trajectory", "mem_mb"),
            runtime=asks("trajectory", "runtime"),
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
