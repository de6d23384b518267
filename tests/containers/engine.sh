# engine.sh: podman as it works here, a base image, and csilink's image; sourced after lib.sh.
#
# CSILINK_BASE   the base image to build on; by itself one that is there, else one made by debootstrap
#                from the mirror that apt uses

image=localhost/csilink:test

# without_engine REASON: the tests cannot run here, which is no failure.
without_engine() {
    skip "containers: $1"
    finish
}

for tool in podman buildah; do
    command -v $tool >/dev/null 2>&1 ||
        without_engine "no $tool here (apt-get install podman buildah podman-compose)"
done
podman info >"$work/info" 2>&1 || without_engine "podman does not work: $(tail -n 1 "$work/info")"

find_base() {
    for name in ${CSILINK_BASE:-localhost/debian:bookworm docker.io/library/debian:bookworm-slim}; do
        podman image exists "$name" && echo "$name" && return
    done
    [ -z "${CSILINK_BASE:-}" ] || return 1
    podman pull -q docker.io/library/debian:bookworm-slim >/dev/null 2>&1 &&
        echo docker.io/library/debian:bookworm-slim
}

make_base() {
    mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Codename: bookworm' 2>/dev/null |
        head -n 1)
    [ -n "$mirror" ] && command -v debootstrap >/dev/null 2>&1 &&
        debootstrap --variant=minbase bookworm "$work/rootfs" "$mirror" >"$work/debootstrap" 2>&1 &&
        tar -C "$work/rootfs" -c . | podman import -q - localhost/debian:bookworm >/dev/null 2>&1 &&
        rm -rf "$work/rootfs" && echo localhost/debian:bookworm
}

base=$(find_base || make_base) ||
    without_engine "no base image, no registry, and none could be made (apt-get install debootstrap)"

# Some kernels refuse the default run time or its limits; then these settings help.
starts() { podman run --rm --network none "$base" true >"$work/starts" 2>&1; }
if ! starts; then
    printf '%s\n' '[containers]' 'default_ulimits=["nofile=1000:1000","nproc=1000:1000"]' \
        '[engine]' 'runtime="runc"' >"$work/containers.conf"
    export CONTAINERS_CONF="$work/containers.conf"
    starts || without_engine "no container starts: $(tail -n 1 "$work/starts")"
fi

build_image() {
    buildah bud --format docker --isolation chroot --ulimit nofile=20000:20000 --layers \
        --build-arg "BASE=$base" --build-arg "JOBS=$(nproc)" --build-arg "VERSION=$(cat VERSION)" \
        -f deploy/Containerfile -t "$image" . >"$work/build" 2>&1 && return
    tail -n 20 "$work/build"
    return 1
}

# Everything that could be left behind, by name.
inventory() {
    podman ps --all --format 'container {{.Names}}'
    podman pod ps --format 'pod {{.Name}}'
    podman network ls --format 'network {{.Name}}'
    podman volume ls --format 'volume {{.Name}}'
}
