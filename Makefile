# The few verbs of this project. `make run` and `make test` set up whatever is missing.

VENV   := .venv
BIN    := $(VENV)/bin
# TensorFlow has wheels for these versions of Python.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null && echo $$p && break; done)

# The page is built with Node.js and npm, where they are there.
NODE := $(shell command -v npm >/dev/null && node -e \
	'const [major, minor] = process.versions.node.split(".").map(Number); if (major < 20 || (major === 20 && minor < 19)) process.exit(1)' \
	2>/dev/null && echo node)
export NEXT_TELEMETRY_DISABLED := 1

# make run: a folder of images, or a sample (gallery, caltech101, none) where the collection is empty; where data is kept
IMAGES ?=
SAMPLE ?= gallery
DATA   ?= data
# make fuzz-api: how many requests are made up for each operation, beside those that its description leads to by itself
EXAMPLES ?= 100

.PHONY: help setup page run test test-types test-style test-page openapi openapi-release fuzz-api format lock clean

help:
	@echo "make run                       start Lookalike on http://127.0.0.1:8000"
	@echo "make run IMAGES=DIR            the same, with the images of a folder; its folders' names become labels"
	@echo "make run SAMPLE=caltech101     the same, with a public data set (gallery: pictures that the program draws)"
	@echo "make page                      build the page, as make run does where Node.js is there"
	@echo "make test                      run every check"
	@echo "make openapi                   write the descriptions of the API anew, as the services are"
	@echo "make fuzz-api                  send the gateway thousands of requests that its description allows, or forbids"
	@echo "make format | lock | clean     format the code | renew the lock files | remove the environment"

setup: $(VENV)/.complete

$(VENV)/.complete: requirements/dev.txt pyproject.toml
	@test -n "$(PYTHON)" || { echo "Lookalike needs Python 3.11, 3.12 or 3.13; set PYTHON=... to name one." >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || \
		{ echo "Python cannot make a virtual environment (on Debian: apt-get install python3-venv)." >&2; exit 1; }
	@echo "Installing what requirements/dev.txt pins into $(VENV): a few minutes, once."
	@# Nothing is compiled ahead: most of it is never imported.
	@$(BIN)/python -m pip --disable-pip-version-check install --quiet --no-compile --require-hashes -r requirements/dev.txt
	@$(BIN)/python -m pip --disable-pip-version-check install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

WITHOUT_NODE := Without Node.js 20.19 or newer and npm the page cannot be built (on Debian 13: apt-get install nodejs npm).

page: web/out/index.html

web/node_modules/.complete: web/package-lock.json
	@echo "Installing what web/package-lock.json pins: a minute, once."
	@cd web && npm ci --no-audit --no-fund
	@touch $@

web/src/api/schema.d.ts: openapi/gateway.json web/node_modules/.complete
	@cd web && npm run --silent types
	@touch $@

web/out/index.html: web/src/api/schema.d.ts web/node_modules/.complete $(shell find web/src web/public web/scripts web/*.* -type f)
	@echo "Building the page."
	@cd web && npm run --silent build

run: setup
	@$(if $(NODE),$(MAKE) --no-print-directory page ||) echo "$(if $(NODE),The page could not be built.,$(WITHOUT_NODE)) / shows the API's documentation."
	@exec $(BIN)/lookalike serve --data "$(DATA)" --sample "$(SAMPLE)" $(if $(IMAGES),--images "$(IMAGES)")

# Two processes, a file in one of them: much of the tests' time is waiting.
PYTEST := $(BIN)/pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder

test:
	@# What is fetched, compiled and checked without any test, two things at a time.
	@$(MAKE) --no-print-directory --jobs 2 setup test-page
	@$(MAKE) --no-print-directory --jobs 2 test-types test-style
	@# Each kind in a process of its own: libraries with threads of their own, that contract tests load, disturb signals.
	$(PYTEST) tests/contract
	$(PYTEST) tests/e2e tests/integration
	$(PYTEST) tests/unit
	@# How good search is on the drawn gallery: labels find each other, and altered copies their original.
	$(BIN)/lookalike evaluate gallery --with WEIGHTS=inception-2015 --against tests/data/gallery.json
	$(BIN)/lookalike evaluate gallery --with WEIGHTS=inception-2015 --protocol copies --max-queries 360 \
		--against tests/data/copies.json

test-types: setup
	$(BIN)/mypy

# And the network, which is built once and kept: tests that need it do not wait for each other then.
test-style: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports
	$(BIN)/python -m services.embedder.extractors

# Nothing may be skipped in CI. The page's browser tests are among tests/e2e: they need the services.
test-page:
ifeq ($(NODE),)
	@echo "NOT TESTED: the page. $(WITHOUT_NODE)"
	@test "$(CI)" != true
else
	@$(MAKE) --no-print-directory page
	cd web && npm run --silent check
	cd web && npm run --silent test
	cd web && npm run --silent budget
endif

# The descriptions that tests compare with; the second is for whoever releases a version: it promises what the first has.
openapi: setup
	$(BIN)/python -m tests.support.openapi.documents

openapi-release: setup
	$(BIN)/python -m tests.support.openapi.documents --release

# As make test does, with many more requests, which differ from run to run.
fuzz-api: setup
	API_FUZZ_EXAMPLES=$(EXAMPLES) $(BIN)/pytest -s tests/integration/test_contract.py

format: setup
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(if $(NODE),@$(MAKE) --no-print-directory web/node_modules/.complete && cd web && npm run --silent format)

# Extras stay in the locks: pip before 23.3 refuses a name with an extra where only the bare name has hashes.
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-strip-extras \
	--no-emit-index-url --custom-compile-command "make lock" pyproject.toml

# The other locks (of the services, of what builds the package, of the benchmarks) are cut out of the development lock, so
# that what is tested is what is deployed and measured. What the benchmarks compare with is not part of it.
lock: setup
	$(LOCK) $(foreach extra,embedder openvino search qdrant gateway telemetry cli evaluation build dev,--extra $(extra)) --output-file requirements/dev.txt
	for part in build client embedder embedder-openvino "search --extra qdrant" gateway benchmarks; do \
		$(LOCK) --extra $$part --constraint requirements/dev.txt --output-file requirements/$${part%% *}.txt || exit 1; done

clean:
	rm -rf $(VENV) web/node_modules web/.next web/out
