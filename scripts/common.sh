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

# apt_get COMMAND..: another one that is at work, such as the updates of the night, is waited for.
apt_get() { DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 "$@"; }

# install_packages WHY PACKAGE..: installs them, or ends with the exact command that somebody else has to run.
install_packages() {
    why=$1
    shift
    can_install || fail "$why. Install it, on Debian or Ubuntu with: sudo apt-get install $*"
    say "$why: installing $*"
    log=$(mktemp)
    if ! { apt_get update && apt_get install -y --no-install-recommends "$@"; } >"$log" 2>&1; then
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

# The app in the tray is built with the system's GTK and WebKit. Its icon is drawn by a library that is only opened when the
# app starts.
tray_packages="libwebkit2gtk-4.1-dev libayatana-appindicator3-1 pkg-config"

has_tray_libraries() { has pkg-config && pkg-config --exists webkit2gtk-4.1; }

# tray_builds: whether the app in the tray can be built here. What is missing is installed where that is allowed; `why_no_tray`
# tells what is missing elsewhere.
why_no_tray=
tray_builds() {
    if [ "$(uname -s)" != Linux ] || has_tray_libraries; then return 0; fi
    why_no_tray="the development files of WebKitGTK 4.1 are missing. Install them, on Debian or Ubuntu with: sudo apt-get install $tray_packages"
    can_install || return 1
    # distributions that are too old do not have them at all; one that cannot be asked fails below, and says why
    if apt_get update >/dev/null 2>&1 && ! apt-cache show libwebkit2gtk-4.1-dev >/dev/null 2>&1; then
        why_no_tray="apt-get offers no libwebkit2gtk-4.1-dev here"
        return 1
    fi
    # shellcheck disable=SC2086  # a list of names
    install_packages "the development files of WebKitGTK are missing (the app in the tray is built with them)" $tray_packages
}

# need_tray: as above, for what cannot do without it.
need_tray() { tray_builds || fail "the app in the tray cannot be built: $why_no_tray"; }
