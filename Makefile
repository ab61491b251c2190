# make run | test | test-large | test-backends | fuzz | bench | lint.  The environment is made on first use, in .venv.
PYTHON ?= python3
REQUIREMENTS ?= requirements.txt
VENV := .venv
BIN := $(VENV)/bin
export TF_CPP_MIN_LOG_LEVEL ?= 3

.PHONY: run test test-large test-backends fuzz bench lint format screenshots clean

run: $(VENV)/.run-ready
	$(BIN)/streamlit run app.py $(if $(DATA),-- --data "$(DATA)")

test: $(VENV)/.dev-ready
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder \
	  -m "not large" $(ARGS)

# What takes minutes: large networks, and what is asked of all 26.
test-large: $(VENV)/.dev-ready
	$(BIN)/python -m pytest -m large $(ARGS)

# The networks on PyTorch and JAX too; make test leaves out what is not installed.
test-backends: $(VENV)/.backends-ready
	$(BIN)/python -m pytest tests/contracts/test_backends.py $(ARGS)

# Damaged films, zips, tables and files of runs, by the thousand: a value or a plain sentence each.
MUTANTS ?= 2000
fuzz: $(VENV)/.dev-ready
	$(BIN)/python -m tests.fuzz --mutants $(MUTANTS) $(ARGS)

lint: $(VENV)/.dev-ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(VENV)/.dev-ready
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# With the browser of the tests, for the section server.
bench: $(VENV)/.dev-ready
	$(BIN)/python -m bench $(ARGS)

screenshots: $(VENV)/.dev-ready
	$(BIN)/python -m tests.browser.screenshots

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; assert (3, 11) <= sys.version_info < (3, 14), "ThoraxLens needs Python 3.11, 3.12 or 3.13; set PYTHON=python3.x"'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run-ready: $(REQUIREMENTS) requirements-base.txt constraints.txt | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r $(REQUIREMENTS)
	touch $@

$(VENV)/.dev-ready: requirements-dev.txt $(VENV)/.run-ready
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	touch $@

$(VENV)/.backends-ready: requirements-backends.txt $(VENV)/.dev-ready
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-backends.txt
	touch $@
