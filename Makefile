# `make demo` and `make test` are all a newcomer needs: Rust, Python 3 and a C compiler.
export CARGO_TARGET_DIR ?= $(HOME)/.cache/rekor-target
# mold links several times faster; it is used where it is installed.
CARGO := $(if $(shell command -v mold 2>/dev/null),mold -run cargo,cargo)
REKOR := $(CARGO_TARGET_DIR)/debug/rekor

.PHONY: demo demo-s3 test ci lint serve soak bench fuzz-api fuzz-sql tools

# The development profile: dependencies are optimised, Rekor itself is not.
demo: tools
	$(CARGO) build -p rekor-cli
	examples/demo.sh $(REKOR)

# The same tour with the data on a real S3 API server; Linux on x86_64.
demo-s3: tools
	$(CARGO) build -p rekor-cli
	examples/demo.sh $(REKOR) s3

test: tools
	$(CARGO) test --workspace

lint: tools
	cargo fmt --all --check
	$(CARGO) clippy --workspace --all-targets -- -D warnings
	scripts/one-arrow.sh

# Nothing is skipped here.
ci: export REKOR_NO_SKIP = 1
ci: lint test demo demo-s3

serve: tools
	$(CARGO) build -p rekor-cli
	$(REKOR) serve --dev

# Kills the real server 50 times under load; the short run is part of `make test`.
soak: tools
	REKOR_CRASH_CYCLES=50 $(CARGO) test -p rekor-cli --test crash -- --nocapture

# JSONBench against ClickHouse, on this machine: the release build, a million documents.
bench: tools
	$(CARGO) build --release -p rekor-cli
	python3 benchmarks/jsonbench/run.py --rekor $(CARGO_TARGET_DIR)/release/rekor

# Requests made from the OpenAPI description, at least 20,000; schemathesis comes from PyPI.
fuzz-api: tools
	$(CARGO) build --release -p rekor-cli
	scripts/fuzz-api.sh $(CARGO_TARGET_DIR)/release/rekor

# 100,000 random queries, each compared with ClickHouse's answer; chdb comes from PyPI.
fuzz-sql: tools
	$(CARGO) build --release -p rekor-cli
	python3 scripts/fuzz-sql/run.py $(CARGO_TARGET_DIR)/release/rekor

tools:
	@scripts/tools.sh
