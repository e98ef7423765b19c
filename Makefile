# Two commands, each of which sets up everything it needs: `make demo` and `make test`.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
CORES  ?= $(shell getconf _NPROCESSORS_ONLN)
GPUS   ?=
CONFIG ?= config/config.yaml
ARGS   ?=
# A config of your own that is read after CONFIG, or after that of `make real`, and changes some of its keys
OVERLAY ?=

BIN := .venv/bin
UV  := $(shell command -v uv)
# TORCH=cpu leaves out CUDA, several gigabytes, on a machine without a GPU
PYTORCH := $(if $(filter cpu,$(TORCH)),--extra-index-url https://download.pytorch.org/whl/cpu)
ifdef UV
# best-match: from whichever index has the version, as pip does; of a mirror it has to be told in its own way (UV_INDEX_URL)
VENV    = $(UV) venv --quiet --clear --no-project --seed --python '$(PYTHON)' .venv
INSTALL = $(UV) pip install --quiet --python $(BIN)/python --index-strategy unsafe-best-match $(PYTORCH)
else
VENV    = $(PYTHON) -m venv --clear .venv
INSTALL = $(BIN)/python -m pip --disable-pip-version-check --no-input install --quiet --no-compile --use-pep517 --progress-bar off $(PYTORCH)
endif
LIMITS := --cores $(CORES) $(if $(GPUS),--gpus $(GPUS))

.PHONY: help setup demo real run plan report test test-slow test-all lint format docs dist lock clean
help:
	@echo 'make demo   a whole study on the built-in grammar, in minutes'
	@echo 'make test   the tests, in minutes; make test-slow: whole studies, Slurm, a browser; make test-all: both'
	@echo 'make run    the study of CONFIG=config/config.yaml (the paper'"'"'s grid)'
	@echo 'make plan   what the study of CONFIG will cost: jobs, hours, disk, time (GPU_SPEED=20: GPUs 20 times as fast)'
	@echo 'make report tables, figures and report of CONFIG from the results that exist so far'
	@echo 'make docs   the documentation site, in build/site; make dist: what a release puts on PyPI'
	@echo 'make real   five real tasks with MiniLM, downloaded; OVERLAY=mine.yaml says where copies are'
	@echo 'Options: CORES, GPUS, TORCH=cpu, PYTHON, OVERLAY (a config that changes keys of CONFIG), ARGS (given to snakemake)'

setup: .venv/installed

# If two are started at once, the second waits, and finds it done.
.venv/installed: requirements.lock pyproject.toml setup.py
	@test -n '$(PYTHON)' || { echo 'No Python found: install Python 3.11, or say make PYTHON=/path/to/python3.11'; exit 1; }
	@set -e; exec 9> .venv.lock; ! command -v flock > /dev/null || flock 9; \
	if [ $@ -nt requirements.lock ] && [ $@ -nt pyproject.toml ] && [ $@ -nt setup.py ]; then exit 0; fi; \
	echo 'Setting up .venv (about a minute) ...'; \
	$(VENV); \
	$(INSTALL) -r requirements.lock; \
	$(INSTALL) --no-deps --no-build-isolation -e .; \
	touch $@

# So small a network gains nothing from a second thread, and a second job does.
demo: setup
	$(BIN)/closerlook run config/demo.yaml $(LIMITS) -- --set-threads pretrain=1 finetune=1 embed=1 trace_run=1 $(ARGS)
	@echo
	@cat results/demo/tables/table7.md
	@echo
	@echo 'Open  results/demo/report.html  in a browser; figures and tables are beside it, in figures/ and tables/'

# ARGS first: a config's file would be taken for one of several
MORE = $(ARGS) $(if $(OVERLAY),--configfile $(CONFIG) $(OVERLAY))

real: CONFIG = config/real.yaml
real: setup
	$(BIN)/closerlook run $(CONFIG) $(LIMITS) -- $(MORE)
	@cat results/real/tables/table7.md
	@echo 'Open  results/real/report.html  in a browser'

run: setup
	$(BIN)/closerlook run $(CONFIG) $(LIMITS) -- $(MORE)

plan: setup
	@$(BIN)/closerlook plan $(CONFIG) $(LIMITS) $(if $(GPU_SPEED),--gpu-speed $(GPU_SPEED)) -- $(MORE)

report: setup
	$(BIN)/closerlook report $(CONFIG) $(LIMITS) -- $(MORE)

PYTEST = $(BIN)/python -m pytest -n $(CORES) --dist loadfile --no-loadscope-reorder

test: setup
	$(PYTEST) -m 'not slow' $(ARGS)

test-slow: setup
	$(PYTEST) -m slow $(ARGS)

test-all: setup
	$(PYTEST) $(ARGS)

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/snakefmt --check Snakefile workflow
	$(BIN)/snakemake --lint --configfile config/demo.yaml
	$(BIN)/mypy

format: setup
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/snakefmt Snakefile workflow

# The site, in build/site. The variable is for a banner about the next version of mkdocs.
docs: setup
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

# What a release puts on PyPI
dist: setup
	rm -rf dist
	$(BIN)/python -m build
	$(BIN)/python -m twine check --strict dist/*

# The lock file: everything that the newest allowed versions bring, as installed into an empty environment.
lock:
	rm -rf .venv-lock && $(PYTHON) -m venv .venv-lock
	.venv-lock/bin/python -m pip install --quiet torch==2.13.0 setuptools wheel -e '.[dev]'
	(echo '# Made by make lock. pip takes the CPU or the CUDA build of torch, whichever its index offers.'; \
	 .venv-lock/bin/python -m pip freeze --all --exclude-editable --exclude pip | sed 's/+cpu$$//') > requirements.lock
	rm -rf .venv-lock

clean:
	rm -rf .venv .pytest_cache .ruff_cache .mypy_cache build dist
