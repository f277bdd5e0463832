# Thin: each line calls a command that also works by itself.
SHELL := /bin/sh
VENV := .venv
BIN := $(VENV)/bin
# A Python that the locked packages are for; say PYTHON=... to choose another. Where there is none, the first
# Python at all, to say what to do. PYTHON=uv: one that uv fetches.
KNOWN := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))
FOUND := $(shell for p in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	$$p -c '$(KNOWN)' 2>/dev/null && echo $$p && break; done)
PYTHON ?=
INSTALL = $(if $(filter uv,$(PYTHON)),$(or $(FOUND),python3) requirements/install.py --fetch-python,$(if $(PYTHON),$(PYTHON) requirements/install.py --this-python,$(or $(FOUND),python3) requirements/install.py))
ARGS ?=

.PHONY: lab run demo test machines containers bench site wheels release-check lint release lock text facts certificate-page commands exam-map moving-picture readability
lab: $(VENV)/learner  ## the lab running and JupyterLab open on the course
	@$(BIN)/lab open $(ARGS)

run: $(VENV)/learner  ## the playground: a page on which records go through a real stream
	@$(BIN)/lab play $(ARGS)

demo: $(VENV)/learner  ## the whole story once, without a browser
	@$(BIN)/lab run --own -- docs/demo.sh

# Set, as in some containers, each of hundreds of processes would compile all that it imports.
test: export PYTHONDONTWRITEBYTECODE =
test: $(VENV)/development  ## everything that proves it
	$(MAKE) --no-print-directory lint
	$(BIN)/lab build
	$(BIN)/python -m pytest -n 4 --dist loadgroup --durations=30 --durations-min=5 $(ARGS)

machines:  ## make demo on fresh machines, one for each Python; needs root and mmdebstrap
	@$(or $(FOUND),python3) tests/packaging/machines.py $(ARGS)

containers: $(VENV)/development  ## docker-compose.yml started for real; needs docker or podman
	@$(BIN)/python -m tests.packaging.containers $(ARGS)

bench: $(VENV)/development  ## rates against plain LocalStack and nbgrader, as ratios in one run
	$(BIN)/lab build
	$(BIN)/python -m benchmarks $(ARGS)

site: $(VENV)/development  ## the course and its documents as pages that need no server, in _site/
	@$(BIN)/python -m publish $(ARGS)

wheels: $(VENV)/development  ## the lab and the grader for those who have no clone, in dist/
	@$(BIN)/python -m publish.wheels $(ARGS)

release-check: $(VENV)/development  ## is this commit a release? version, tag, locks, wheels, notebooks, exercises agree
	@$(BIN)/python -m tests.packaging.release

lint: $(VENV)/development
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

release: $(VENV)/learner  ## exercises/ from solutions/
	$(BIN)/grader release $(ARGS)

text: $(VENV)/learner  ## notebooks from their edited text twins
	$(BIN)/grader text $(ARGS)

facts: $(VENV)/learner  ## what was looked up on AWS's pages more than a year ago, and what hangs on it
	$(BIN)/python -m course.source.facts $(ARGS)

certificate-page: $(VENV)/development  ## the program of the page that checks certificates, from its source
	$(BIN)/python -m grader.certificates.browser.build

moving-picture: $(VENV)/development  ## the README's picture of the playground at work; needs Chromium
	@$(BIN)/lab run --own -- $(BIN)/python -m tests.lab.playground.moving_picture

commands: $(VENV)/development  ## docs/commands.md from the parsers of `lab` and `grader`
	$(BIN)/python -m publish.commands --write

exam-map: $(VENV)/learner  ## docs/exam-map.md from the bank of questions
	$(BIN)/python -m grader.bank.exam_map --write

readability: $(VENV)/development  ## how hard each lesson's prose is to read
	$(BIN)/python -m course.source.readability $(ARGS)

UVC = $(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-annotate --no-header --python-version 3.11
lock:  ## requirements/*.txt from the pyproject files
	$(UVC) pyproject.toml -o requirements/learner.txt
	$(UVC) pyproject.toml --extra distributed -c requirements/learner.txt -o requirements/distributed.txt
	$(UVC) pyproject.toml --extra distributed --group development -c requirements/distributed.txt -o requirements/development.txt
	printf '%s\n' "$$(grep '^ *"uv==' pyproject.toml | tr -d '", ')" | $(UVC) - -o requirements/installer.txt
	cd lab/emulator && $(abspath $(BIN))/$(UVC:$(BIN)/%=%) pyproject.toml -c ../../requirements/localstack-constraints.txt -o ../../requirements/emulator.txt
	$(UVC) --no-deps --group kcl -o requirements/kcl.txt
	$(UVC) --group site -o requirements/site.txt
	$(UVC) --group node -o requirements/node.txt
	cd benchmarks/kinesis_mock && npm install --package-lock-only --omit-lockfile-registry-resolved --no-audit --no-fund
	cd grader/certificates/browser && npm install --package-lock-only --omit-lockfile-registry-resolved --no-audit --no-fund
	cd tests/workflows && npm install --package-lock-only --omit-lockfile-registry-resolved --no-audit --no-fund
	$(BIN)/python requirements/conda.py

# Looked at each time: also a Python that was taken away, or a clone that was moved, is found then.
$(VENV)/learner: FORCE
	@$(INSTALL) $(VENV) learner

$(VENV)/development: FORCE
	@$(INSTALL) $(VENV) learner development

$(VENV)/distributed: FORCE  ## for grading on several hosts
	@$(INSTALL) $(VENV) learner distributed

FORCE:
