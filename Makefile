# `make check` is the gate: what it accepts may land, here and in CI alike.
# Everything runs in a virtual environment of its own, made on first use from pyproject.toml.

VENV ?= .venv
T ?= tests
BIN = $(VENV)/bin
STAMP = $(VENV)/.installed
FINDS_PYTHON = for p in python3.13 python3.12 python3.11 python3; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done
PYTHON ?= $(shell $(FINDS_PYTHON))

.PHONY: check fix test bench soak docs startup

check:
	$(PYTHON) tests/gate.py

fix: $(STAMP)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

test: $(STAMP)
	$(BIN)/python -m pytest $(T)

bench: $(STAMP)
	$(BIN)/python tests/bench.py
	$(BIN)/python tests/bench_sync.py

soak: $(STAMP)
	AGENCE_SOAK=1 $(BIN)/python -m pytest -m soak tests
	$(BIN)/python -m tests.sim --seeds 0:1000 --jobs 2

docs: $(STAMP)
	$(BIN)/python -m agence.cli.reference

startup: $(STAMP)
	$(BIN)/python -m tests.house.bill

$(STAMP): pyproject.toml
	$(PYTHON) -c 'import sys; sys.path.insert(0, "tests"); from gate import install; install()'
