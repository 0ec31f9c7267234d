# Two commands do it all: `make plan` and `make test`.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
CHAIN ?= data/greengrocer
RUN ?= reports/$(notdir $(CHAIN))
PYTEST_FLAGS ?=
# Tests and plans start processes by the dozen; each would compile every file anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: plan test lint help clean

help:
	@echo "make plan   install, plan $(CHAIN), say what to open"
	@echo "make test   install what tests need, run them"
	@echo "make lint   ruff and mypy --strict"

plan: $(VENV)/.runtime
	$(BIN)/planner plan $(CHAIN) --out $(RUN) --overwrite

test: $(VENV)/.dev
	$(BIN)/python -m pytest -n 2 --dist worksteal -r s $(PYTEST_FLAGS)

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

$(VENV)/.runtime: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "planner needs Python 3.11 or newer; name one with: make plan PYTHON=python3.12")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

$(VENV)/.dev: $(VENV)/.runtime requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.lock
	touch $@

clean:
	rm -rf $(VENV)
