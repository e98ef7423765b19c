include: "workflow/Snakefile"


workflow.default_target = "all"  # an included file sets none
