# Every target sets up what it needs: `make demo` on a bare machine is the whole instruction.
PYTHON ?= python3
BIN := .venv/bin
ALONE := tests/chaos/test_rate.py tests/chaos/test_refusals.py  # they measure when requests arrive: without company, and without coverage
COMPILE := $(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-annotate --python-version 3.11
PIP_QUIETLY := --quiet --quiet --disable-pip-version-check

.PHONY: help setup demo test check bench chaos lock clean

help:            ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: .venv/.ready  ## create .venv from the lock

.venv/.ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Oriel needs Python 3.11 or newer; name one with: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 2; }
	$(PYTHON) -m venv .venv
	@echo "Installing from requirements.lock …"
	@sed -n '/^uv==/,/[^\\]$$/p' requirements.lock > .venv/uv.lock
	@$(BIN)/python -m pip install $(PIP_QUIETLY) --require-hashes -r .venv/uv.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements.lock \
		|| $(BIN)/python -m pip install $(PIP_QUIETLY) --require-hashes -r requirements.lock  # where only pip knows the mirror
	@$(BIN)/python -m pip install $(PIP_QUIETLY) --no-deps --no-build-isolation -e .
	@touch $@

demo: setup      ## the main job, for real: processes, HTTP, a live funnel
	$(BIN)/oriel demo

test: setup      ## every test, on an embedded server of its own; coverage and its floors
	$(BIN)/python -m pytest $(ALONE)
	$(BIN)/python -m pytest -n auto --maxprocesses=4 --cov --cov-report= $(ALONE:%=--ignore=%)
	$(BIN)/python -m tests.floors

check: setup     ## style, types, import contracts, dependencies
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/deptry .

bench: setup .venv/arq/.ready  ## how fast, against a bare loop, Celery, dramatiq and arq; exit status 1 below the targets
	$(BIN)/python -m tests.benchmarks $(ARGS)

.venv/arq/.ready: tests/benchmarks/arq.lock .venv/.ready
	@$(BIN)/python -m venv --without-pip .venv/arq
	@$(BIN)/uv pip install --quiet --python .venv/arq/bin/python --require-hashes -r $< \
		|| $(BIN)/python -m pip --python .venv/arq/bin/python install $(PIP_QUIETLY) --require-hashes -r $<  # as above
	@touch $@

chaos: setup     ## campaigns in storms of kills, stops and cut connections, one a seed; a minute each. ARGS="--seeds 20"
	$(BIN)/python -m tests.chaos $(ARGS)

lock:            ## re-resolve requirements.lock and the rival's own lock from pyproject.toml
	$(COMPILE) --group dev pyproject.toml -o requirements.lock
	$(COMPILE) --group rival-arq -o tests/benchmarks/arq.lock

clean:           ## remove the environment and the embedded server's data
	rm -rf .venv .oriel .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage* *.egg-info
