# Two commands matter: `make run` and `make test`. Everything they need they set up themselves.
PYTHON ?= python3
BIN := .venv/bin
export PORT ?= 8000
export TINGDA_HOME ?= $(CURDIR)/var

.PHONY: run test check eval bench setup setup-dev lock

run: setup
	TINGDA_DEMO=1 $(BIN)/tingda up

test: setup-dev
	scripts/test

check: setup-dev
	scripts/check

eval: setup-dev
	scripts/eval

bench: setup-dev
	scripts/bench

setup: .venv/ready

.venv/ready: requirements.lock pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

setup-dev: .venv/ready-dev

.venv/ready-dev: .venv/ready requirements-dev.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	touch $@

# After a change of dependencies in pyproject.toml. Needs uv; nothing else here does.
lock:
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate -q --no-emit-index-url --extra build pyproject.toml -o requirements.lock
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate -q --no-emit-index-url --extra build --group dev pyproject.toml -o requirements-dev.lock
