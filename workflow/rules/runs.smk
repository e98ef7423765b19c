# Runs that the workflow makes, and runs that somebody else made: the same files, for everything that comes after.
RUNS_BROUGHT = GRID.brought()
KEPT = CFG.trajectories.keep_steps or not CFG.trajectories.models  # else deleted once followed: the largest files


rule finetune:
    input:
        **encoder(layout.MODEL),
        **TASK,
        labels=LABELS,
    output:
        **encoder(layout.RUN),
        head=f"{RUN}/head.safetensors",
        metrics=f"{RUN}/metrics.json",
        curve=f"{RUN}/curve.csv",
        steps=directory(STEPS) if KEPT else temp(directory(STEPS)),
    log:
        log_of("finetune"),
    benchmark:
        cost_of("finetune")
    wildcard_constraints:
        run=either({name for model in CFG.models for name in GRID.made(model)}),
    conda:
        "../../envs/gpu.yaml"
    threads: 4
    resources:
        **asks("finetune"),
        gpu=ON_GPU,
    params:
        recipe=lambda w: dict(sorted(GRID.recipe_of(w.model, w.task, w.run).used().items())),
        seed=lambda w: GRID.made(w.model)[w.run][1],
        pooling=plain(CFG.embedding.pooling),
        device=CFG.device,
        code=code("finetune"),
    message:
        "Fine-tuning {wildcards.model} on {wildcards.task}, {wildcards.run} (watch it with: tail -f {log})"
    script:
        "../scripts/finetune.py"


rule bring_run:
    input:
        **encoder(layout.MODEL),
        local=lambda w: list(map(own, brought(w))),
    output:
        **encoder(layout.RUN),
        metrics=f"{RUN}/metrics.json",
        steps=directory(STEPS) if CFG.trajectories.keep_steps else temp(directory(STEPS)),
    log:
        log_of("bring_run"),
    benchmark:
        cost_of("bring_run")
    wildcard_constraints:
        model=either({run.model for run in RUNS_BROUGHT}),
        task=either({run.task for run in RUNS_BROUGHT}),
        run=either(run.run for run in RUNS_BROUGHT),
    conda:
        "../../envs/gpu.yaml"
    resources:
        **asks("corpus"),
    params:
        run=lambda w: plain(CFG.runs[w.run], exclude={"model"}),
        files=lambda w: known(brought(w)),
        code=code("bring_run"),
    message:
        "Bringing in the run {wildcards.run} of {wildcards.model} on {wildcards.task}"
    script:
        "../scripts/bring_run.py"


# The spaces of a run's kept steps are on disk one at a time: a job makes, measures and deletes them one after the other.
rule trace_run:
    input:
        **encoder(layout.MODEL),
        **{f"run_{part}": file for part, file in encoder(layout.RUN).items()},
        **TASK,
        steps=STEPS,
        labels=LABELS,
        train_before=layers_of("original", "train", "trajectories"),
        train_after=layers_of("{task}.{run}", "train", "trajectories"),
        test_before=layers_of("original", "test", "trajectories"),
        test_after=layers_of("{task}.{run}", "test", "trajectories"),
        sizes=sizes,
    output:
        record=TRAJECTORY.replace(".npz", ".json"),
        arrays=TRAJECTORY,
    log:
        log_of("trace_run"),
    benchmark:
        cost_of("trace_run")
    priority: 1  # so that the steps, which are large, can be deleted
    conda:
        "../../envs/gpu.yaml"
    threads: 4
    resources:
        **asks("trace"),
        gpu=ON_GPU,
    params:
        layers=lambda w: GRID.layers(w.model, "trajectories"),
        embedding=plain(CFG.embedding, exclude={"keep"}),
        direct=plain(CFG.probes.direct, include={"tol", "resolution", "sample"}, exclude_none=True),
        device=CFG.device,
        code=code("trace_run"),
    message:
        "Following {wildcards.model} through the steps of {wildcards.task}.{wildcards.run}"
    script:
        "../scripts/trace_run.py"
