# Two commands need nothing but Python 3.11 or newer with venv, and make: `make demo` and `make test`.

PYTHON ?= python3
BIN := .venv/bin
RUN ?= runs/demo

.PHONY: demo test check constraints clean

demo: .venv/installed  ## train the demo recipe on the packaged pictures, then show what it made
	$(BIN)/mezzotint train demo --out $(RUN)
	$(BIN)/mezzotint gallery $(RUN)

test: .venv/installed  ## the tests, on up to four cores
	$(BIN)/pytest --numprocesses auto --maxprocesses 4 --dist worksteal

check: .venv/installed  ## formatting, lint, types, layers
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/pyright
	$(BIN)/lint-imports

constraints: .venv/installed  ## pin every dependency again, for all Pythons and systems
	$(BIN)/pip install --quiet uv
	$(BIN)/uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 \
	    --no-header --no-annotate --upgrade --quiet --output-file constraints.txt

clean:
	rm -rf .venv

.venv/installed: pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "mezzotint needs Python 3.11 or newer; name one: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check -e '.[dev]' -c constraints.txt
	touch $@
