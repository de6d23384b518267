#!/bin/sh
# --health: 0 while a program serves, 1 with one line while it does not. Agents that share a folder
# have numbers of their own.
. "$(dirname "$0")/lib.sh"

port=$(free_ports 1)
bs_at="ipc://$work/bs-telemetry" sim_at="ipc://$work/sim-telemetry"
mkdir "$work/places"

# Each asks with the options that its program was started with.
bs() { "$CSILINK_BIN/bs-server" --listen "ipc://$work/bs" --telemetry "$bs_at" "$@"; }
sim() {
    "$CSILINK_BIN/channel-sim" --listen "ipc://$work/sim" --connect "ipc://$work/bs" \
        --control "ipc://$work/control" --telemetry "$sim_at" "$@"
}
# agent NAME options...
agent() {
    who=$1
    shift
    "$CSILINK_BIN/ue-agent" --connect "ipc://$work/sim" --telemetry "ipc://$work/$who-telemetry" \
        --ues 3 --period $((20 * slow))ms --places "$work/places" --record "$work/$who.json" "$@"
}
monitor() {
    "$csilink" monitor --telemetry "$bs_at,$sim_at" --listen 0.0.0.0 --port "$port" "$@"
}

healthy() { "$@" --health >"$work/out" 2>"$work/err" && grep -q serves "$work/out"; }
ill() { fails_with 1 "$1" "$2" ${3:+"$3"} --health; }

law "no bs-server: 1, and a line that says so" ill "no bs-server answers" bs
law "no channel-sim: 1, and a line that says so" ill "no channel-sim answers" sim
law "no ue-agent: 1, and a line that says so" ill "no ue-agent answers" agent a
law "no monitor: 1, and a line that says so" ill "no monitor answers" monitor

start bs "$CSILINK_BIN/bs-server" --listen "ipc://$work/bs" --telemetry "$bs_at"
bs=$pid
start sim "$CSILINK_BIN/channel-sim" --listen "ipc://$work/sim" --connect "ipc://$work/bs" \
    --control "ipc://$work/control" --telemetry "$sim_at"
sim=$pid
start monitor "$csilink" monitor --telemetry "$bs_at,$sim_at" --listen 0.0.0.0 --port "$port"
monitor=$pid
law "a bs-server that serves: 0" within healthy bs
law "a channel-sim that serves: 0" within healthy sim
law "a monitor that serves: 0" within healthy monitor
law "another program at that address: 1, and a line that tells which" \
    fails_with 1 "belongs to a channel-sim" "$CSILINK_BIN/bs-server" --telemetry "$sim_at" --health

# start_agent NAME: waits for its health; its process id is in $pid.
start_agent() {
    start "$1" "$CSILINK_BIN/ue-agent" --connect "ipc://$work/sim" --ues 3 \
        --telemetry "ipc://$work/$1-telemetry" --period $((20 * slow))ms \
        --places "$work/places" --record "$work/$1.json"
    within healthy agent "$1"
}
law "an agent that serves: 0" start_agent a
a=$pid
law "two agents that share a folder both serve" start_agent b
b=$pid

kill -STOP $bs
law "a bs-server that hangs: 1" ill "no bs-server answers" bs
kill -CONT $bs
law "and 0 when it goes on" within healthy bs

kill -9 $a
within gone $a
law "an agent after one that was killed" start_agent c
c=$pid
sleep "$slow"
kill -TERM $b $c
law "the agents stop with 0" eval 'ends_well $b && ends_well $c'
law "agents have their own UEs; the place of one that was killed is free again" holds \
    "[u['ue'] for u in s[0]['ues']] == [3, 4, 5] and [u['ue'] for u in s[1]['ues']] == [0, 1, 2]" \
    "$work/b.json" "$work/c.json"
law "the accounting closes at both, and reports got through" holds \
    "$closes and all(r['counts']['acked'] > 0 for r in s)" "$work/b.json" "$work/c.json"
law "an agent with a folder that is none says so" fails_with 1 "cannot take an index in" \
    "$CSILINK_BIN/ue-agent" --places "$work/none" --telemetry "ipc://$work/d"
law "an agent whose number leads beyond the last UE says so" fails_with 1 "UE numbers end at" \
    "$CSILINK_BIN/ue-agent" --agent 9999 --ues 1000 --telemetry "ipc://$work/d"
kill -TERM $bs $sim $monitor
law "all others stop with 0" eval 'ends_well $bs && ends_well $sim && ends_well $monitor'
finish
