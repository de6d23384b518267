#!/bin/sh
# The link in containers: the image is built, a cell comes up by compose and as Kubernetes' pods, is
# changed from outside, loses its base station and its channel simulator, and goes without a trace.
# Where no container engine works, this is skipped, with a word why.
cd "$(dirname "$0")/../.." || exit 1
. tests/integration/lib.sh
patience=$((40 * slow))
. tests/containers/engine.sh
. tests/containers/cell.sh

# Whatever comes, nothing of the test stays; images do, so that the next run is quick.
remove_all() {
    podman ps --all --format '{{.Names}}' | grep -e '^csilink-test' | xargs -r podman rm --force --time 0
    podman pod rm --force --time 0 bs-server channel-sim monitor ue-agent-0 ue-agent-1 ue-agent-2 \
        ue-agent-3
    podman network rm --force csilink-test_default csilink-test-cell
    podman volume rm --force csilink-test_places
    clean_up
}
trap 'remove_all >/dev/null 2>&1' EXIT

law "the image builds on $base" build_image
size=$(podman image inspect -f '{{.Size}}' "$image")
law "it is smaller than 120 MB: $((size / 1000000)) MB" test "$size" -lt 120000000
has_no_tools() {
    podman run --rm --network none "$image" csilink --help >/dev/null 2>&1 || return 1
    for tool in sh bash apt-get dpkg gcc cc make; do
        ! podman run --rm --network none "$image" $tool --version >/dev/null 2>&1 || return 1
    done
}
law "it has csilink, but no shell, no package manager and no compiler" has_no_tools
law "it says what it is" sh -c "podman image inspect $image |
    grep -q '\"org.opencontainers.image.version\": \"$(cat VERSION)\"'"
if command -v podman-compose >/dev/null 2>&1; then
    . tests/containers/compose.sh
else
    skip "compose: no podman-compose here (apt-get install podman-compose)"
fi
if "$python" -c 'import yaml' 2>/dev/null; then
    . tests/containers/kubernetes.sh
else
    skip "kubernetes: no python3-yaml here"
fi
finish
