# Two commands do everything: `make serve` and `make test`.
PORT ?= 8000
PYTHON ?= python3
VENV := .venv
KB := $(VENV)/bin/kb
PIP := $(VENV)/bin/python -m pip install --quiet --disable-pip-version-check

export NO_MKDOCS_2_WARNING := 1

.PHONY: serve build preview test check format lint types contracts unit js quality install install-dev screenshots clean help

help: ## Show this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

serve: install build ## Build what changed, then serve site and search on http://127.0.0.1:8000/
	$(KB) serve --port $(PORT)

build: install ## Build snapshot and site
	$(KB) build --site

preview: install ## Live preview for writers: pages and search follow each saved edit
	$(VENV)/bin/mkdocs serve --dev-addr 127.0.0.1:$(PORT)

test: install-dev lint types contracts build quality unit js ## Everything that CI runs

check: test ## The same

lint: install-dev
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/ruff check .

types: install-dev
	$(VENV)/bin/mypy

contracts: install-dev
	$(VENV)/bin/lint-imports

quality: install-dev build ## Search quality on the development queries, against the floor
	$(KB) eval --floor benchmarks/floor.toml

# The browser tests in a process of their own: Playwright keeps an event loop running.
unit: install-dev build
	$(VENV)/bin/python -m pytest -m "not browser"
	$(VENV)/bin/python -m pytest -m browser

js:
	node --test tests/js/

format: install-dev ## Format the code
	$(VENV)/bin/ruff format .
	$(VENV)/bin/ruff check --fix .

screenshots: install-dev build ## Remake the pictures of the README
	$(VENV)/bin/python tools/screenshots.py

install: $(VENV)/.installed
install-dev: $(VENV)/.installed-dev

# torch first and alone: a range would let pip choose a build with gigabytes of GPU packages.
$(VENV)/.installed: pyproject.toml constraints.txt
	test -x $(VENV)/bin/python || $(PYTHON) -m venv $(VENV)
	@echo "installing (the first time takes a few minutes) …"
	$(PIP) torch==2.13.0
	$(PIP) --constraint constraints.txt --editable ".[build]"
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	$(PIP) --constraint constraints.txt --editable ".[build,dev]"
	@touch $@

clean: ## Delete everything that can be made again
	rm -rf build $(VENV) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
