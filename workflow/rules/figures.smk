# Figures, each drawn from tables: closerlook/figures/catalog.py says which.


rule plot:
    input:
        unpack(lambda w: {parameter: source(name) for parameter, name in row_of(w).reads.items()}),
        names=lambda w: source("names") if row_of(w).looks else [],
    output:
        report(
            multiext(f"<results>/{layout.FIGURE}", ".pdf", ".png"),
            caption="../report/figure.rst",
            category=lambda w: row_of(w).title,
            labels={"figure": "{figure}"},
        ),
    log:
        log_of("plot"),
    benchmark:
        cost_of("plot")
    wildcard_constraints:
        figure=either(DRAWN),
    group:
        "tables"
    conda:
        "../../envs/cpu.yaml"
    resources:
        **asks("table"),
    params:
        told=lambda w: told(row_of(w)) | DRAWN[w.figure],
        subjects=lambda w: SUBJECTS if row_of(w).by_subject else {},
        caption=lambda w: row_of(w).caption,
        code=lambda w: code("plot", f"closerlook.figures.{DRAWN[w.figure]['kind']}"),
    message:
        "Drawing {wildcards.figure}"
    script:
        "../scripts/plot.py"
