from snakemake.utils import min_version

min_version("9.19")

# `--configfile` replaces the default instead of being merged into it: two studies have nothing in common
if not workflow.overwrite_configfiles:

    configfile: "config/config.yaml"


include: "workflow/rules/common.smk"
include: "workflow/rules/corpora.smk"
include: "workflow/rules/models.smk"
include: "workflow/rules/finetune.smk"
include: "workflow/rules/embed.smk"
include: "workflow/rules/probe.smk"
include: "workflow/rules/trajectory.smk"
include: "workflow/rules/analyse.smk"


rule all:
    default_target: True
    input:
        "<results>/tables/table7.csv",
        "<results>/tables/table7.md",
        "<results>/tables/spaces.csv",
        expand("<results>/figures/layers.{suffix}", suffix=["pdf", "png"]),
        rules.memorisation.output if CFG.probes.classifier.memorisation else [],
        rules.transfer.output if any(map(CFG.crossings, CFG.models)) else [],
        [rules.label_distances.output, rules.layer_similarity.output] if CFG.followed() else [],
