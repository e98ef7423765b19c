rule fetch_corpus:
    input:
        train=lambda w: given(w.corpus, "train"),
        test=lambda w: given(w.corpus, "test"),
    output:
        files=directory("<results>/corpora/{corpus}/files"),
        fetched="<results>/corpora/{corpus}/fetched.json",
    log:
        "<results>/logs/fetch_corpus/{corpus}.log",
    benchmark:
        "<results>/benchmarks/fetch_corpus/{corpus}.tsv"
    wildcard_constraints:
        corpus=either(c for c in CFG.corpora if CFG.corpora[c].format != "grammar"),
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=asks("corpus", "mem_mb"),
        runtime=asks("corpus", "runtime"),
    params:
        corpus=lambda w: plain(CFG.corpora[w.corpus], exclude={"fields": True, "train": {"rows"}, "test": {"rows"}}),
        files=lambda w: as_they_are(given(w.corpus, "train", "test")),
        code=code("fetch_corpus"),
    message:
        "Bringing the corpus {wildcards.corpus}"
    script:
        "../scripts/fetch_corpus.py"


rule write_corpus:
    output:
        files=directory("<results>/corpora/{corpus}/files"),
        fetched="<results>/corpora/{corpus}/fetched.json",
    log:
        "<results>/logs/write_corpus/{corpus}.log",
    benchmark:
        "<results>/benchmarks/write_corpus/{corpus}.tsv"
    wildcard_constraints:
        corpus=either(c for c in CFG.corpora if CFG.corpora[c].format == "grammar"),
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=asks("corpus", "mem_mb"),
        runtime=asks("corpus", "runtime"),
    params:
        sizes=lambda w: plain(CFG.corpora[w.corpus], include={"n_train", "n_test", "n_text", "seed"}),
        code=code("write_corpus"),
    message:
        "Writing the sentences of the corpus {wildcards.corpus}"
    script:
        "../scripts/write_corpus.py"


rule make_task:
    input:
        files=lambda w: f"<results>/corpora/{CFG.tasks[w.task].corpus}/files",
        fetched=lambda w: f"<results>/corpora/{CFG.tasks[w.task].corpus}/fetched.json",
        names=lambda w: names_of(w.task),
    output:
        dataset="<results>/tasks/{task}/dataset_dict.json",
        splits=directory(expand("<results>/tasks/{{task}}/{split}", split=SPLITS)),
        labels="<results>/tasks/{task}/labels.json",
        words="<results>/tasks/{task}/words.json",
        summary="<results>/tasks/{task}/summary.json",
    log:
        "<results>/logs/make_task/{task}.log",
    benchmark:
        "<results>/benchmarks/make_task/{task}.tsv"
    conda:
        "../../envs/gpu.yaml"
    resources:
        mem_mb=asks("corpus", "mem_mb"),
        runtime=asks("corpus", "runtime"),
    params:
        task=lambda w: plain(CFG.tasks[w.task]),
        corpus=lambda w: plain(
            CFG.corpora[CFG.tasks[w.task].corpus],
            include={"format": True, "fields": True, "train": {"rows"}, "test": {"rows"}},
        ),
        names=lambda w: as_they_are(names_of(w.task)),
        code=code("make_task"),
    message:
        "Reading the task {wildcards.task}"
    script:
        "../scripts/make_task.py"
