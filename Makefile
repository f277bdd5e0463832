# Thin: each line calls a command that also works by itself.
SHELL := /bin/sh
VENV := .venv
BIN := $(VENV)/bin
# The first Python on the PATH that is new enough; say PYTHON=... to choose another.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
ARGS ?=

.PHONY: lab demo test bench lint release lock text
lab: $(VENV)/learner  ## the lab running and JupyterLab open on the course
	@$(BIN)/lab open course/00-welcome.ipynb $(ARGS)

demo: $(VENV)/learner  ## the whole story once, without a browser
	@$(BIN)/lab run --own -- docs/demo.sh

test: $(VENV)/development  ## everything that proves it
	$(MAKE) --no-print-directory lint
	$(BIN)/lab build
	$(BIN)/python -m pytest -n 4 --dist loadgroup $(ARGS)

bench: $(VENV)/development  ## rates against plain LocalStack and nbgrader, as ratios in one run
	$(BIN)/lab build
	$(BIN)/python -m benchmarks $(ARGS)

lint: $(VENV)/development
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

release: $(VENV)/learner  ## exercises/ from solutions/
	$(BIN)/grader release $(ARGS)

text: $(VENV)/learner  ## notebooks from their edited text twins
	$(BIN)/grader text $(ARGS)

UVC = $(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-annotate --no-header --python-version 3.11
lock:  ## requirements/*.txt from the pyproject files
	$(UVC) pyproject.toml -o requirements/learner.txt
	$(UVC) pyproject.toml --extra distributed -c requirements/learner.txt -o requirements/distributed.txt
	$(UVC) pyproject.toml --extra distributed --group development -c requirements/distributed.txt -o requirements/development.txt
	printf '%s\n' "$$(grep '^ *"uv==' pyproject.toml | tr -d '", ')" | $(UVC) - -o requirements/installer.txt
	cd lab/emulator && $(abspath $(BIN))/$(UVC:$(BIN)/%=%) pyproject.toml -c ../../requirements/localstack-constraints.txt -o ../../requirements/emulator.txt
	$(UVC) --no-deps --group kcl -o requirements/kcl.txt
	cd requirements/backend && npm install --package-lock-only --omit-lockfile-registry-resolved --no-audit --no-fund
	$(BIN)/python requirements/conda.py

$(VENV)/learner: requirements/learner.txt requirements/installer.txt pyproject.toml
	@$(or $(PYTHON),python3) requirements/install.py $(VENV) learner
	@touch $@

$(VENV)/development: requirements/development.txt $(VENV)/learner
	@$(or $(PYTHON),python3) requirements/install.py $(VENV) development
	@touch $@

$(VENV)/distributed: requirements/distributed.txt $(VENV)/learner  ## for grading on several hosts
	@$(or $(PYTHON),python3) requirements/install.py $(VENV) distributed
	@touch $@
