# shellcheck shell=sh
# What the lanes for other systems share: Debian's second, newer Rust toolchain, with the standard library built from source.
# They check; nothing is released from them, because the version moves with Debian. Sourced after common.sh.

rust_packages="rustc-web cargo-web rust-web-src rust-web-clippy"
unavailable=69

are_installed() {
    for package in "$@"; do
        [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || return 1
    done
}

# need_debian PACKAGE..: what the lane needs beside the toolchain. Ends with 69 where that cannot be had.
need_debian() {
    # shellcheck disable=SC2086  # a list of names
    set -- $rust_packages "$@"
    has dpkg-query || no_lane "This is not a Debian system." "$@"
    if are_installed "$@"; then return 0; fi
    can_install || no_lane "Install them: sudo apt-get install --no-install-recommends $*" "$@"
    stage "toolchain"
    # A subshell, because install_packages ends the shell that it fails in.
    (install_packages "the toolchain is missing" "$@") || no_lane "apt-get cannot install them here." "$@"
}

# no_lane WHY PACKAGE..
no_lane() {
    why=$1
    shift
    say "${0##*/} needs Debian 12 with these packages: $*"
    say "$why"
    exit $unavailable
}

# debian_cargo TARGET COMMAND..: Debian's cargo must find Debian's compiler and nothing of rustup, whose wrappers would pick
# another version; building the standard library is an unstable option, hence the bootstrap switch. `clippy` is a program of
# its own, since cargo would look for it in the folder of rustup first.
debian_cargo() {
    target=$1
    program=/usr/bin/cargo
    [ "$2" != clippy ] || program=/usr/bin/cargo-clippy
    command=$2
    shift 2
    env -u RUSTUP_HOME -u RUSTUP_TOOLCHAIN \
        PATH=/usr/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/sbin:/bin \
        CARGO=/usr/bin/cargo RUSTC=/usr/bin/rustc RUSTDOC=/usr/bin/rustdoc RUSTC_BOOTSTRAP=1 \
        "$program" "$command" -Zbuild-std=std,panic_unwind,test --target "$target" --locked "$@"
}
