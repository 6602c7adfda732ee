# What a person or the CI calls. `make test` is the README's second command.

PYTHON ?= python3
VENV   := .venv
PIP    := $(VENV)/bin/pip
LOCKED := --locked
FUZZ_SECONDS ?= 60

.PHONY: test test-rust test-features test-python environment py e2e ready check lint docs bless schema bench bench-live \
	bench-collection bench-memory bench-peers bench-python bench-check bench-keep fuzz new-control

# What waits for answers does so beside what computes, and tests run while others are compiled.
test:
	$(MAKE) -j3 --output-sync=line test-features test-rust test-python

# All that the AWS SDK has no part in, without it: what an edit of a control is tested with.
test-features:
	cargo test $(LOCKED) -p cis-core -p cis-aws --features cis-aws/cli,cis-aws/schema
	cargo test $(LOCKED) -p cis-examples

# What the SDK has a part in, and the programs.
# What test-features has run and no feature changes is not run again: to link each of those tests with the SDK takes longer
# than to run them.
test-rust:
	cargo test $(LOCKED) --workspace --all-features --lib --bins --test 'live*' --test cli --test it
	cargo test $(LOCKED) --workspace --all-features --doc

REQUIREMENTS := examples/tests/e2e/requirements.txt examples/tests/formats/requirements.txt cis-py/requirements.txt

$(VENV)/ready: $(REQUIREMENTS)
	$(PYTHON) -m venv $(VENV)
	$(PIP) install --quiet $(addprefix -r ,$(REQUIREMENTS))
	touch $@

environment: $(VENV)/ready

# Without the live source: what it takes is compiled in a minute or two, and `e2e` tests the live source.
py: $(VENV)/ready
	VIRTUAL_ENV=$(abspath $(VENV)) $(VENV)/bin/maturin develop --quiet $(LOCKED) --no-default-features -m cis-py/Cargo.toml
	$(VENV)/bin/pytest -q cis-py/tests

# `--test cli` builds nothing that is run here: with a test among the targets the dependencies have the features that they have
# in test-rust, which has built nearly all of it. What only tests add (hashbrown's and rand's defaults, clap's `env`) changes no
# answer of a program.
e2e: $(VENV)/ready
	cargo build $(LOCKED) --workspace --all-features --lib --bins --test cli
	$(VENV)/bin/pytest -q -n auto examples/tests/e2e
	$(VENV)/bin/pytest -q examples/tests/formats
	$(VENV)/bin/python benches/models/make.py --check
	$(VENV)/bin/pytest -q benches/tests
	mkdir -p target/python && cp -r cis-py/python/cis_aws target/python
	cp target/debug/lib_native.so target/python/cis_aws/_native.abi3.so
	PYTHONPATH=target/python $(VENV)/bin/pytest -q -n auto cis-py/tests/live

# One after the other: both build the native module.
test-python: py
	$(MAKE) e2e

# All that the CI runs, in order: what is quick to fail comes first.
ready: check test

check:
	cargo fmt --all --check
	$(PYTHON) cis-aws/demo/make.py --check
	$(MAKE) lint docs

# Without features what is left out must not be missed; tests have the same lints with them.
lint:
	cargo clippy $(LOCKED) -p cis-core -- -D warnings
	cargo clippy $(LOCKED) -p cis-core -p cis-aws -p cis-examples -- -D warnings
	cargo clippy $(LOCKED) --workspace --all-features --all-targets -- -D warnings
	./examples/tests/embedding.sh

docs:
	RUSTDOCFLAGS="-D warnings" cargo doc $(LOCKED) --workspace --all-features --no-deps --lib

# Rewrites what is generated and committed: schemas, and the messages and evidence that the tests compare with.
bless: $(VENV)/ready
	$(PYTHON) corpus/make.py
	BLESS=1 INSTA_UPDATE=always cargo test $(LOCKED) -p cis-core -p cis-aws --features cis-aws/schema,cis-aws/cli
	$(PYTHON) cis-aws/demo/make.py
	$(VENV)/bin/python benches/models/make.py

# Measures everything and writes benches/RESULTS.md, a section each. Takes valgrind, some 10 GB of memory and a while.
# The allocator keeps what it has: else the kernel clears memory anew for each run over a large account.
bench:
	for bench in inside evaluation snapshots counts; do MIMALLOC_PURGE_DELAY=-1 cargo bench $(LOCKED) -p cis-benches --bench $$bench || exit 1; done
	$(MAKE) bench-collection bench-memory bench-peers bench-python

# The release programs with the live source: it takes a quarter of an hour to build them.
bench-live:
	cargo build --release $(LOCKED) -p cis-examples -p cis-benches --features cis-examples/live,cis-benches/live --bins

# Beside the bare SDK, and beside what latency and quotas allow.
bench-collection: bench-live
	target/release/collection

# The peak of a scan, live and of a snapshot, and how it grows.
bench-memory: bench-live
	target/release/memory

# Beside Prowler, which comes from PyPI.
bench-peers: bench-live $(VENV)/ready
	$(VENV)/bin/python benches/peers/run.py
	target/release/results

# From Python beside the same from Rust.
bench-python: $(VENV)/ready
	cargo build --release $(LOCKED) -p cis-benches --bin generate --bin scan --bin results
	VIRTUAL_ENV=$(abspath $(VENV)) $(VENV)/bin/maturin develop --release --quiet $(LOCKED) --no-default-features -m cis-py/Cargo.toml
	$(VENV)/bin/python benches/python/measure.py
	target/release/results

# Whether the counts that are kept in benches/counts.json still hold; bench-keep keeps those of now.
bench-check bench-keep:
	cargo bench $(LOCKED) -p cis-benches --bench counts -- --$(@:bench-%=%)

# cargo-fuzz asks for flags that are not stable; RUSTC_BOOTSTRAP lets the stable compiler have them.
fuzz:
	cd cis-aws && for target in policy_parse pattern_parse pattern_covers; do \
		mkdir -p fuzz/corpus/$$target && \
		RUSTC_BOOTSTRAP=1 cargo fuzz run --sanitizer none $$target fuzz/corpus/$$target fuzz/seeds/$$target -- \
			-dict=fuzz/$${target%%_*}.dict -max_total_time=$(FUZZ_SECONDS) -timeout=5 || exit 1; \
	done

# make new-control KEY=s3.mfa_delete: the file of a control with its first case, and its line in the list.
new-control:
	$(PYTHON) cis-aws/new_control.py $(KEY)
