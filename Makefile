# Every target works on a machine with only Python >= 3.11 and make; see README.md.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PAGES  ?= 60
CORE   := tests/digests tests/messages tests/standards tests/codebooks tests/evidence tests/dossier
COMPILE = uv pip compile --universal --generate-hashes --no-emit-index-url --no-header --no-annotate -q

unexport PYTHONDONTWRITEBYTECODE  # programs that start a hundred times in the tests should not be compiled each time

.PHONY: help setup demo serve test test-busy coverage test-big test-kills check bench book wheelhouse lock clean

help:            ## this list
	@grep -E '^[a-z-]+: .*##|^[a-z-]+:  +##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*##/ \t/' | expand -t 14

setup: $(VENV)/.dev  ## install everything into .venv (pinned, with hashes)

# Two locks, installed as they stand: demo.txt for running, dev.txt for the rest. What is installed already stays.
$(VENV)/.demo $(VENV)/.dev: $(VENV)/.%: requirements/%.txt requirements/build.txt requirements/install.py pyproject.toml messages/version.py
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed: make $(MAKECMDGOALS) PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) requirements/install.py $* --venv $(VENV)
	@touch $@
	@if [ $* = dev ]; then touch $(VENV)/.demo; fi

demo: $(VENV)/.demo      ## the complete exchange on this machine: PAGES=60 pages, PAGES=5253 for a large case
	@$(BIN)/python -m bench.demo --pages $(PAGES)

serve: $(VENV)/.demo     ## the same hub and agencies, kept running until Ctrl-C
	@$(BIN)/python -m bench.demo --pages $(PAGES) --serve

test: setup      ## all tests, PostgreSQL and S3 included
	@$(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder -m "not big and not kills"

test-busy: setup ## the same beside four busy loops (tests must not depend on the speed)
	@$(BIN)/python -m tests.busy -- $(MAKE) --no-print-directory test

coverage: setup  ## coverage of the core by its own tests, at least 95 %
	@$(BIN)/pytest -n 2 --dist loadfile --cov --cov-report=term --cov-fail-under=95 $(CORE)

test-big: setup  ## one 5 GiB file and 100,000 pages, in constant memory
	@$(BIN)/pytest -m big

test-kills: setup ## hundreds of real processes killed while they number and sign the log
	@$(BIN)/pytest -m kills

check: setup     ## format, lint, types, import contracts
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

bench: setup     ## the 5,253-page case against cp -r and one SHA-256 pass
	@$(BIN)/python -m bench.headline

book: setup      ## the standards book in zh-CN and English, readable offline: build/book/html
	@$(BIN)/python -m docs.book

wheelhouse: setup ## packages for an intranet without internet: pip install --no-index --find-links wheelhouse casehub
	@rm -rf wheelhouse && mkdir wheelhouse
	@$(BIN)/pip download -q --disable-pip-version-check $(PIP_OPTIONS) --require-hashes -r requirements/run.txt -d wheelhouse
	@$(BIN)/pip wheel -q --disable-pip-version-check --no-deps --no-build-isolation . -w wheelhouse
	@cp requirements/run.txt wheelhouse/
	@echo "wheelhouse/: $$(ls wheelhouse | wc -l) files. On the intranet: python3 -m venv casehub && casehub/bin/pip install --no-index --find-links wheelhouse casehub"

lock:            ## refresh requirements/ (needs uv): dev.txt first, the smaller ones from it
	@$(COMPILE) pyproject.toml --group dev -o requirements/dev.txt
	@$(COMPILE) pyproject.toml --group demo -c requirements/dev.txt -o requirements/demo.txt
	@$(COMPILE) pyproject.toml -c requirements/dev.txt -o requirements/run.txt
	@$(COMPILE) --group build -c requirements/dev.txt -o requirements/build.txt

clean:           ## remove what make created
	rm -rf $(VENV) demo wheelhouse dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis
