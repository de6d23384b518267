#!/bin/sh
# Installs what csilink needs from Debian, by package name, and says what it installs. Does nothing
# (and needs no root) when everything is there. `install-deps.sh build` leaves out what only tests
# and plots need; further packages may be named behind it.
set -eu

packages="build-essential pkg-config libzmq3-dev libprotobuf-c-dev protobuf-c-compiler libuv1-dev
libfftw3-dev libopenblas-dev libmatio-dev libcjson-dev libcyaml-dev libyaml-dev libmicrohttpd-dev
nettle-dev libonnx-dev libhdf5-dev zlib1g-dev"
[ "${1:-}" = build ] || packages="$packages libcunit1-dev python3-onnx gnuplot-nox"
[ $# -eq 0 ] || shift
packages="$packages $*"

missing=
for package in $packages; do
    dpkg-query -W -f '${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed ||
        missing="$missing $package"
done
[ -n "$missing" ] || exit 0

as_root=
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null 2>&1 || {
        echo "csilink needs these Debian packages; as root, run: apt-get install$missing" >&2
        exit 1
    }
    as_root=sudo
fi
echo "installing from Debian:$missing"
$as_root apt-get update -qq
# shellcheck disable=SC2086 # the list is split on purpose
$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
    $missing >/dev/null
