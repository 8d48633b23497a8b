# shellcheck shell=sh
# shellcheck disable=SC2034  # the variables are for the scripts that source this
# Where an installation goes, and the files that are made for it. Sourced after common.sh by install, uninstall and deb.

# choose_layout: sets scope (user or system), destdir, prefix, bin, share, units, environment (none for system), manifest.
# By PREFIX, DESTDIR and who asks: root and packagers (DESTDIR) install for everybody.
choose_layout() {
    destdir=${DESTDIR:-}
    if [ "$(id -u)" = 0 ] || [ -n "$destdir" ]; then
        scope=system
        prefix=${PREFIX:-/usr/local}
        share=$prefix/share
        units=$prefix/lib/systemd/user
        environment=
    else
        scope=user
        prefix=${PREFIX:-$HOME/.local}
        share=$prefix/share
        [ -n "${PREFIX:-}" ] || share=${XDG_DATA_HOME:-$share}
        units=${XDG_CONFIG_HOME:-$HOME/.config}/systemd/user
        environment=${XDG_CONFIG_HOME:-$HOME/.config}/mcpproxy/environment
    fi
    for path in "$prefix" "$share" "$units" "${destdir:-/}"; do
        case $path in
        [!/]*) fail "$path must begin with /" ;;
        *[\"\\%\$\`]* | *"
"*) fail "$path holds one of \" \\ % \$ \`, which units and desktop entries cannot hold; choose another PREFIX" ;;
        esac
    done
    prefix=${prefix%/}
    bin=$prefix/bin
    manifest=$prefix/share/mcpproxy-rs/manifest
}

# fill FROM TO: copies a template and puts $bin for @BINDIR@.
fill() {
    while IFS= read -r line; do
        case $line in
        '#'*) ;;
        *@BINDIR@*) line=${line%%@BINDIR@*}$bin${line#*@BINDIR@} ;;
        esac
        printf '%s\n' "$line"
    done <"$1" >"$2"
}

# make_files BINARY FOLDER: unit, desktop entry and completions, ready to be copied.
make_files() {
    fill installers/linux/mcpproxy-rs.service "$2/mcpproxy-rs.service"
    fill installers/linux/mcpproxy-rs.desktop "$2/mcpproxy-rs.desktop"
    "$1" completions bash >"$2/mcpproxy.bash"
    "$1" completions zsh >"$2/_mcpproxy"
    "$1" completions fish >"$2/mcpproxy.fish"
}

# user_manager: whether systemd runs for this user and can be asked.
user_manager() { has systemctl && systemctl --user show-environment >/dev/null 2>&1; }
