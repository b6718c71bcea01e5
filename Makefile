# Everything a person does here. `make help` lists it.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=
# A run pays every import once; without compiled bytecode it costs three times as much.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help setup run test soak fuzz lint audit format bench lock clean

help:  ## list these commands
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12
	@echo 'Options for the pipeline go in ARGS: make run ARGS="--until-idle --config my.yaml"'

setup: $(VENV)/.ready  ## make .venv from requirements.lock (hashes checked, bytecode compiled)

$(VENV)/.ready: requirements.lock pyproject.toml
	@echo 'Setting up .venv …'
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(None if (3, 10) <= v < (3, 15) else "Python 3.10 to 3.14 is needed; this is %d.%d. Try: make PYTHON=python3.12" % v)'
	@test -x $(BIN)/python || $(PYTHON) -m venv --without-pip $(VENV)
	@sed -n '/^uv==/,/[^\\]$$/p' requirements.lock > $(VENV)/uv.txt
	@$(PYTHON) -m pip --python $(BIN)/python install --quiet --disable-pip-version-check --require-hashes -r $(VENV)/uv.txt
	@$(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes --compile-bytecode requirements.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

examples/harbour/media/harbour_evening.mp4: | setup
	@$(BIN)/python examples/make_media.py

run: setup examples/harbour/media/harbour_evening.mp4  ## start everything (sandbox unless config.yaml says live); ARGS="--until-idle", "--config PATH"
	@exec $(BIN)/twitter-pipeline up $(ARGS)

# A worker more than the two cores of CI, since many tests wait for other processes: 10 minutes, 13 with two.
test: setup  ## the tests, on SQLite and PostgreSQL
	@$(BIN)/pytest -n 3 --dist worksteal $(ARGS)

soak: setup  ## the long tests, then posts under faults and kills; only those: N=200 SEED=7
ifdef N
	@$(BIN)/python -m twitter_pipeline_tests.soak --publishes $(N) $(if $(SEED),--seed $(SEED)) $(ARGS)
else
	@$(BIN)/pytest -n 2 --dist worksteal -m soak $(ARGS)
	@$(BIN)/python -m twitter_pipeline_tests.soak --through both
endif

fuzz: setup  ## random texts counted and fitted, 1,000,000 each: N=50000; beside npm's twitter-text where NODE_MODULES names it
	@$(BIN)/python -m twitter_pipeline_tests.content.fuzz $(or $(N),1000000) $(ARGS)
	@$(BIN)/python -m twitter_pipeline_tests.content.against_npm $(or $(N),1000000)

lint: setup  ## formatting, lint, types, import contracts
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache

audit: setup  ## known weaknesses of the dependencies; says so where the advisories cannot be reached
	@.ci/audit

format: setup  ## let ruff format and mend what it can
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

bench: setup  ## cost of a post, side by side in one run (docs/performance.md)
	@$(BIN)/python -m benchmarks.cost $(ARGS)

lock: setup  ## pin pyproject.toml's dependencies anew in requirements.lock
	@$(BIN)/uv pip compile pyproject.toml --extra dev --universal --python-version 3.10 --generate-hashes \
		--no-emit-index-url --no-strip-extras --no-header --no-annotate --upgrade --quiet -o requirements.lock

clean:  ## remove .venv and caches (var/, which holds your data, stays)
	@rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis
