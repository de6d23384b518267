# cell.sh: the laws of a deployed cell, however it was deployed; sourced.
#
# Whoever sources it has set: url (of the monitor's page) and
# bs, sim, monitor, agents (names of containers), and defines
#     replace_bs, replace_sim    kills the program without a word, and brings another in its place
#                                at another address, as the deployment would

period=$((500 * slow)) # ms: 200 reports a second in all, so that a busy machine keeps up

link() { "$python" tests/containers/link.py "$url" "$@"; }
serves() { podman exec "$1" csilink health >"$work/out" 2>&1 && grep -q serves "$work/out"; }
is() { [ "$(link metric $1 2>/dev/null)" = "$2" ]; }
nmse() { link metric csilink_nmse_decibels; }
nmse_is() { "$python" -c "import sys; sys.exit(not float('$(nmse)') $1)"; }
# With the certificate of channel-sim itself, which it admits to its control address.
set_snr() {
    podman exec "$sim" csilink ctl --certificate station --endpoint tcp://127.0.0.1:5603 \
        set snr "$1" >"$work/out" 2>&1
}

all_serve() {
    for name in $bs $sim $monitor $agents; do
        within serves "$name" || return 1
    done
}

# Every UE is acknowledged again, counted from now.
all_come_back() {
    within eval 'link ues >"$work/ues" 2>/dev/null' && within link more "$work/ues" 2>/dev/null
}

comes_up() {
    law "$1: every program tells that it serves" all_serve
    law "$1: the monitor hears of 4 agents with 25 UEs each" \
        within is csilink_ue_hosted 100.0
    law "$1: all six processes are up" within is csilink_process_up 6.0
    link ues >"$work/ues"
    law "$1: the UEs are numbered 0 to 99, each once" holds \
        "sorted(int(u) for u in s[0]) == list(range(100))" "$work/ues"
    law "$1: every UE's reports are acknowledged" all_come_back
    law "$1: /metrics is as Prometheus reads it" sh -c \
        "curl -s '$url/metrics' | $python tests/integration/metrics_check.py"
    law "$1: the page is served" sh -c "curl -s '$url/' | grep -qi '<title>.*csilink'"
}

snr_changes() {
    law "$1: at 20 dB, set while it runs, the NMSE falls below -13 dB" eval \
        'set_snr 20 && within nmse_is "< -13"'
    law "$1: at -5 dB it rises above -11 dB" eval 'set_snr -5 && within nmse_is "> -11"'
    law "$1: and at 20 dB it falls again" eval 'set_snr 20 && within nmse_is "< -13"'
}

are_read_only() {
    for name in $bs $sim $monitor $agents; do
        [ "$(podman inspect -f '{{.HostConfig.ReadonlyRootfs}}' "$name")" = true ] || return 1
    done
}
users() {
    for name in $bs $sim $monitor $agents; do
        podman top "$name" user | tail -n +2
    done
}

is_confined() {
    law "$1: everything runs as the user csilink" eval '[ "$(users | sort -u)" = csilink ]'
    law "$1: file systems are read-only, but for what is mounted" are_read_only
}

restarts() {
    law "$1: after bs-server was killed and came back elsewhere, so does every UE" eval \
        'replace_bs && all_come_back'
    law "$1: after channel-sim was killed and came back elsewhere, so does every UE" eval \
        'replace_sim && all_come_back'
    law "$1: every program serves again" all_serve
}

# An agent that is asked to stop ends within its grace period, with 0, its sums closed.
drains() {
    for name in $agents; do
        before=$(date +%s)
        podman stop -t 15 "$name" >/dev/null 2>&1
        [ $(($(date +%s) - before)) -lt 15 ] &&
            [ "$(podman inspect -f '{{.State.ExitCode}}' "$name")" = 0 ] &&
            podman logs "$name" 2>&1 | grep -q "the accounting closes" || return 1
    done
}

stops() {
    law "$1: agents drain within the grace period and end with 0, their accounting closed" drains
    law "$1: it closes at every UE, as the monitor heard it" within link closes
    law "$1: bs-server and channel-sim end with 0 when asked" eval '
        podman stop -t 15 $sim $bs >/dev/null 2>&1
        [ "$(podman inspect -f "{{.State.ExitCode}}" $sim $bs | sort -u)" = 0 ]'
}

free_port() { "$python" tests/ports.py 1; }

# Takes the address that a container has left, so that its successor gets another.
squat() {
    podman run --detach --name "csilink-test-squatter-$1" --network "$network" "$image" \
        bs-server >/dev/null 2>&1
}
leave() { podman rm --force --time 0 "csilink-test-squatter-$1" >/dev/null 2>&1; }
address() {
    podman inspect -f '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}' "$1"
}
