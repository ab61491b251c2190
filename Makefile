# make run | test | cover | test-large | test-ray | test-backends | test-pythons | fuzz | mutants | bench | starter | lint | lock.
# The environment is made on first use, in .venv.
PYTHON ?= python3
REQUIREMENTS ?= requirements.txt
# What is installed: the same with all that it pulls in, each file known by its hash.
LOCK := $(REQUIREMENTS:.txt=.lock)
VENV := .venv
BIN := $(VENV)/bin
INSTALL = $(BIN)/python -m pip install --quiet --disable-pip-version-check
export TF_CPP_MIN_LOG_LEVEL ?= 3

.PHONY: run test cover test-large test-ray test-backends test-pythons fuzz mutants bench starter lint lock format screenshots clean

# RAY=auto or RAY=HOST:PORT: trainings and all other long work run on that cluster (docs/scaling.md).
run: $(VENV)/.run-ready $(if $(RAY),$(VENV)/.ray-ready)
	$(BIN)/streamlit run app.py $(if $(DATA)$(RAY)$(ARGS),-- $(if $(DATA),--data "$(DATA)") \
	  $(if $(RAY),--ray "$(RAY)") $(ARGS))

# One process more than there are cores in CI: now and then each waits, for a browser or a worker.
TESTERS ?= 3

# What hangs says where, before it is ended.
test: $(VENV)/.dev-ready
	$(BIN)/python -m pytest -o faulthandler_timeout=200 --numprocesses $(TESTERS) --dist loadfile --no-loadscope-reorder \
	  -m "not large and not ray" $(ARGS)

# The same, and which branches it takes: by room, with a floor. Takes two fifths longer.
cover: ARGS = --cov --cov-report=json:.coverage.json --cov-report=
cover: test
	$(BIN)/python -m tools.covered

# A chosen part on Python 3.11, 3.12 and 3.13, where they are installed.
test-pythons: $(VENV)/.dev-ready
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python -m tools.pythons $(ARGS)

# By hand: do the tests notice a wrong sign, number or comparison?  ARGS="core/store --sample 30"
mutants: $(VENV)/.dev-ready
	$(BIN)/python -m tools.mutants $(ARGS)

# What takes minutes: large networks, what is asked of all of them, and trainings and lists of films
# that are watched in a browser.
test-large: $(VENV)/.dev-ready
	$(BIN)/python -m pytest -m "large and not ray" $(ARGS)

# Work on a cluster of several nodes, all of them on this machine; minutes. Without Ray this fails
# rather than leave anything out.
test-ray: $(VENV)/.dev-ready $(VENV)/.ray-ready
	$(BIN)/python -c "import ray"
	$(BIN)/python -m pytest -m ray $(ARGS)

# The networks on PyTorch and JAX too; make test leaves out what is not installed.
test-backends: $(VENV)/.backends-ready
	$(BIN)/python -m pytest tests/contracts/test_backends.py \
	  tests/contracts/test_torch_weights.py $(ARGS)

# Damaged films, zips, tables and files of runs, by the thousand: a value or a plain sentence each.
MUTANTS ?= 2000
fuzz: $(VENV)/.dev-ready
	$(BIN)/python -m tests.fuzz --mutants $(MUTANTS) $(ARGS)

lint: $(VENV)/.dev-ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	PYTHONPATH=. $(BIN)/lint-imports --no-logo
	$(BIN)/mypy

format: $(VENV)/.dev-ready
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# The starter networks once more, from the public films in FILMS; are they as shipped? A quarter of
# an hour. ARGS=--write replaces them.
FILMS ?= ../shared/data
starter: $(VENV)/.dev-ready
	$(BIN)/python -m tools.starters "$(FILMS)" $(ARGS)

# With the browser of the tests, for the sections server and interaction.
bench: $(VENV)/.dev-ready
	$(BIN)/python -m bench $(ARGS)

screenshots: $(VENV)/.dev-ready
	$(BIN)/python -m tests.browser.screenshots

clean:
	rm -rf $(VENV) .venv-3* .pytest_cache .mypy_cache .ruff_cache .import_linter_cache

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; assert (3, 11) <= sys.version_info < (3, 14), "ThoraxLens needs Python 3.11, 3.12 or 3.13; set PYTHON=python3.x"'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run-ready: $(LOCK) | $(VENV)/bin/python
	$(INSTALL) --require-hashes -r $(LOCK)
	touch $@

$(VENV)/.dev-ready: requirements-dev.lock $(VENV)/.run-ready
	$(INSTALL) --require-hashes -r requirements-dev.lock
	touch $@

$(VENV)/.ray-ready: requirements-ray.lock $(VENV)/.run-ready
	$(INSTALL) --require-hashes -r requirements-ray.lock
	touch $@

$(VENV)/.backends-ready: requirements-backends.txt $(VENV)/.dev-ready
	$(INSTALL) -r requirements-backends.txt
	touch $@

# After a change of requirements*.txt: the rest stays as it is locked, where it may.
# ARGS=--upgrade takes what is newest of all that we do not choose ourselves. Extras stay written:
# without them pip asks for the newest of what another library wants with an extra, and no hash fits.
lock: | $(VENV)/bin/python
	$(INSTALL) $$(grep -o '^uv==[^ ]*' requirements-dev.txt)
	for each in requirements requirements-cuda requirements-dev; do \
	  $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-strip-extras \
	    --no-header --no-annotate --output-file $$each.lock $$each.txt $(ARGS) || exit 1; \
	done
	# On top of requirements.lock, with what both need as it is there.
	sed 's/ *\\$$//; /--hash=/d' requirements.lock > requirements-ray.lock.with
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-strip-extras \
	  --no-header --no-annotate --constraint requirements-ray.lock.with \
	  --output-file requirements-ray.lock requirements-ray.txt $(ARGS); \
	  status=$$?; rm -f requirements-ray.lock.with; exit $$status
