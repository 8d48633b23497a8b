# The commands of this tree. Each works from a fresh clone with a Rust toolchain and the package registries; what else
# is missing is installed on Debian as root, and otherwise named.

.DEFAULT_GOAL := help
.PHONY: help demo tray test clients check check-windows test-windows check-macos check-packages build release install uninstall deb bench modes clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' Makefile

demo: ## build, start with demo servers, show a first answer, serve until Ctrl-C (DEMO_ONCE=1: end after the answers)
	@scripts/demo

tray: ## build the core and the app in the tray, and start it
	@scripts/tray

test: ## every test, with the pinned third-party servers and clients
	@scripts/test

clients: ## only what real clients do: Claude Code, Codex, Gemini CLI, Inspector, SDKs
	@scripts/clients

check: ## format, lints, documentation, licences, bans, sources
	@scripts/check

check-windows: ## lints of all crates for Windows, from Debian 12
	@scripts/check-windows

test-windows: ## tests of the crates that differ most on Windows, under wine, from Debian 12; not a part of any check
	@scripts/test-windows

check-macos: ## lints of all crates for macOS, from Debian 12; links nothing
	@scripts/check-macos

check-packages: ## the debs are built, installed, run on a systemd and a desktop of their own, removed (as root on Debian)
	@scripts/check-packages

build: ## the binary, for development: target/debug/mcpproxy
	@scripts/ui
	cargo build --bin mcpproxy

release: ## the binary, for use: target/release/mcpproxy
	@scripts/ui
	cargo build --release --locked --bin mcpproxy

install: ## the core: command, systemd unit, completions: into ~/.local, as root into /usr/local (PREFIX=, DESTDIR=, BINARY=)
	@scripts/install

uninstall: ## removes what `make install` installed; settings and data stay
	@scripts/uninstall

deb: ## the Debian packages: target/debian/mcpproxy-rs_*.deb, and mcpproxy-rs-desktop_*.deb with the app in the tray
	@scripts/deb

bench: ## figures beside other proxies, about 13 minutes (BENCH=--quick: short; BENCH=--install-peers: with all of them)
	@scripts/bench $(BENCH)

modes: ## what agents pay for the two ways to show tools: 20 servers, 500 tools, Claude Code and Codex
	@scripts/modes

clean: ## remove everything that was built or installed into target/
	cargo clean
