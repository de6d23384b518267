# compose.sh: deploy/compose.yaml with 4 agents; sourced.

project=csilink-test network=csilink-test_default
CSILINK_MONITOR_PORT=$(free_port) CSILINK_CONTROL_PORT=$(free_port)
export CSILINK_IMAGE=$image CSILINK_AGENTS=4 CSILINK_UES=25 CSILINK_PERIOD=$period
export CSILINK_MONITOR_PORT CSILINK_CONTROL_PORT
url=http://127.0.0.1:$CSILINK_MONITOR_PORT
bs=${project}_bs-server_1 sim=${project}_channel-sim_1 monitor=${project}_monitor_1
agents="${project}_ue-agent_1 ${project}_ue-agent_2 ${project}_ue-agent_3 ${project}_ue-agent_4"

compose() { podman-compose -p $project -f deploy/compose.yaml "$@" >>"$work/compose.log" 2>&1; }
up() { compose up --detach --scale ue-agent=4; }

# replace CONTAINER SERVICE
replace() {
    was=$(address "$1")
    podman rm --force --time 0 "$1" >/dev/null 2>&1 && squat "$2" && compose up --detach "$2" &&
        within serves "$1" && [ "$(address "$1")" != "$was" ]
    status=$?
    leave "$2"
    return $status
}
replace_bs() { replace $bs bs-server; }
replace_sim() { replace $sim channel-sim; }

# Debian 12's podman-compose leaves the network.
down() {
    compose down --volumes --timeout 15
    podman network rm --force $network >/dev/null 2>&1
}

checks_pass() {
    for name in $bs $sim $monitor $agents; do
        podman healthcheck run "$name" >/dev/null 2>&1 || return 1
    done
}

inventory | sort >"$work/before"
law "compose: comes up" up
comes_up compose
law "compose: the image's HEALTHCHECK passes in every container" checks_pass
is_confined compose
snr_changes compose
restarts compose
again=${agents##* }
law "compose: an agent that was killed comes back with the UEs that it had" eval '
    podman kill "$again" >/dev/null 2>&1
    podman rm --force "$again" >/dev/null 2>&1
    compose up --detach ue-agent && within serves "$again" && all_come_back &&
        within is csilink_ue_hosted 100.0 &&
        holds "sorted(int(u) for u in s[0]) == list(range(100))" "$work/ues"'
stops compose
down
inventory | sort >"$work/after"
law "compose: nothing is left of it" diff "$work/before" "$work/after"
