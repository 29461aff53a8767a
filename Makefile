# The developer manual in seven words: demo, check, test, bench, quality, docs, lock. Each sets up .venv by itself.

PYTHON ?= python3
BIN := .venv/bin
VENV := .venv/.installed
SPARK := .venv/.spark
PYTEST := $(BIN)/python -m pytest
JOBS ?= 2
BOUNDS_CACHE := $(CURDIR)/.numba_cache/bounds

.DEFAULT_GOAL := help
.PHONY: help demo test check bench quality docs lint lock clean packages spark

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-7s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(VENV): pyproject.toml requirements.lock
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

demo: $(VENV) ## make a small world, find its rings, say where the report is
	rm -rf demo/world
	$(BIN)/graphkit simulate demo/world --world small --seed 7
	$(BIN)/graphkit detect demo/world/likes.parquet --users demo/world/users.parquet \
		--notes demo/world/notes.parquet --out demo/run --force
	@echo "report: demo/run/report.html"

lint: $(VENV) ## style, types, import layers, declared dependencies
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/deptry graphkit pipelines

check: lint ## lint and the quick tests, under a minute
	HYPOTHESIS_PROFILE=quick $(PYTEST) -n $(JOBS) --dist loadfile -m "not slow"

packages: # the programs some tests drive: a browser, a database, Java
	@.ci/packages

$(SPARK): $(VENV) requirements-spark.lock
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements-spark.lock
	@touch $@

spark: packages # half a gigabyte, of use to nobody without Java
	@if command -v java >/dev/null; then $(MAKE) --no-print-directory $(SPARK); \
	else echo "no Java: tests of the Spark engine will skip" >&2; fi

test: packages lint docs spark ## lint, docs, every test, and the kernels once more with bounds checks
	NUMBA_BOUNDSCHECK=1 NUMBA_CACHE_DIR=$(BOUNDS_CACHE) $(PYTEST) -m kernels tests/kernels
	$(PYTEST) -n $(JOBS) --dist loadfile

bench: $(VENV) ## time and memory of detection at 1 and 10 M likes, beside other ways to count and the bars
	$(BIN)/python -m tests.benchmark.bench_detect

quality: $(VENV) ## what is found and what is mistaken on worlds nobody tuned to: writes docs/quality.md
	$(BIN)/python -m tests.quality suite --jobs $(JOBS)
	$(BIN)/python -m tests.quality batches --jobs $(JOBS)

docs: $(VENV) ## build the documentation, warnings as errors
	$(BIN)/sphinx-build -q -W --keep-going -b html docs docs/_build/html
	@echo "docs: docs/_build/html/index.html"

lock: ## pin every dependency with its hashes (needs uv)
	uv pip compile pyproject.toml --extra dev --extra docs --extra notebook --universal --generate-hashes --no-emit-index-url \
		--no-header --quiet --output-file requirements.lock
	python3 -c "import tomllib; print(*tomllib.load(open('pyproject.toml', 'rb'))['project']['optional-dependencies']['spark'])" | \
		uv pip compile - --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-header --quiet --output-file requirements-spark.lock

clean: ## remove everything made by these targets
	rm -rf .venv demo docs/_build .quality .numba_cache .hypothesis .mypy_cache .ruff_cache .import_linter_cache
