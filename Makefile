# Every command sets up what it needs in .venv first; a later edit does not repeat the set-up.
PYTHON ?= python3
SEED ?= 0
SERVE ?= 1
PORT ?= 6006
OUT ?= demo-runs
BIN := .venv/bin
BUNDLE := tb_zeroacc/plugin/static/index.js
WIRE := frontend/src/model/wire.ts
FRONTEND := $(shell find frontend/src -type f) frontend/package.json frontend/package-lock.json \
	frontend/tsconfig.json frontend/vite.config.ts
TIMED := tools/timed.sh
QUIET := TF_CPP_MIN_LOG_LEVEL=2
PYTEST := env $(QUIET) $(BIN)/python -m pytest -q -n 2

.DEFAULT_GOAL := help
.PHONY: help demo test test-long test-oldest test-beam quick check bench screenshots docs wire clean

help:  ## list the commands
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 14

demo: .make/installed $(BUNDLE)  ## train the demo cases, print the verdicts, start TensorBoard (SERVE=0, SEED=1)
	@$(TIMED) "demo" env $(QUIET) $(BIN)/python -m demo --out $(OUT) --seed $(SEED)
	@if [ "$(SERVE)" != 0 ]; then \
		echo "Open http://localhost:$(PORT)/#zero_accuracy (Ctrl-C stops it)"; \
		$(QUIET) $(BIN)/tensorboard --logdir $(OUT) --port $(PORT); fi

test: .make/installed .make/browser .make/prometheus.ready $(BUNDLE)  ## every behaviour once, the browser included
	@$(TIMED) "tests" $(PYTEST) -m "not long and not benchmark"

test-long: .make/installed .make/browser .make/prometheus.ready $(BUNDLE)  ## more seeds, wheels, whatever takes minutes
	@$(TIMED) "long tests" $(PYTEST) -m "long"

test-oldest: .make/oldest .make/browser $(BUNDLE)  ## recorder, reader and tab with the oldest versions
	@$(TIMED) "tests with the oldest versions" env $(QUIET) .venv-oldest/bin/python -m pytest -q -n 2 \
		-m "not long and not benchmark" -p no:cacheprovider \
		tests/recording tests/keras tests/logs tests/test_records.py tests/browser/test_tab.py

test-beam: .make/beam $(BUNDLE)  ## the scan of fleets with Apache Beam, in an environment of its own
	@$(TIMED) "tests with Beam" .venv-beam/bin/python -m pytest -q -n 2 -p no:cacheprovider tests/fleet

quick: .make/installed  ## the inner loop: no training, no browser
	@$(TIMED) "quick tests" $(PYTEST) -m "not long and not benchmark and not training and not browser"

check: .make/installed .make/node  ## style and types, Python and TypeScript
	@$(TIMED) "types of the wire" $(BIN)/python tools/wire_types.py --check $(WIRE)
	@$(TIMED) "ruff" $(BIN)/ruff check .
	@$(TIMED) "mypy" $(BIN)/mypy
	@$(TIMED) "TypeScript" env PATH="$(CURDIR)/$(BIN):$$PATH" npm --prefix frontend run --silent check

bench: .make/installed  ## measure; figures belong into docs/measurements.md
	@for script in recorder monitor workers taps logs remote_logs scrape; do \
		echo "== $$script"; $(QUIET) $(BIN)/python tests/benchmarks/$$script.py || exit 1; done
	@$(QUIET) $(BIN)/python -m tests.benchmarks.fleet
	@$(QUIET) $(BIN)/python -m tests.benchmarks.sending
	@$(QUIET) $(BIN)/python -m tests.corpus score

screenshots: .make/installed .make/browser $(BUNDLE)  ## docs/images from a real TensorBoard; those of the tests
	@$(TIMED) "screenshots" env $(QUIET) $(BIN)/python -m tests.browser.screenshots
	@$(TIMED) "pictures of the pages" env $(QUIET) $(BIN)/python -m tests.browser.pages

docs: .make/installed  ## the pages of the rules, from their docstrings; the file of all sentences
	@$(BIN)/python tools/rule_pages.py docs/rules
	@$(BIN)/python -m tests.diagnosis.sentences

wire: .make/installed  ## the frontend's types, from Python's
	@$(BIN)/python tools/wire_types.py $(WIRE)

clean:  ## undo the set-up
	rm -rf .venv .venv-oldest .venv-beam .make frontend/node_modules $(BUNDLE) demo-runs

# --- set-up -------------------------------------------------------------------------------------

.make/venv:
	@mkdir -p .make
	@tools/python_ready.sh $(PYTHON)
	@$(TIMED) "virtual environment" $(PYTHON) -m venv .venv
	@touch $@

.make/installed: .make/venv pyproject.toml
	@$(TIMED) "installation" $(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	@touch $@

.make/oldest: .make/venv pyproject.toml tests/oldest.txt
	@$(TIMED) "virtual environment of the oldest versions" $(PYTHON) -m venv .venv-oldest
	@$(TIMED) "installation of the oldest versions" .venv-oldest/bin/python -m pip install --quiet \
		--disable-pip-version-check -c tests/oldest.txt -e '.[dev]'
	@touch $@

# Beam's bounds on protobuf exclude the version that pip picks for TensorFlow.
.make/beam: .make/venv pyproject.toml
	@$(TIMED) "virtual environment for Beam" $(PYTHON) -m venv .venv-beam
	@$(TIMED) "installation of Beam" .venv-beam/bin/python -m pip install --quiet \
		--disable-pip-version-check -e '.[beam]' pytest pytest-timeout pytest-xdist hypothesis filelock
	@touch $@

.make/browser: .make/installed
	@$(TIMED) "browser" tools/browser_ready.sh $(BIN)/python
	@touch $@

.make/prometheus.ready:
	@mkdir -p .make
	@$(TIMED) "Prometheus" tools/prometheus_ready.sh .make/prometheus
	@touch $@

.make/node: .make/installed frontend/package-lock.json
	@$(TIMED) "node modules" env PATH="$(CURDIR)/$(BIN):$$PATH" npm --prefix frontend ci --silent
	@touch $@

# An editable install builds the tab once; after an edit it is built again here.
$(BUNDLE): $(FRONTEND) | .make/installed .make/node
	@$(TIMED) "tab" env PATH="$(CURDIR)/$(BIN):$$PATH" npm --prefix frontend run --silent bundle
	@touch $@
