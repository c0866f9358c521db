# `make` alone lists the targets.

PREFIX ?= /usr/local
TARGET ?= x86_64-unknown-linux-musl
RUNS ?= 10000

.DEFAULT_GOAL := help
.PHONY: help tools build demo test test-all lint deny fuzz live install static image dist reproducible wine-test bench

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

tools: need-rust ## install the tools that Debian doesn't have into ~/.cache
	@bash scripts/tools.sh

build: need-rust ## build the binary: target/release/coveo-delete-key
	cargo build --release --locked

demo: need-rust ## see it at work on a fake organization on this machine
	@bash scripts/demo.sh

test: need-rust ## run every test that this machine can run, and list the skipped ones
	@bash scripts/test.sh

test-all: need-rust ## install what tests need (Debian, Ubuntu), build the release, and run every test
	@bash scripts/setup.sh all
	@bash scripts/dist.sh
	@CI=true bash scripts/test.sh

lint: need-rust ## check format and lints
	cargo fmt --all --check
	cargo clippy --locked --workspace --all-targets -- -D warnings

deny: need-rust ## check licenses, sources and known vulnerabilities of all crates
	@bash -c '. scripts/tools.sh && cargo deny --locked check'

fuzz: need-rust ## compare what the tool reports with the truth, RUNS=10000 times
	RUNS=$(RUNS) cargo test --locked --release --test randomized -- --nocapture

live: ## try the static binary on a real organization, with two new API keys, and write a report
	@bash scripts/live.sh "$${CARGO_TARGET_DIR:-target}/$(TARGET)/release/coveo-delete-key"

install: build ## install the binary and its man page below PREFIX=/usr/local
	install -D -m 755 target/release/coveo-delete-key $(DESTDIR)$(PREFIX)/bin/coveo-delete-key
	install -D -m 644 doc/coveo-delete-key.1 $(DESTDIR)$(PREFIX)/share/man/man1/coveo-delete-key.1

static: need-rust ## build a static file for TARGET=x86_64-unknown-linux-musl or another target
	@bash scripts/static.sh $(TARGET)

image: ## make a container image for amd64 and arm64: dist/coveo-delete-key-VERSION-oci.tar
	@$(MAKE) --no-print-directory static TARGET=x86_64-unknown-linux-musl
	@$(MAKE) --no-print-directory static TARGET=aarch64-unknown-linux-musl
	@bash scripts/image.sh

dist: need-rust ## make a release in dist/: archives, container image, SBOMs, SHA256SUMS
	@bash scripts/dist.sh

reproducible: need-rust ## make the release twice, here and in a clone, and compare the bytes
	@bash scripts/reproducible.sh

wine-test: need-rust ## run tests of the Windows program under Wine
	@bash scripts/wine.sh

bench: need-rust ## measure speed, size and memory against curl
	@bash scripts/bench.sh

.PHONY: need-rust
need-rust:
	@command -v cargo >/dev/null || { echo "make: cargo is missing: install Rust (rustup, or your system's package)" >&2; exit 1; }
	@command -v cc >/dev/null || { echo "make: cc is missing: install a C compiler (Debian: apt-get install gcc libc6-dev)" >&2; exit 1; }
