rule fetch_corpus:
    input:
        train=lambda w: given(w.corpus, "train"),
        test=lambda w: given(w.corpus, "test"),
    output:
        files=directory(CORPUS["files"]),
        fetched=CORPUS["fetched"],
    log:
        log_of("fetch_corpus"),
    benchmark:
        cost_of("fetch_corpus")
    wildcard_constraints:
        corpus=either(c for c in CFG.corpora if CFG.corpora[c].format != "grammar"),
    conda:
        "../../envs/cpu.yaml"
    resources:
        **asks("corpus"),
    params:
        corpus=lambda w: plain(CFG.corpora[w.corpus], exclude={"fields": True, "train": {"rows"}, "test": {"rows"}}),
        files=lambda w: known(given(w.corpus, "train", "test")),
        code=code("fetch_corpus"),
    message:
        "Fetching the corpus {wildcards.corpus}"
    script:
        "../scripts/fetch_corpus.py"


rule write_corpus:
    output:
        files=directory(CORPUS["files"]),
        fetched=CORPUS["fetched"],
    log:
        log_of("write_corpus"),
    benchmark:
        cost_of("write_corpus")
    wildcard_constraints:
        corpus=either(c for c in CFG.corpora if CFG.corpora[c].format == "grammar"),
    conda:
        "../../envs/cpu.yaml"
    resources:
        **asks("corpus"),
    params:
        sizes=lambda w: plain(CFG.corpora[w.corpus], include={"n_train", "n_test", "n_text", "seed"}),
        code=code("write_corpus"),
    message:
        "Writing the sentences of the corpus {wildcards.corpus}"
    script:
        "../scripts/write_corpus.py"


rule make_task:
    input:
        files=lambda w: CORPUS["files"].format(corpus=CFG.tasks[w.task].corpus),
        fetched=lambda w: CORPUS["fetched"].format(corpus=CFG.tasks[w.task].corpus),
        names=lambda w: label_names(w.task),
    output:
        dataset=TASK["dataset"],
        splits=directory([TASK[split] for split in SPLITS]),
        labels=LABELS,
        words=WORDS,
        sentences=SENTENCES,
        summary=TASK["summary"],
    log:
        log_of("make_task"),
    benchmark:
        cost_of("make_task")
    conda:
        "../../envs/gpu.yaml"
    resources:
        **asks("corpus"),
    params:
        task=lambda w: plain(CFG.tasks[w.task]),
        corpus=lambda w: plain(
            CFG.corpora[CFG.tasks[w.task].corpus],
            include={"format": True, "fields": True, "train": {"rows"}, "test": {"rows"}},
        ),
        names=lambda w: known(label_names(w.task)),
        code=code("make_task"),
    message:
        "Reading the task {wildcards.task}"
    script:
        "../scripts/make_task.py"
