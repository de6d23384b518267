#!/bin/sh
# Peers that ask for more than their share: floods, UE numbers of others, numbers outside the cell,
# reports due far ahead. Honest UEs keep their reports and every report is accounted for; memory
# stays within what the programs state; who is refused reads why.
# Runs alone: it judges what a flood leaves to honest UEs.
. "$(dirname "$0")/lib.sh"
peer=$tools/peer
model=csilink-net-cr8-indoor
budget=16 # MiB, of either program

start bs "$CSILINK_BIN/bs-server" --listen "ipc://$work/bs" --telemetry "ipc://$work/t0" \
    --memory-budget $budget --model $model
bs=$pid
start sim "$CSILINK_BIN/channel-sim" --listen "ipc://$work/sim" --connect "ipc://$work/bs" \
    --control "ipc://$work/control" --telemetry "ipc://$work/t1" --snr 30 --cell-ues 1000 \
    --memory-budget $budget --peers 16
sim=$pid
within test -S "$work/bs"
within test -S "$work/sim"

# agent NAME FIRST options...: 4 UEs, in the background.
agent() {
    who=$1 from=$2
    shift 2
    start "$who" "$CSILINK_BIN/ue-agent" --connect "ipc://$work/sim" --ues 4 --first-ue "$from" \
        --model $model --period $((20 * slow))ms --timeout $((10 * slow)) \
        --telemetry "ipc://$work/$who-t" --record "$work/$who.json" "$@"
}
# floods NAME HOW: a peer floods, with a report that it got from an honest agent, until stop_flood.
floods() {
    mkfifo "$work/$1-go"
    "$peer" "ipc://$work/sim" "ipc://$work/$1-tap" "$2" <"$work/$1-go" >"$work/$1.answers" 2>&1 &
    flood=$!
    children="$children $flood"
    exec 3>"$work/$1-go"
    "$CSILINK_BIN/ue-agent" --connect "ipc://$work/$1-tap" --ues 1 --model $model --duration 10ms \
        --period 20ms --timeout 500ms --telemetry "ipc://$work/$1-t" >"$work/$1-tapped.log" 2>&1
}
stop_flood() {
    exec 3>&-
    ends_well "$flood"
}
kilobytes() { sed -n 's/^VmHWM:[[:space:]]*\([0-9]*\) kB/\1/p' "/proc/$1/status"; }
all_acked="$closes and all(f['counts']['sent'] == 100 * 4 == f['counts']['acked'] for f in s)"
percentile() { # NAME: p99 of its reports in µs, from its own last words
    sed -n 's/.*p99 \([0-9]*\) .*/\1/p' "$work/$1.log"
}

# --- whose UE it is -------------------------------------------------------------------------------

agent first 0
owner=$pid
sleep $slow
agent second 0 --duration $slow
law "an agent whose UEs belong to another ends with 0" ends_well $pid
law "every report of it is refused, with the reason" eval '
    holds "$closes and s[0][\"counts\"][\"sent\"] > 0
        and s[0][\"counts\"][\"sent\"] == s[0][\"counts\"][\"refused\"]" "$work/second.json" &&
    grep -q "UE 0 belongs to peer [0-9a-f]*, whose connection is open; peer [0-9a-f]* may not" \
        "$work/second.log"'
kill -9 "$owner"
within gone "$owner"
agent third 0 --duration $((2 * slow))s
law "an agent that takes the place of one that was killed ends with 0" ends_well $pid
law "its reports are acknowledged, from the first on" holds "$all_acked" "$work/third.json"
agent outside 998 --duration $slow
law "an agent with UEs beyond the cell's last ends with 0" ends_well $pid
law "reports of UEs of the cell are acknowledged, of others refused" eval '
    holds "$closes and [u[\"acked\"] > 0 for u in s[0][\"ues\"]] ==
        [True, True, False, False] and s[0][\"counts\"][\"refused\"] == s[0][\"counts\"][\"sent\"] / 2" \
        "$work/outside.json" &&
    grep -q "UE 1000 is outside the cell; its 1000 UEs are numbered 0 to 999" "$work/outside.log"'
"$CSILINK_BIN/ue-agent" --connect "ipc://$work/ahead-tap" --ues 1 --model $model --duration 10ms \
    --period 20ms --timeout 500ms --telemetry "ipc://$work/ahead-t" >"$work/ahead-tapped.log" 2>&1 &
children="$children $!"
"$peer" "ipc://$work/sim" "ipc://$work/ahead-tap" ahead >"$work/ahead.answers" 2>&1
law "a report that is due long after its peer's first one is refused" eval '
    grep -q "^first: RECONSTRUCTED" "$work/ahead.answers" &&
    grep -q "^ahead: REFUSED the report was due at 100000 s; " "$work/ahead.answers"'

# --- floods ---------------------------------------------------------------------------------------

agent alone 0 --duration $((2 * slow))s
law "an honest agent alone ends with 0" ends_well $pid
law "and has all its reports acknowledged" holds "$all_acked" "$work/alone.json"
for how in flood deaf; do
    law "a peer begins to flood ($how)" floods $how $how
    agent honest-$how 0 --duration $((2 * slow))s
    law "an honest agent beside it ends with 0" ends_well $pid
    law "and keeps 95 % of its reports; all are accounted for" holds "$closes
        and s[0]['counts']['sent'] == 400 and s[0]['counts']['acked'] >= 380" \
        "$work/honest-$how.json"
    law "the flood ends" stop_flood
    echo "     $(cat "$work/$how.answers"); honest p99 $(percentile alone) µs without, \
$(percentile honest-$how) µs with it"
done
law "whoever floods and reads is answered: each report is reconstructed or refused" eval '
    sed "s/[^0-9 ]//g" "$work/flood.answers" | {
        read -r sent answered reconstructed refused
        [ "$answered" -gt 0 ] && [ "$answered" -le "$sent" ] &&
            [ $((reconstructed + refused)) -eq "$answered" ]; }'
if [ "$slow" -eq 1 ]; then
    # What they state: the budget, what ZeroMQ may hold of 16 peers, and 16 MiB of their own.
    law "channel-sim stayed within its budget" eval '
        echo "     $(kilobytes $sim) kB" &&
        [ "$(kilobytes $sim)" -lt $(((budget + 16 * 65 * 16 / 1024 + 16) * 1024)) ]'
    law "bs-server stayed within its budget" eval '
        echo "     $(kilobytes $bs) kB" && [ "$(kilobytes $bs)" -lt $(((budget + 33 + 32) * 1024)) ]'
else
    skip "how large the programs became: a sanitizer's own memory is more"
fi

law "control answers as before" fails_with 2 "0 to 1" \
    "$csilink" ctl set loss 7 --endpoint "ipc://$work/control"
kill -TERM $sim $bs
law "channel-sim stops with 0" ends_well $sim
law "bs-server stops with 0" ends_well $bs
law "channel-sim counted what it refused, by its reason" \
    grep -q "of those refused: [1-9][0-9]* of UEs that belong to another peer, [1-9][0-9]* of UEs outside" \
    "$work/sim.log"
finish
