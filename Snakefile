from snakemake.utils import min_version

min_version("9.19")

# `--configfile` replaces the default instead of being merged into it: two studies have nothing in common
if not workflow.overwrite_configfiles:

    configfile: "config/config.yaml"


include: "workflow/rules/common.smk"


if not CFG.partial:  # a partial study runs no experiment

    include: "workflow/rules/corpora.smk"
    include: "workflow/rules/models.smk"
    include: "workflow/rules/finetune.smk"
    include: "workflow/rules/embed.smk"
    include: "workflow/rules/probe.smk"
    include: "workflow/rules/compare.smk"
    include: "workflow/rules/trajectory.smk"


include: "workflow/rules/analyse.smk"
include: "workflow/rules/figures.smk"
include: "workflow/rules/report.smk"


onstart:
    try:
        writable(CFG.pathvars.results)
        if not CFG.partial:
            keep_config()
    except (InputError, OSError) as error:
        raise WorkflowError(str(error))


rule all:
    default_target: True
    input:
        rules.report.output,
        "<results>/tables/table7.md",
        figures("pdf"),
