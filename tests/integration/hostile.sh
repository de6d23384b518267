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

# answers_right NAME: what both programs have to say to each broken rule.
answers_right() {
    while read -r what answer; do
        grep -q "^$what: $answer" "$work/$1.answers" && continue
        echo "     expected '$what: $answer', got '$(grep "^$what:" "$work/$1.answers")'"
        return 1
    done <<'ANSWERS'
garbage silence
three-frames silence
nine-frames silence
truncated silence
ue silence
two-megabytes silence
empty REFUSED the codeword is empty
codeword-size REFUSED codeword of .* values; csilink-net-cr8-indoor takes
odd-bytes REFUSED codeword has .* bytes, not a multiple of 4
pair REFUSED the UE encodes with pair
nan REFUSED codeword\[5\] is not finite
scale REFUSED the scale is -1
shift REFUSED shifts of 4294967295 taps
angle-shift REFUSED shifts of 0 taps and 65537 angles
references REFUSED 0 reference symbols; 2 to 1024 are taken
huge RE
huge-references RE
zeros RE
short-truth RECONSTRUCTED $
zero-truth RECONSTRUCTED $
good RECONSTRUCTED $
ANSWERS
}

"$peer" "ipc://$work/bs" $model >"$work/bs.answers" 2>&1
law "bs-server refuses what it can answer, and is silent to the rest" answers_right bs
"$peer" "ipc://$work/sim" $model >"$work/sim.answers" 2>&1
law "channel-sim passes on what has the form of a report, and refuses the rest" answers_right sim
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
# garbage, empty, three frames, nine frames, cut, odd bytes, NaN, scale, UE: nine each. Two megabytes
# end the connection before they are a message. What channel-sim refuses does not reach bs-server.
law "channel-sim counted every malformed message" grep -q " 9 malformed" "$work/sim.log"
law "bs-server counted every malformed message" grep -q " 9 malformed" "$work/bs.log"
law "bs-server measured nothing that is not finite" eval '! grep -qi "nan\|-inf" "$work/bs.log"'
finish
