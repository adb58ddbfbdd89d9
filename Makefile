# One target for each task of this project; `make` alone lists them.
# Written for GNU make 3.81 (macOS) and plain /bin/sh.

PORT = 8866
# The Python for .venv; if empty, one is searched for.
PYTHON =
REPO =
ARGS =

VENV = .venv
BIN = $(VENV)/bin
STAMP = $(VENV)/.installed
# Dask and pyarrow for the tests, outside the environment: if pyarrow were in it, pandas would load
# it, and a visitor's kernel that is not forked would take a seventh more memory.
SCALE = $(VENV)/scale

export PIP_DISABLE_PIP_VERSION_CHECK = 1
export PIP_NO_INPUT = 1
# Some images set it. Then each of a thousand processes would compile the package anew.
export PYTHONDONTWRITEBYTECODE =

# Sets $python to the first candidate that runs, is 3.11 to 3.13 and can make environments. Only
# running it tells: a shim in the PATH may stand for a Python that is not installed, and Debian's
# python3 comes without ensurepip.
FIND_PYTHON = python=; version=; \
	for candidate in $(if $(PYTHON),"$(PYTHON)",python3.13 python3.12 python3.11 python3); do \
	  version=$$("$$candidate" -c 'import sys; (3, 11) <= sys.version_info < (3, 14) and print("%d.%d.%d" % sys.version_info[:3])' 2>/dev/null) || continue; \
	  if [ -z "$$version" ]; then continue; fi; \
	  if "$$candidate" -c 'import venv, ensurepip' 2>/dev/null; then python=$$candidate; break; fi; \
	  echo "$$candidate ($$version) cannot make environments: on Debian or Ubuntu, install python3-venv." >&2; \
	done; \
	if [ -z "$$python" ]; then \
	  echo "$(if $(PYTHON),$(PYTHON) is not a,There is no) usable Python 3.11, 3.12 or 3.13. Install one (python.org, apt, brew, conda)" >&2; \
	  echo "and try again, or name it: make install PYTHON=/path/to/python3.12" >&2; \
	  exit 1; \
	fi

# The groups of `make test`. JOBS of them run in parallel, started in this order; more than there are
# cores, since a browser mostly waits. A group that trains networks takes up to 2 GB.
RESULTS = test-results
GROUPS = test-browser test-front-ends test-slow test-binder test-scale test-faults test-notebooks
JOBS = 3

.PHONY: help install scale data frontend dashboard lab check test $(GROUPS) soak docs badges bench peers lock clean

help:
	@echo "make TARGET, where TARGET is one of"
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  %-10s %s\n", $$1, $$2 }' Makefile
	@echo "First time here: make dashboard"

install: $(STAMP) ## install into .venv, from pinned and hashed packages
	@echo "Installed in $(VENV), with $$($(BIN)/python --version)."

# An environment that works is kept, so that after a change of the lock only the difference is
# installed.
$(STAMP): requirements.lock pyproject.toml
	@$(FIND_PYTHON); \
	if [ -n "$(PYTHON)" ] || ! $(BIN)/python -c 'import sys, pip; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null; then \
	  echo "Making $(VENV) with Python $$version"; \
	  "$$python" -m venv --clear $(VENV) || exit 1; \
	fi
	@echo "Installing the packages of requirements.lock (the first time this takes minutes: TensorFlow is large)"
	@quiet=--quiet; if [ -t 1 ] && [ ! -e $(STAMP) ]; then quiet=; fi; \
	$(BIN)/python -m pip install $$quiet --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	@touch $(STAMP)

scale: $(STAMP) ## add Dask, Parquet and bokeh to .venv, to fit on a cluster or on larger data
	@$(BIN)/python -m pip install --quiet --require-hashes --no-deps -r requirements-scale.lock
	@echo "Ready: $(BIN)/python -m recsys data convert --help, and docs/scale.md"

$(SCALE)/.installed: $(STAMP) requirements-scale.lock
	@echo "Installing the packages of requirements-scale.lock into $(SCALE)"
	@$(BIN)/python -m pip install --quiet --require-hashes --no-deps --upgrade --target $(SCALE) \
	  -r requirements-scale.lock
	@touch $(SCALE)/.installed

data: $(STAMP) ## download the IBM course data
	@$(BIN)/python -m recsys data fetch ibm

dashboard: $(STAMP) ## fit the models that are missing and serve the dashboard (PORT=8866)
	@$(BIN)/python -m recsys data fetch ibm --time-budget 20 || true
	@$(BIN)/python -m recsys train --all
	@$(BIN)/python -m recsys serve --port $(PORT)

lab: $(STAMP) ## open the dashboard's notebook in JupyterLab (ARGS="--port 8889")
	@$(BIN)/python -m recsys data fetch ibm --time-budget 20 || true
	@$(BIN)/python -m recsys train --all
	@JUPYTER_CONFIG_PATH="$(CURDIR)" $(BIN)/python -m jupyterlab --log-level=WARN \
	  --ServerApp.answer_yes=True $(ARGS) dashboard.ipynb

# Node and npm come from PyPI; the linters and the bundler of the page's scripts from npm. Node trusts
# what the system trusts, as pip does: a network may have a proxy with a certificate of its own.
NODE = NODE_USE_SYSTEM_CA=1 PATH="$(CURDIR)/$(BIN):$$PATH"
LINTERS = frontend/node_modules/.installed

$(LINTERS): frontend/package-lock.json $(STAMP)
	@echo "Installing the packages of frontend/package-lock.json"
	@cd frontend && $(NODE) npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $(LINTERS)

frontend: $(LINTERS) ## make the page's scripts in share/jupyter from those in frontend/
	@$(NODE) node frontend/build.js

check: $(STAMP) $(LINTERS) ## linters, types, import contracts and the fast unit tests: under a minute
	@echo "== ruff: errors"
	@$(BIN)/ruff check .
	@echo "== ruff: format"
	@$(BIN)/ruff format --check .
	@echo "== mypy"
	@$(BIN)/mypy
	@echo "== import contracts"
	@$(BIN)/lint-imports --no-logo
	@echo "== the page's scripts: errors, types, unit tests, and whether the bundles are current"
	@cd frontend && $(NODE) && export PATH && node_modules/.bin/eslint . && node_modules/.bin/tsc -p . \
	  && node --test --test-reporter=dot && node build.js --check
	@echo "== unit tests"
	@$(BIN)/python -m pytest -q -m "not browser and not lessons and not slow"

test: check $(SCALE)/.installed ## all tests: check, the slow tests, the notebooks, and a real browser
	@rm -rf $(RESULTS)
	@echo "== $(GROUPS): $(JOBS) at a time, the output of each in $(RESULTS)/"
	@$(MAKE) --no-print-directory --keep-going -j $(JOBS) $(GROUPS) \
	  || { echo "FAILED: the output is above, and in $(RESULTS)/"; exit 1; }
	@echo "All tests passed."

# Run pytest with these arguments; print what was skipped, or everything if a test failed. A group
# ends after five failures: a test of a page may wait for minutes before it fails.
define pytest
@mkdir -p $(RESULTS); results=$(RESULTS)/$(@:test-%=%); \
if $(BIN)/python -m pytest $(1) --maxfail=5 -p no:cacheprovider --junitxml=$$results.xml >$$results.log 2>&1; \
then echo "== $@: $$(tail -n 1 $$results.log)"; grep '^SKIPPED' $$results.log || true; \
else cat $$results.log; echo "== $@: FAILED"; exit 1; fi
endef

$(GROUPS): $(STAMP)

# The dashboard as `recsys serve` serves it; notebooks of one's own, in all front ends; a launch on
# Binder, whose preparation trains the networks.
OWN = $(patsubst %,tests/browser/test_%.py,extended_page front_ends jupyterlab own_notebook)
LAUNCH = tests/browser/test_binder.py

test-browser:
	$(call pytest,-m browser $(addprefix --ignore=,$(OWN) $(LAUNCH)))

test-front-ends:
	$(call pytest,$(OWN))

test-binder:
	$(call pytest,$(LAUNCH))

test-slow:
	$(call pytest,-m "slow and not browser and not lessons" --ignore=tests/faults --ignore=tests/scale)

test-notebooks:
	$(call pytest,--nbval-lax --nbval-current-env dashboard.ipynb tests/test_notebooks.py)

test-faults:
	$(call pytest,-m "not browser" tests/faults)

test-scale: export PYTHONPATH = $(CURDIR)/$(SCALE)
test-scale: $(SCALE)/.installed
	$(call pytest,tests/scale)

# The browser tests come last: they leave an event loop running in the process, and then a state
# would deliver its events on it, as in a notebook.
soak: $(STAMP) ## the tests of faults and of own notebooks in full; half an hour
	@RECSYS_SOAK=500 $(BIN)/python -m pytest tests/faults tests/models/test_contract.py \
	  tests/dashboard/test_link.py tests/data/test_fetch.py tests/test_packaging.py tests/storage \
	  tests/jobs/test_warm.py tests/browser/test_faults.py tests/browser/test_front_ends.py \
	  tests/browser/test_jupyterlab.py \
	  --hypothesis-profile=soak --write-last-run

docs: $(STAMP) ## write the generated pages, and the API reference into build/api
	@$(BIN)/python docs/generate.py
	@$(BIN)/python docs/api.py

badges: $(STAMP) ## link the README's Binder badges to your repository (REPO=owner/name)
	@$(BIN)/python docs/badges.py $(REPO)

bench: $(STAMP) ## measure how long every model takes (ARGS="--data bundled")
	@$(BIN)/python benchmarks/models.py $(ARGS)

peers: $(STAMP) ## compare with other libraries, each in its own environment (ARGS="--data ibm")
	@$(BIN)/python benchmarks/peers/run.py $(ARGS)

lock: ## pin the newest allowed packages in both locks
	@$(FIND_PYTHON); \
	scratch=$$(mktemp -d) && trap 'rm -rf "$$scratch"' EXIT && \
	"$$python" -m venv "$$scratch" && "$$scratch/bin/python" -m pip install --quiet uv && \
	"$$scratch/bin/uv" pip compile pyproject.toml --group pyproject.toml:test --group pyproject.toml:dev \
	  --universal --fork-strategy fewest --python-version 3.11 --generate-hashes --no-header \
	  --upgrade -q -o requirements.lock && \
	"$$scratch/bin/uv" pip compile pyproject.toml --extra scale --constraint requirements.lock \
	  $$(sed -n 's/^\([A-Za-z0-9._-]*\)==.*/--no-emit-package \1/p' requirements.lock) \
	  --universal --fork-strategy fewest --python-version 3.11 --generate-hashes --no-header \
	  --upgrade -q -o requirements-scale.lock && \
	sed -i.old '/^# The following packages were excluded/,$$d' requirements-scale.lock && \
	rm requirements-scale.lock.old && \
	echo "Both locks are updated; run \`make test\` to check them."

clean: ## remove .venv, caches and fitted models; downloaded data stays
	rm -rf $(VENV) frontend/node_modules .recsys .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis \
	  test-results build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
