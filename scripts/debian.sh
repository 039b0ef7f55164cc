# shellcheck shell=bash
# A bare Debian 13, built here. What scripts/bare and scripts/image have in common.
# Sourced from the root of the repository, under `set -euo pipefail`.

suite=trixie

die() {
    echo "${0##*/}: $*" >&2
    exit 1
}

# apt_sources FORMAT: one line a repository of this suite that this machine's apt takes from the network.
apt_sources() {
    apt-get indextargets --format "$1" 'Created-By: Packages' | grep -E 'https?://' | grep "$suite" || true
}

# build_debian ROOT: a bare Debian there, reached as this machine reaches its mirror and its package index.
build_debian() {
    local root=$1 mirror file
    # shellcheck disable=SC2016  # $(…) is apt's
    mirror=$(apt_sources '$(RELEASE) $(REPO_URI)' | sed -n "s/^$suite //p" | head -n 1)
    [ -n "$mirror" ] || die "apt of this machine has no source for $suite"
    debootstrap --variant=minbase "$suite" "$root" "$mirror" >"$root.log" 2>&1 || die "debootstrap failed, see $root.log"
    # shellcheck disable=SC2016
    apt_sources 'deb $(REPO_URI) $(RELEASE) $(COMPONENT)' | sort -u >"$root/etc/apt/sources.list"
    for file in $(grep -ls Acquire /etc/apt/apt.conf /etc/apt/apt.conf.d/*) /etc/apt/auth.conf /etc/apt/auth.conf.d/* \
        /etc/pip.conf /etc/resolv.conf /etc/hosts "${PIP_CERT:-}" "${SSL_CERT_FILE:-}" "${REQUESTS_CA_BUNDLE:-}"; do
        # not the system's own list of authorities, which ca-certificates will build from the next line's
        [ ! -f "$file" ] || [ "$file" = /etc/ssl/certs/ca-certificates.crt ] || install -D -m 644 "$file" "$root$file"
    done
    install -D -m 644 /etc/ssl/certs/ca-certificates.crt "$root/usr/local/share/ca-certificates/this-machine.crt"
}
