# Tables, each made from results or from other tables: closerlook/analysis/catalog.py says which.
rule table:
    input:
        unpack(lambda w: {parameter: source(name) for parameter, name in TABLES[w.table].reads.items()}),
    output:
        TABLE,
    log:
        log_of("table"),
    benchmark:
        cost_of("table")
    wildcard_constraints:
        table=either(TABLES),
    group:
        "tables"
    conda:
        "../../envs/cpu.yaml"
    resources:
        **asks("table"),
    params:
        told=lambda w: told(TABLES[w.table]),
        subjects=lambda w: SUBJECTS if TABLES[w.table].by_subject else {},
        code=lambda w: code("table", f"closerlook.analysis.{w.table}"),
        message=lambda w: TABLES[w.table].message,
    message:
        "{params.message}"
    script:
        "../scripts/table.py"


rule print_table7:
    input:
        TABLE.format(table="table7"),
    output:
        TABLE.format(table="table7").replace(".csv", ".md"),
    log:
        log_of("print_table7"),
    benchmark:
        cost_of("print_table7")
    group:
        "tables"
    conda:
        "../../envs/cpu.yaml"
    resources:
        **asks("table"),
    params:
        code=code("print_table7"),
    message:
        "Writing the paper's main table as text"
    script:
        "../scripts/print_table7.py"


rule missing:
    input:
        TABLE.format(table="spaces"),
    output:
        TABLE.format(table="missing"),
    log:
        log_of("missing"),
    benchmark:
        cost_of("missing")
    group:
        "tables"
    conda:
        "../../envs/cpu.yaml"
    resources:
        **asks("table"),
    params:
        absent=absent(),
        brought=sorted(CFG.runs),
        code=code("missing"),
    message:
        "Listing what is missing"
    script:
        "../scripts/missing.py"
