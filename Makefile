# Each target says what it does: `make help`. Works with GNU make 3.81 (macOS) and newer.

VENV := .venv
BIN := $(VENV)/bin
PORT_BASE ?= 8000
ARGS ?=
PYTHON ?= $(shell for name in python3 python3.14 python3.13 python3.12 python3.11; do \
	command -v $$name >/dev/null 2>&1 && $$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$name && break; done)
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
# The pip that Python brings (23.x) takes the newest release of a package that another one asks for with an extra, not the
# locked one, and then misses its hash: each release of such a package broke the install.
PIP_RELEASE := 26.3

.DEFAULT_GOAL := help
.PHONY: help setup run test chaos lint format types docs words reset lock

help: ## Show this list
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

run: $(VENV)/.sandbox ## Run the whole product on this machine (PORT_BASE=9000 moves the ports, ARGS=--quiet keeps it calm)
	@PORT_BASE=$(PORT_BASE) exec $(BIN)/python -m sandbox up $(ARGS)

test: $(VENV)/.dev ## Run all tests
	$(BIN)/python -m pytest -n 2 $(ARGS)

chaos: $(VENV)/.dev ## Two minutes of faults while people pay and answer (ARGS="--seed 7 --minutes 10")
	$(BIN)/python -m tests.chaos $(ARGS)

lint: $(VENV)/.dev ## Check style, form and the import rule
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

format: $(VENV)/.dev ## Put the code into form
	$(BIN)/ruff check --fix --quiet . ; $(BIN)/ruff format .

types: $(VENV)/.dev ## Check types
	$(BIN)/mypy

docs: $(VENV)/.dev ## Write the table of settings anew from the code
	$(BIN)/python -m docs.make_settings

words: $(VENV)/.dev ## Gather the messages of code and templates into the catalogs, and say which lack a translation
	@$(BIN)/python -m tests.support.words

reset: $(VENV)/.sandbox ## Forget all that the sandbox has stored
	@$(BIN)/python -m sandbox reset

setup: $(VENV)/.dev ## Install everything for run, test, lint and types into .venv

lock: $(VENV)/.dev ## Write the lock files anew from the .in files
	$(PIP) uv
	for name in requirements-dev requirements-sandbox requirements; do \
		if [ $$name = requirements-dev ]; then keep=; else keep="--constraint requirements-dev.lock"; fi; \
		$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
			$$keep $$name.in --output-file $$name.lock || exit 1; done
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-deps \
		requirements-spec.in --output-file requirements-spec.lock

$(VENV)/.sandbox: requirements-sandbox.lock | $(VENV)/.pip
	@echo "Installing what the product and its sandbox need into $(VENV) ..."
	@$(PIP) --require-hashes --requirement requirements-sandbox.lock
	@touch $@

$(VENV)/.dev: requirements-dev.lock requirements-spec.lock | $(VENV)/.pip
	@echo "Installing what the tests need into $(VENV) ..."
	@$(PIP) --require-hashes --requirement requirements-dev.lock
	@$(PIP) --require-hashes --no-deps --requirement requirements-spec.lock
	@touch $@ $(VENV)/.sandbox

$(VENV)/.pip: | $(VENV)/.made
	@$(PIP) pip==$(PIP_RELEASE)
	@touch $@

# A stamp, and --clear: whoever was interrupted in the middle of the first seconds begins anew.
$(VENV)/.made:
	@if [ -z "$(PYTHON)" ]; then \
		echo "Python 3.11 or newer was not found. Install one, or name it: make run PYTHON=/path/to/python3"; exit 1; fi
	@$(PYTHON) -m venv --clear $(VENV) && touch $@ || { rm -rf $(VENV); \
		echo "Python cannot make a virtual environment. On Debian or Ubuntu: apt install python3-venv"; exit 1; }
