# kubernetes.sh: one cell of deploy/kubernetes, as pods of podman; sourced.

network=csilink-test-cell http=$(free_port)
url=http://127.0.0.1:$http
bs=bs-server-bs-server sim=channel-sim-channel-sim monitor=monitor-monitor
agents="ue-agent-0-ue-agent ue-agent-1-ue-agent ue-agent-2-ue-agent ue-agent-3-ue-agent"

render() {
    tests/containers/render.py "deploy/kubernetes/cells/$1" "$image" "$http" "$work/keys" >"$work/rendered" &&
        sed "s/CSILINK_PERIOD: .*/CSILINK_PERIOD: '$period'/" "$work/rendered"
}
# Of a rendered cell, the ConfigMaps and the pod of that name.
only() {
    "$python" -c 'import sys, yaml
wanted = [d for d in yaml.safe_load_all(sys.stdin)
          if d["kind"] == "ConfigMap" or d["metadata"]["name"] == sys.argv[1]]
yaml.safe_dump_all(wanted, sys.stdout)' "$1"
}
play() { podman play kube --network $network "$1" >>"$work/play.log" 2>&1; }

# A pod's program is killed hard with its pod; a deployment makes another.
pod_address() { address "$(podman pod inspect -f '{{.InfraContainerID}}' "$1")"; }
replace() {
    was=$(pod_address "$1")
    only "$1" <"$work/cell.yaml" >"$work/$1.yaml"
    podman pod rm --force --time 0 "$1" >/dev/null 2>&1 && squat "$1" && play "$work/$1.yaml" &&
        within serves "$1-$1" && [ "$(pod_address "$1")" != "$was" ]
    status=$?
    leave "$1"
    return $status
}
replace_bs() { replace bs-server; }
replace_sim() { replace channel-sim; }

# The cell's Secret, as a folder that the user csilink of the containers may read.
"$csilink" keys new station agent controller --ues 0-999999 --keys "$work/keys" >"$work/out"
if [ "$(id -u)" -eq 0 ]; then
    chmod 711 "$work" && chown -R 65532:65532 "$work/keys"
else
    podman unshare chown -R 65532:65532 "$work/keys"
fi

inventory | sort >"$work/before"
for cell in cell-1 cell-2 cell-3; do
    law "kubernetes: $cell renders" eval 'render $cell >"$work/$cell.yaml" 2>"$work/$cell.left"'
done
cp "$work/cell-1.yaml" "$work/cell.yaml"
echo "  left out, since podman has none of it: $(paste -sd ';' "$work/cell-1.left")"
podman network create $network >/dev/null
law "kubernetes: a cell comes up" play "$work/cell.yaml"
comes_up kubernetes
is_confined kubernetes
snr_changes kubernetes
restarts kubernetes
stops kubernetes
for pod in bs-server channel-sim monitor ue-agent-0 ue-agent-1 ue-agent-2 ue-agent-3; do
    podman pod rm --force --time 0 $pod >/dev/null 2>&1
done
podman network rm --force $network >/dev/null 2>&1
inventory | sort >"$work/after"
law "kubernetes: nothing is left of it" diff "$work/before" "$work/after"
