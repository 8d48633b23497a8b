# shellcheck shell=sh
# What the scripts share: where the tree is, stages with their times, and packages that a fresh machine lacks.
# Sourced, never run; the caller has changed into the root of the tree.

stage_name=
stage_start=0
stages_done=

now() { date +%s; }

say() { printf '%s\n' "$*"; }

fail() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit 1
}

# stage NAME: closes the stage before it with its time, and opens this one.
stage() {
    end_stage
    stage_name=$1
    stage_start=$(now)
    say "==> $stage_name"
}

end_stage() {
    [ -n "$stage_name" ] || return 0
    took="$(($(now) - stage_start)) s"
    say "<== $stage_name: $took"
    stages_done="$stages_done
    $stage_name: $took"
    stage_name=
}

# summary: all stages again, together.
summary() {
    end_stage
    say "stages:$stages_done"
}

has() { command -v "$1" >/dev/null 2>&1; }

# can_install: whether this user may install Debian packages.
can_install() { [ "$(id -u)" = 0 ] && has apt-get; }

# install_packages WHY PACKAGE..: installs them, or ends with the exact command that somebody else has to run.
install_packages() {
    why=$1
    shift
    can_install || fail "$why. Install it, on Debian or Ubuntu with: sudo apt-get install $*"
    say "$why: installing $*"
    log=$(mktemp)
    if ! { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@"; } >"$log" 2>&1; then
        cat "$log" >&2
        rm -f "$log"
        fail "$why, and apt-get could not install: $*"
    fi
    rm -f "$log"
}

# need_rust: cargo is the one thing that is never installed from here.
need_rust() {
    has cargo || fail "cargo is not on PATH. Install a Rust toolchain, 1.95 or newer, then try again"
    has cc || install_packages "a C compiler is missing (the TLS library compiles C)" build-essential
}
