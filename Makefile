# Needs Python 3.11 or newer with its headers, make and a C compiler; everything else is installed into .venv.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet install --constraint constraints.txt
QUESTION ?= Which memory model suits a durable workflow engine?

EXTENSION := $(wildcard grammar/src/*.c grammar/src/tree_sitter/*.h)

.DEFAULT_GOAL := help
.PHONY: help bench demo test lint format types e2e grammar check-grammar wheels constraints clean

help: ## list the targets
	@sed -n 's/^\([a-z0-9-]*\):.*## \(.*\)/\1|\2/p' Makefile | while IFS='|' read -r name text; do printf '  make %-15s %s\n' "$$name" "$$text"; done

demo: $(VENV)/installed ## run the founding example, offline
	$(BIN)/rag run examples/research_review/workflows/research_review.rag --input question="$(QUESTION)"

test: $(VENV)/installed-dev ## run every test that needs only Python and a C compiler
	$(BIN)/python -m pytest -m "not e2e"

lint: $(VENV)/installed-dev ## report style and formatting
	$(BIN)/ruff check
	$(BIN)/ruff format --check

format: $(VENV)/installed-dev ## mend style and formatting
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

types: $(VENV)/installed-dev ## check types with mypy and pyright
	$(BIN)/mypy
	$(BIN)/pyright --warnings

e2e: $(VENV)/installed-e2e ## build the distribution, install it elsewhere and drive it as a user would (needs a package index)
	$(BIN)/python -m pytest -m e2e

bench: ## run the benchmarks beside their peers, in an environment of their own (needs a package index; takes half an hour)
	bench/run

grammar: $(VENV)/installed-dev ## regenerate the parser from grammar/grammar.js
	.ci/grammar write
	$(PIP) --editable '.[dev]'

check-grammar: $(VENV)/installed-dev ## compare the committed parser with a fresh one, and run the grammar's own corpus
	.ci/grammar check

wheels: $(VENV)/installed ## write the source archive and a wheel for each platform to dist/ (fetches a cross-compiler)
	.ci/wheels dist

constraints: ## pin the newest releases of everything installed here in constraints.txt
	.ci/constraints $(PYTHON)

clean: ## remove the environment and everything built
	rm -rf $(VENV) build dist *.egg-info .cache .mypy_cache .pytest_cache .ruff_cache .hypothesis compiler/rag_compiler/_grammar*.so

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; name one with: make PYTHON=python3.12 ..."; exit 1; }
	@$(PYTHON) -c 'import ensurepip' || { echo "this Python cannot make environments; on Debian: apt-get install python3-venv"; exit 1; }
	@$(PYTHON) -c 'import pathlib, sys, sysconfig; sys.exit(not pathlib.Path(sysconfig.get_path("include"), "Python.h").exists())' || { echo "the headers of this Python are missing; on Debian: apt-get install python3-dev"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/installed: pyproject.toml constraints.txt $(EXTENSION) | $(BIN)/python
	$(PIP) --editable .
	@touch $@

$(VENV)/installed-e2e: pyproject.toml constraints.txt $(EXTENSION) | $(BIN)/python
	$(PIP) --editable '.[dev,e2e]'
	@touch $@ $(VENV)/installed $(VENV)/installed-dev

$(VENV)/installed-dev: pyproject.toml constraints.txt $(EXTENSION) | $(BIN)/python
	$(PIP) --editable '.[dev]'
	@touch $@ $(VENV)/installed
