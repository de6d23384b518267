#!/bin/sh
# Programs come and go: in any order of starting, after kill -9, and when asked to stop. The others
# carry on, and every report stays accounted for.
. "$(dirname "$0")/lib.sh"

# Each cell has a folder of its own under $work for its sockets and records.
start_bs() {
    start "$1-bs" "$CSILINK_BIN/bs-server" --listen "ipc://$work/$1/bs" \
        --telemetry "ipc://$work/$1/bs-telemetry"
}
start_sim() {
    start "$1-sim" "$CSILINK_BIN/channel-sim" --listen "ipc://$work/$1/sim" \
        --connect "ipc://$work/$1/bs" --control "ipc://$work/$1/control" \
        --telemetry "ipc://$work/$1/sim-telemetry" --snr 20
}
# start_agent CELL NAME FIRST-UE options...
start_agent() {
    cell=$1 agent=$2 first=$3
    shift 3
    mkdir -p "$work/$cell/$agent"
    echo "{\"control\": \"ipc://$work/$cell/control\", \"telemetry\":
        [\"ipc://$work/$cell/$agent/telemetry\"]}" >"$work/$cell/$agent/link.json"
    start "$cell-$agent" "$CSILINK_BIN/ue-agent" --connect "ipc://$work/$cell/sim" \
        --telemetry "ipc://$work/$cell/$agent/telemetry" --ues 2 --first-ue "$first" --cell-ues 4 \
        --period $((20 * slow))ms --timeout "$slow" --record "$work/$cell/$agent/record.json" "$@"
}

# acked CELL AGENT: how many of its reports are acknowledged so far, from its telemetry.
acked() {
    "$csilink" ctl watch --for 1.1 --run "$work/$1/$2" 2>/dev/null |
        sed -n 's/.* \([0-9]*\) acknowledged.*/\1/p' | tail -n 1 | grep .
}
more_acked() { [ "$(acked "$1" "$2" || echo 0)" -gt "$3" ]; }

# acked_again CELL AGENT: more than now, some time later.
acked_again() {
    within acked "$1" "$2" >"$work/count" || return 1
    within more_acked "$1" "$2" "$(head -n 1 "$work/count")"
}

# --- any order of starting ----------------------------------------------------------------------

orders="bs-sim-agent bs-agent-sim sim-bs-agent sim-agent-bs agent-bs-sim agent-sim-bs"
agents=
for order in $orders; do
    mkdir "$work/$order"
done
for place in 1 2 3; do
    for order in $orders; do
        case $(echo "$order" | cut -d - -f $place) in
        bs) start_bs "$order" ;;
        sim) start_sim "$order" ;;
        agent)
            start_agent "$order" a 0 --duration $((3 * slow))
            agents="$agents $order:$pid"
            ;;
        esac
        echo "$pid" >>"$work/$order/all"
    done
    sleep 0.4
done
for each in $agents; do
    order=${each%:*}
    law "started in the order $order, the agent ends with 0" ends_well "${each#*:}"
    law "started in the order $order, the accounting closes and reports get through" holds \
        "$closes and s[0]['counts']['acked'] > 0.5 * s[0]['counts']['sent'] > 0" \
        "$work/$order/a/record.json"
    kill -TERM $(cat "$work/$order/all") 2>/dev/null
done

# --- kill -9 and restart --------------------------------------------------------------------------

mkdir "$work/cell"
start_bs cell
bs=$pid
start_sim cell
sim=$pid
start_agent cell a 0
a=$pid
start_agent cell b 2
b=$pid
law "two agents' reports are acknowledged" eval 'acked_again cell a && acked_again cell b'

kill_hard() {
    kill -9 "$1"
    within gone "$1"
    wait "$1" 2>/dev/null
}
kill_hard $sim
sleep 0.5
start_sim cell
sim=$pid
law "after channel-sim was killed and came back, both agents are acknowledged again" eval \
    'acked_again cell a && acked_again cell b'
kill_hard $bs
sleep 0.5
start_bs cell
bs=$pid
law "after bs-server was killed and came back, both agents are acknowledged again" eval \
    'acked_again cell a && acked_again cell b'
kill_hard $b
law "an agent carries on when another is killed" acked_again cell a
start_agent cell b 2
b=$pid
law "an agent that was killed comes back" acked_again cell b
law "nobody else had ended" kill -0 $a $sim $bs

# --- asked to stop --------------------------------------------------------------------------------

kill -TERM $a
law "an agent stops with 0 on SIGTERM" ends_well $a
kill -INT $b
law "an agent stops with 0 on SIGINT" ends_well $b
law "the accounting closes at the agents that saw all this" holds "$closes
    and all(r['counts']['acked'] > 0 for r in s)" \
    "$work/cell/a/record.json" "$work/cell/b/record.json"
kill -INT $sim
law "channel-sim stops with 0 on SIGINT" ends_well $sim
kill -TERM $bs
law "bs-server stops with 0 on SIGTERM" ends_well $bs
start_bs cell
bs=$pid
start_sim cell
sim=$pid
within test -S "$work/cell/control" && within test -S "$work/cell/bs"
sleep 0.2
kill -TERM $sim
law "channel-sim stops with 0 on SIGTERM" ends_well $sim
kill -INT $bs
law "bs-server stops with 0 on SIGINT" ends_well $bs
start_agent cell lonely 0
sleep $((slow / 2 + 1))
kill -TERM $pid
law "an agent that never found channel-sim stops with 0" ends_well $pid

# --- csilink run ----------------------------------------------------------------------------------

# starts_run NAME: a long run, under way.
starts_run() {
    start "$1" "$csilink" run --runs "$work/$1-runs" --duration 600 --ues 4 --agents 2 \
        --period $((20 * slow))ms --timeout $((5 * slow))
    run=$pid
    within test -s "$work/$1-runs/latest/link.json" &&
        within more_acked "$1-runs" latest 0 &&
        sockets=$(sed -n 's|.*"ipc://\(/tmp/csilink-[^/]*\)/control".*|\1|p' \
            "$work/$1-runs/latest/link.json") && [ -n "$sockets" ]
}
no_process_left() { ! pgrep -f "$sockets" >"$work/left"; }

law "a long run is under way" starts_run interrupted
kill -INT $run
law "SIGINT ends a run with 0" ends_well $run
law "an interrupted run's accounting closes" holds "$closes
    and s[0]['reports']['acked'] > 0 and s[0]['reports']['timed_out'] == 0" \
    "$work/interrupted-runs/latest/summary.json"
law "an interrupted run leaves no process" within no_process_left
law "an interrupted run leaves no sockets" test ! -e "$sockets"

law "another long run is under way" starts_run killed
kill -9 $run
law "the processes of a run that was killed end by themselves" within no_process_left
rm -rf "$sockets"

law "a third long run is under way" starts_run crippled
victim=$(pgrep -f "bs-server.*$sockets")
kill -9 "$victim"
within gone "$run"
wait "$run"
law "a run whose base station dies ends with 1" test $? -eq 1
law "it says which program ended" grep -q "bs-server ended with status 137" "$work/crippled.log"
law "it leaves no process" within no_process_left
law "it leaves no sockets" test ! -e "$sockets"
finish
