#!/bin/sh
# What a program's parent left of its standard streams: output that nobody can take is one line on
# standard error and status 1, for every program and command; closed descriptors harm nothing.
. "$(dirname "$0")/lib.sh"
cd "$work" || exit 1
export CSILINK_MODELS

channel="--channel rayleigh:eva"
"$csilink" data generate $channel --samples 20 --out set.mat >/dev/null 2>&1 || exit 1
"$csilink" run $channel --ues 2 --duration 1 --runs runs --json >run.json 2>/dev/null || exit 1
model=$CSILINK_MODELS/csilink-net-cr8-indoor.encoder.onnx

# Whatever prints, a command line each; what it prints fits a pipe or not.
cat >commands <<TEXT
csilink --help
csilink --version
csilink --help=man
ue-agent --help
ue-agent --version
channel-sim --help
channel-sim --version
bs-server --help
bs-server --help=man
csilink run --help
csilink show --help
csilink rerun --help
csilink ctl --help
csilink ctl set --help
csilink monitor --help
csilink eval --help
csilink sweep --help
csilink data --help
csilink data generate --help
csilink data info --help
csilink data compare --help
csilink train --help
csilink quantize --help
csilink uplink --help
csilink uplink encode --help
csilink uplink ber --help
csilink bench --help
csilink health --help
csilink model --help
csilink model info --help
csilink show runs/latest
csilink show --json runs/latest
csilink data info set.mat
csilink data compare --to cost2100-public-indoor.json set.mat
csilink model info $model
csilink eval --model csilink-net-cr8-indoor $channel --samples 20 --snr 10
csilink eval --model csilink-net-cr8-indoor $channel --samples 20 --snr 10 --json
csilink uplink encode --bits 5 --coded 12 --hex b0
csilink uplink decode --bits 5 --coded 12 --hex 9c4
csilink uplink ber --bits 5 --coded 12 --snr 0 --blocks 64
csilink uplink ber --bits 5 --coded 12 --snr 0 --blocks 64 --json
csilink run $channel --ues 2 --duration 1 --runs more
csilink run $channel --ues 2 --duration 1 --runs more --json
csilink rerun --runs more runs/latest
csilink rerun --runs more --json runs/latest
csilink sweep --offline --model csilink-net-cr8-indoor $channel --samples 20 --ues 2 --snr 10 --out swept
TEXT

# reported WORDS: standard error has one line that says so, and the status is 1. The last line: some
# commands report their progress there.
reported() {
    [ "$status" -eq 1 ] && [ "$(grep -c "cannot write to standard output" err)" -eq 1 ] &&
        tail -n 1 err | grep -q "^[a-z-]*: cannot write to standard output: $1" && return
    echo "     $line: status $status"
    sed 's/^/     /' err
    return 1
}

each_full() {
    while read -r line; do
        rm -rf swept
        $CSILINK_BIN/$line >/dev/full 2>err </dev/null
        status=$?
        reported "No space left on device" || return 1
    done <commands
}
each_closed() {
    while read -r line; do
        rm -rf swept
        $CSILINK_BIN/$line >&- 2>err <&-
        status=$?
        reported "Bad file descriptor" || return 1
    done <commands
}
# All three: nobody can be told, but nothing aborts.
each_shut() {
    while read -r line; do
        rm -rf swept
        $CSILINK_BIN/$line >&- 2>&- <&-
        status=$?
        [ $status -eq 1 ] || { echo "     $line: status $status" && return 1; }
    done <commands
}
# A reader that has gone before the first byte. The shell is told the program's own status.
each_broken() {
    mkfifo pipe
    while read -r line; do
        rm -rf swept
        sleep 60 <pipe 3>&- &
        reader=$!
        exec 3>pipe
        kill $reader
        wait $reader 2>/dev/null
        $CSILINK_BIN/$line >&3 2>err </dev/null
        status=$?
        exec 3>&-
        reported "Broken pipe" || return 1
    done <commands
}
law "a full disk behind standard output: one line and status 1, for every command" each_full
law "a closed standard output: the same" each_closed
law "a reader that has gone: the same, and no death by SIGPIPE" each_broken
law "all three closed: status 1, and no abort" each_shut

law "a run that could not print has a whole record" holds "$closes and s[0]['complete']" \
    more/latest/summary.json
law "closed input harms nothing that prints" eval '
    "$csilink" show runs/latest <&- >shown && "$csilink" show runs/latest | cmp - shown'
law "closed standard error harms nothing that works" eval '
    "$csilink" show runs/latest 2>&- | cmp - shown'
law "what was opened first is not taken for standard output" eval '
    "$csilink" data generate $channel --samples 20 --out again.mat >&- 2>&- <&-;
    cmp set.mat again.mat'

# Services, which print nothing.
for program in bs-server channel-sim; do
    endpoints="--listen ipc://$work/$program.a --telemetry ipc://$work/$program.b"
    [ $program = channel-sim ] && endpoints="$endpoints --connect ipc://$work/c --control ipc://$work/d"
    "$CSILINK_BIN/$program" $endpoints >&- 2>&- <&- &
    pid=$!
    children="$children $pid"
    serves() { "$CSILINK_BIN/$program" --health $endpoints >/dev/null 2>&1; }
    law "$program serves with closed descriptors" within serves
    kill $pid
    law "$program ends well with them" ends_well $pid
done

# ctl watch prints without end.
start long "$csilink" run $channel --ues 2 --duration 600 --runs long
run=$pid
has_telemetry() { "$csilink" ctl watch --run long/latest --for 0.1 >/dev/null 2>&1; }
law "a run is under way" within has_telemetry
law "ctl watch ends when its reader has" eval '
    { "$csilink" ctl watch --run long/latest 2>err; echo $? >status; } | head -n 1 >/dev/null
    [ "$(cat status)" -eq 1 ] && grep -q "Broken pipe" err'
kill -INT $run
ends_well $run
finish
