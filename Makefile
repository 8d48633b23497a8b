# The commands of this tree. Each works from a fresh clone with a Rust toolchain and the package registries; what else
# is missing is installed on Debian as root, and otherwise named.

.DEFAULT_GOAL := help
.PHONY: help demo test clients check check-windows build release bench modes clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' Makefile

demo: ## build, start with demo servers, show a first answer, serve until Ctrl-C (DEMO_ONCE=1: end after the answers)
	@scripts/demo

test: ## every test, with the pinned third-party servers and clients
	@scripts/test

clients: ## only what real clients do: Claude Code, Codex, Gemini CLI, Inspector, SDKs
	@scripts/clients

check: ## format, lints, documentation, licences, bans, sources
	@scripts/check

check-windows: ## lints of all crates for Windows, from Debian 12
	@scripts/check-windows

build: ## the binary, for development: target/debug/mcpproxy
	cargo build --bin mcpproxy

release: ## the binary, for use: target/release/mcpproxy
	cargo build --release --locked --bin mcpproxy

bench: ## figures beside other proxies, about 20 minutes (BENCH=--quick: short; BENCH=--install-peers: with all of them)
	@scripts/bench $(BENCH)

modes: ## what agents pay for the two ways to show tools: 20 servers, 500 tools, Claude Code and Codex
	@scripts/modes

clean: ## remove everything that was built or installed into target/
	cargo clean
