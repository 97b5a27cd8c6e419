# Two commands on a fresh machine with Python 3.11 or newer and make: `make demo` and `make test`.
# Both make their own environment in .venv from the hash-pinned locks; the second run starts at once.
SHELL = /bin/sh
BIN = .venv/bin
WEEK_OLD = 7 days
# One more than there are processors: many journeys wait for what another process does.
WORKERS = import os; print(min((os.cpu_count() or 1) + 1, 5))

.PHONY: help demo test check lint format types contracts lock docs messages bench clean

help:
	@echo 'make demo    see Regwatch work: polls, alerts with evidence, a search; no tokens, no network'
	@echo 'make test    run every test'
	@echo 'make check   lint, format, types and import contracts'
	@echo 'make format  let ruff put the code in form'
	@echo 'make docs    write docs/map.md and docs/settings.md anew'
	@echo 'make messages  bring the catalogues of texts up to date with the code'
	@echo 'make lock    resolve the locks anew from pyproject.toml'
	@echo 'make bench   compare each hot path with its best peer (BENCH=--quick: small)'
	@echo 'make clean   take away .venv and everything that can be made again'

.venv/.runtime: requirements.txt pyproject.toml .ci/environment
	@sh .ci/environment runtime

.venv/.dev: requirements-dev.txt pyproject.toml .ci/environment
	@sh .ci/environment dev

.venv/.bench: requirements-bench.txt pyproject.toml .ci/environment
	@sh .ci/environment bench

demo: .venv/.runtime
	@$(BIN)/regwatch demo

test: .venv/.dev
	@$(BIN)/python -m pytest -n $$($(BIN)/python -c "$(WORKERS)") --dist worksteal

check: lint types contracts

lint: .venv/.dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

format: .venv/.dev
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

types: .venv/.dev
	@$(BIN)/mypy

contracts: .venv/.dev
	@$(BIN)/lint-imports --no-logo

docs: .venv/.dev
	@$(BIN)/python docs/generate.py

bench: .venv/.bench
	@$(BIN)/python benchmarks/ratios.py $(BENCH)

# The locks resolve for every platform and Python from 3.11 up, name no addresses, and hold back what is newer than a week.
COMPILE = $(BIN)/uv pip compile pyproject.toml --quiet --universal --python-version 3.11 --generate-hashes \
	--no-annotate --no-header --upgrade --exclude-newer '$(WEEK_OLD)'

messages: .venv/.dev
	@$(BIN)/python -m tests.message_texts

lock: .venv/.dev
	@$(COMPILE) --extra dev --extra otel --extra build -o requirements-dev.txt
	@$(COMPILE) --extra build --constraints requirements-dev.txt -o requirements.txt
	@$(COMPILE) --extra bench --extra build --constraints requirements-dev.txt -o requirements-bench.txt

clean:
	@rm -rf .venv build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	@find bot handlers schedules tests -name __pycache__ -type d -prune -exec rm -rf {} +
