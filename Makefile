# What a person or the CI calls. `make test` is the README's second command.

PYTHON ?= python3
VENV   := .venv
PIP    := $(VENV)/bin/pip
LOCKED := --locked

.PHONY: test test-rust test-features py e2e ready lint docs bless schema bench new-control

test: test-features test-rust py e2e

# Without the AWS SDK: what most people build, and what an edit of a control is tested with.
test-features:
	cargo test $(LOCKED) -p cis-core -p cis-aws
	cargo test $(LOCKED) -p cis-examples

# Everything, the AWS SDK included. Leaves target/debug/audit with `live`, which the end-to-end tests run.
test-rust:
	cargo test $(LOCKED) --workspace --all-features

$(VENV)/ready: examples/tests/e2e/requirements.txt cis-py/requirements.txt
	$(PYTHON) -m venv $(VENV)
	$(PIP) install --quiet -r examples/tests/e2e/requirements.txt -r cis-py/requirements.txt
	touch $@

py: $(VENV)/ready
	VIRTUAL_ENV=$(abspath $(VENV)) $(VENV)/bin/maturin develop --quiet $(LOCKED) -m cis-py/Cargo.toml
	$(VENV)/bin/pytest -q cis-py/tests

e2e: $(VENV)/ready
	cargo build $(LOCKED) --workspace --all-features
	$(VENV)/bin/pytest -q examples/tests/e2e
	$(VENV)/bin/python benches/models/make.py --check
	$(VENV)/bin/pytest -q benches/tests

# All that the CI runs, in order: what is quick to fail comes first.
ready:
	cargo fmt --all --check
	$(PYTHON) cis-aws/demo/make.py --check
	$(MAKE) lint docs test

lint:
	cargo clippy $(LOCKED) -p cis-core -p cis-aws -p cis-examples --all-targets -- -D warnings
	cargo clippy $(LOCKED) --workspace --all-features --all-targets -- -D warnings
	./examples/tests/embedding.sh

docs:
	RUSTDOCFLAGS="-D warnings" cargo doc $(LOCKED) --workspace --all-features --no-deps

# Rewrites what is generated and committed: schemas, and the messages and evidence that the tests compare with.
bless: $(VENV)/ready
	BLESS=1 INSTA_UPDATE=always cargo test $(LOCKED) -p cis-core -p cis-aws --features cis-aws/schema,cis-aws/cli
	$(PYTHON) cis-aws/demo/make.py
	$(VENV)/bin/python benches/models/make.py

bench:
	cargo bench $(LOCKED) -p cis-benches

# make new-control KEY=s3.mfa_delete: the file of a control with its first case, and its line in the list.
new-control:
	$(PYTHON) cis-aws/new_control.py $(KEY)
