#!/bin/sh
# Peers that break the rules: nothing that arrives ends a program, what can be answered is refused
# with a reason, the rest is counted, and the next report of an honest UE gets through.
. "$(dirname "$0")/lib.sh"
peer=$tools/peer
model=csilink-net-cr8-indoor

start bs "$CSILINK_BIN/bs-server" --listen "ipc://$work/bs" --telemetry "ipc://$work/t0"
bs=$pid
start sim "$CSILINK_BIN/channel-sim" --listen "ipc://$work/sim" --connect "ipc://$work/bs" \
    --control "ipc://$work/control" --telemetry "ipc://$work/t1" --snr 30
sim=$pid
within test -S "$work/bs"
within test -S "$work/sim"

# answers_right NAME [PATTERN...]: what both programs have to say to each broken rule, and what this
# one has to say besides.
answers_right() {
    {
        cat <<'ANSWERS'
garbage silence
three-frames silence
nine-frames silence
truncated silence
ue silence
two-megabytes silence
empty REFUSED the report names no protocol version, as in version 1; this program speaks version 2
old-version REFUSED the report is of protocol version 1; this program speaks version 2
new-version REFUSED the report is of protocol version 3; this program speaks version 2
odd-bytes REFUSED burst has .* bytes, not a multiple of 8
side-bits REFUSED .* side bits in .* bytes; they take
due REFUSED the report was due at -*nan s; 0 to
no-codec REFUSED the report names no codec
builds-on REFUSED report .* builds on report .*, which is not before it
nan REFUSED burst\[5\] is not finite
codec REFUSED the UE encodes with codec
uplink REFUSED the UE sends over an uplink
burst-size REFUSED a burst of .* symbols; .* sends
zeros RE
no-side RE
side-ones RE
good RECONSTRUCTED $
ANSWERS
        name=$1
        shift
        printf '%s\n' "$@"
    } >"$work/expected"
    while read -r what answer; do
        grep -q "^$what: $answer" "$work/$name.answers" && continue
        echo "     expected '$what: $answer', got '$(grep "^$what:" "$work/$name.answers")'"
        return 1
    done <"$work/expected"
}

# break_rules NAME ENDPOINT: the peer spoils copies of a report that an honest agent made.
break_rules() {
    start "honest-$1" "$CSILINK_BIN/ue-agent" --connect "ipc://$work/$1-tap" --ues 1 \
        --model $model --duration 10ms --period 20ms --timeout 500ms \
        --telemetry "ipc://$work/$1-t"
    honest=$pid
    "$peer" "ipc://$work/$1" "ipc://$work/$1-tap" >"$work/$1.answers" 2>&1
    ends_well $honest
}

law "an honest agent's report is spoiled for bs-server" break_rules bs
law "bs-server refuses what it can answer, and is silent to the rest" answers_right bs "loud RE" \
    "huge RE"
law "an honest agent's report is spoiled for channel-sim" break_rules sim
law "channel-sim passes on what has the form and power of a report, and refuses the rest" \
    answers_right sim "loud REFUSED the burst has a mean power of" \
    "huge REFUSED the burst has a mean power of"
"$peer" "ipc://$work/control" control >"$work/control.answers" 2>&1
law "garbage on the control address is answered with an error" \
    grep -q "^control: .*no ControlRequest" "$work/control.answers"
law "a mistaken setting is answered with what would be right" fails_with 2 "0 to 1" \
    "$csilink" ctl set loss 7 --endpoint "ipc://$work/control"
law "both programs are still there" kill -0 $bs $sim

start agent "$CSILINK_BIN/ue-agent" --connect "ipc://$work/sim" --ues 3 --duration 200ms \
    --period 20ms --telemetry "ipc://$work/t2" --record "$work/record.json"
law "an honest agent exits with 0 after all this" ends_well $pid
law "an honest agent's reports are all acknowledged and measured" holds "$closes
    and s[0]['counts']['acked'] == 30 == s[0]['sums']['reports']" "$work/record.json"

kill -TERM $sim $bs
law "channel-sim stops with 0" ends_well $sim
law "bs-server stops with 0" ends_well $bs
# garbage, empty, three frames, nine frames, cut, two versions, odd bytes, side bits, UE, due, no
# codec, builds on, NaN: 14 each, and for channel-sim two of too much power. Two megabytes end the
# connection before they are a message. What channel-sim refuses does not reach bs-server.
law "channel-sim counted every malformed message" grep -q " 16 malformed" "$work/sim.log"
law "bs-server counted every malformed message" grep -q " 14 malformed" "$work/bs.log"
finish
