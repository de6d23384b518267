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
empty REFUSED the report has no protocol version, as in version 1; this program speaks version 2
old-version REFUSED the report is of protocol version 1; this program speaks version 2
new-version REFUSED the report is of protocol version 3; this program speaks version 2
odd-bytes REFUSED burst has .* bytes, not a multiple of 8
side-bits REFUSED .* side bits in .* bytes; they take
due REFUSED the report was due at -*nan s; 0 to
no-codec REFUSED the report names no codec
builds-on-itself REFUSED report \([0-9]*\) builds on report \1, which does not precede it
builds-on-earlier REFUSED the report builds on report .*; its codec has no memory
own-answer RE
builds-on REFUSED report .* builds on report .*, which does not precede it
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
    grep -q "^control: .*not a valid ControlRequest" "$work/control.answers"
law "a request of ten frames is answered with an error" \
    grep -q "^ten-frames: a request of more than" "$work/control.answers"
law "so is one of two, and the address serves on" \
    grep -q "^two-frames: a request of " "$work/control.answers"
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
# codec, builds on twice, own answer, NaN: 16 each, and for channel-sim two of too much power. Two megabytes end the
# connection before they are a message. What channel-sim refuses does not reach bs-server.
law "channel-sim counted every malformed message" grep -q " 18 malformed" "$work/sim.log"
law "bs-server counted every malformed message" grep -q " 16 malformed" "$work/bs.log"

# --- a codec with memory --------------------------------------------------------------------------

start memory-bs "$CSILINK_BIN/bs-server" --codec dpcm --listen "ipc://$work/memory" \
    --telemetry "ipc://$work/t3"
bs=$pid
within test -S "$work/memory"
kilobytes() { sed -n 's/^VmRSS:[[:space:]]*\([0-9]*\) kB/\1/p' "/proc/$bs/status"; }
mkfifo "$work/go"
start honest-memory "$CSILINK_BIN/ue-agent" --connect "ipc://$work/memory-tap" --ues 1 --codec dpcm \
    --duration 10ms --period 20ms --timeout 500ms --telemetry "ipc://$work/memory-t"
honest=$pid
before=$(kilobytes)
"$peer" "ipc://$work/memory" "ipc://$work/memory-tap" memory <"$work/go" >"$work/memory.answers" 2>&1 &
straining=$!
children="$children $straining"
exec 3>"$work/go"
law "a peer sends reports that build on what is not there" within grep -q "^pause" \
    "$work/memory.answers"
after=$(kilobytes)
if [ "$slow" -eq 1 ]; then
    # A first report takes 64 KiB of memory and a page of states; the rest are the first buffers.
    law "a report of the last UE number costs no table of them all" eval '
        echo "     $before kB before it, $after kB after it" && [ $((after - before)) -lt 8192 ]'
else
    skip "how large the base station is: a sanitizer's own memory is more"
fi
echo go >&3
exec 3>&-
law "it then sends one report of each of more UEs than a base station remembers, and ends" \
    ends_well $straining
ends_well $honest
law "a report is reconstructed where what it builds on is there, and needs a key elsewhere" eval '
    while read -r what answer; do
        grep -q "^$what: $answer" "$work/memory.answers" && continue
        echo "     expected $what: $answer" && grep "^$what:" "$work/memory.answers"
        exit 1
    done <<ANSWERS
nothing-there NEEDS_KEY
key RECONSTRUCTED
on-key RECONSTRUCTED
on-later REFUSED report 8 builds on report 9
on-itself REFUSED report 9 builds on report 9
largest RECONSTRUCTED
on-largest NEEDS_KEY
anew RECONSTRUCTED
on-anew RECONSTRUCTED
last-ue RECONSTRUCTED
flood 16484 answered, 16484 reconstructed
ANSWERS'
law "of too many UEs those that were silent longest are forgotten, and the last is not" eval '
    grep -q "^first-of-flood: NEEDS_KEY" "$work/memory.answers" &&
    grep -q "^last-of-flood: RECONSTRUCTED" "$work/memory.answers"'
echo "     $(kilobytes) kB after it all"
kill -TERM $bs
law "the base station stops with 0 after all this" ends_well $bs

# --- an agent that hears what nobody said ---------------------------------------------------------

start forge "$peer" "ipc://$work/forge" forge 40
forging=$pid
within test -S "$work/forge"
start forged "$CSILINK_BIN/ue-agent" --connect "ipc://$work/forge" --ues 1 --codec dpcm \
    --channel rayleigh --duration 1s --period 25ms --timeout $((2 * slow)) \
    --telemetry "ipc://$work/forge-t" --record "$work/forged.json"
law "an agent whose reports come back to it, with answers to others, ends with 0" ends_well $pid
law "whoever forges them had 40 reports" ends_well $forging
# Late are two answers to reports not sent yet and the second one to each that was; the very last
# finds the agent closed.
law "a report ends once, by an answer to itself, and nothing of a wrong size is measured" holds "$closes
    and s[0]['counts']['sent'] == 40 and s[0]['counts']['acked'] == 20
    and s[0]['counts']['needs_key'] == 20 == s[0]['counts']['not_decoded']
    and s[0]['sums']['reports'] == 0 and s[0]['late'] in (119, 120)" "$work/forged.json"
law "after a report that needed a key the next builds on nothing" grep -q \
    "^forge: 40 reports, 20 build on one before" "$work/forge.log"
law "its own reports are no answers to it" grep -q "not an answer to this agent" "$work/forged.log"
finish
