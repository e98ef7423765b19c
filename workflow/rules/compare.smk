# What fine-tuning did to a space: every layer of a run against the same layer of the original.
rule measure_movement:
    input:
        labels=LABELS,
        before=layers_of("original", "train"),
        after=layers_of("{task}.{run}", "train"),
    output:
        MOVEMENT,
    log:
        log_of("measure_movement"),
    benchmark:
        cost_of("measure_movement")
    group:
        "compare"
    conda:
        "../../envs/cpu.yaml"
    resources:
        **asks("compare"),
    params:
        code=code("measure_movement"),
    message:
        "Following the labels of {wildcards.task} in {wildcards.model}, {wildcards.run}"
    script:
        "../scripts/measure_movement.py"


# How like a run's layers are to those of the original; and to those of its peer, by which the former can be judged.
rule measure_similarity:
    input:
        train_before=layers_of("original", "train"),
        train_after=layers_of("{task}.{run}", "train"),
        test_before=layers_of("original", "test"),
        test_after=layers_of("{task}.{run}", "test"),
        train_peer=layers_of_peer("train"),
        test_peer=layers_of_peer("test"),
    output:
        SIMILARITY,
    log:
        log_of("measure_similarity"),
    benchmark:
        cost_of("measure_similarity")
    group:
        "compare"
    conda:
        "../../envs/cpu.yaml"
    resources:
        **asks("compare"),
    params:
        code=code("measure_similarity"),
    message:
        "Comparing the spaces of {wildcards.task} in {wildcards.model} with the original, {wildcards.run}"
    script:
        "../scripts/measure_similarity.py"


# What became of every example: an example a row.
rule gather_examples:
    input:
        **TASK,
        labels=LABELS,
        movement=MOVEMENT,
        train_before=layers_of("original", "train", "examples"),
        train_after=layers_of("{task}.{run}", "train", "examples"),
        test_before=layers_of("original", "test", "examples"),
        test_after=layers_of("{task}.{run}", "test", "examples"),
        surroundings_before=layers_of("original", part="examples", pattern=SURROUNDINGS),
        surroundings_after=layers_of("{task}.{run}", part="examples", pattern=SURROUNDINGS),
        probed_before=layers_of("original", part="examples", pattern=PREDICTIONS),
        probed_after=layers_of("{task}.{run}", part="examples", pattern=PREDICTIONS),
        trace=trace_of,
    output:
        EXAMPLES,
    log:
        log_of("gather_examples"),
    benchmark:
        cost_of("gather_examples")
    group:
        "compare"
    conda:
        "../../envs/cpu.yaml"
    resources:
        **asks("compare"),
    params:
        repeats=CFG.probes.classifier.repeats,
        code=code("gather_examples"),
    message:
        "Gathering what became of each example of {wildcards.task} in {wildcards.model}, {wildcards.run}"
    script:
        "../scripts/gather_examples.py"
