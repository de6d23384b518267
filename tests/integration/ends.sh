#!/bin/sh
# However a run ends, its record can be read and its accounting closes: kill -9 of the run and of each
# of its processes, signals, a monitor that dies, a disk that is full, a base station that refuses
# all.
. "$(dirname "$0")/lib.sh"

cell="--ues 4 --agents 2 --period $((20 * slow))ms --timeout $((2 * slow)) --channel rayleigh:eva"

# The accounting, with what nobody knows any more.
all_closes='all(r["sent"] == r["acked"] + r["lost_channel"] + r["timed_out"] + r["refused"] +
    r["not_decoded"] + r["unknown"] for r in [s[0]["reports"]] + s[0]["per_ue"])
    and sum(u["sent"] for u in s[0]["per_ue"]) == s[0]["reports"]["sent"]'

# starts NAME options...: a long run in NAME/latest, of which something was acknowledged.
starts() {
    name=$1
    shift
    start "$name" "$csilink" run --runs "$work/$name" --duration 600 $cell "$@"
    run=$pid
    folder=$work/$name/latest
    within counted 1
}
# counted N: each agent's account, on the disk, has so many acknowledged reports at least.
counted() {
    for account in "$folder/agent-0.json" "$folder/agent-1.json"; do
        [ -s "$account" ] && holds "s[0]['counts']['acked'] >= $1 and not s[0]['complete']" \
            "$account" >/dev/null || return 1
    done
}
sockets() {
    sed -n 's|.*"ipc://\(/tmp/csilink-[^/]*\)/control".*|\1|p' "$folder/link.json"
}
process() { pgrep -f "$1.*$(cd "$folder" && pwd -P | sed 's|.*/||')"; }
# ended STATUS: the run ends so.
ended() {
    within gone "$run" || return 1
    wait "$run"
    [ $? -eq "$1" ]
}
nobody_left() { ! pgrep -f "$(sockets)" >"$work/left" && [ ! -e "$(sockets)" ]; }
shown() {
    "$csilink" show "$folder" >"$work/show.txt" && grep -q "^  INCOMPLETE  *$1" "$work/show.txt" &&
        grep -q "^  acknowledged  *[1-9]" "$work/show.txt"
}
# rows: reports.csv has as many acknowledged ones as the summary at least, and none twice.
rows() {
    "$python" - "$folder" <<'PYTHON'
import csv, json, sys
r = list(csv.DictReader(open(sys.argv[1] + "/reports.csv")))
s = json.load(open(sys.argv[1] + "/summary.json"))
acked = sum(x["status"] == "acked" for x in r)
assert len({(x["ue"], x["seq"]) for x in r}) == len(r)
assert acked > 0 and len(r) == s["record"]["reports"], (acked, len(r), s["record"])
PYTHON
}
# whole_record REASON STATUS: what must hold of each of these records.
whole_record() {
    shown "$1" && holds "$all_closes and s[0]['complete'] is False and s[0]['reports']['acked'] > 0
        and s[0]['reports']['sent'] < s[0]['reports']['planned']" "$folder/summary.json" && rows &&
        ! ls "$folder" | grep "part$\|unfinished\|reserve\|agent-.*json" &&
        tail -n 1 "$folder/events.jsonl" | grep -q '"event":"end"'
}

# --- the processes of a run -----------------------------------------------------------------------

for victim in bs-server channel-sim ue-agent; do
    law "a run is under way, whose $victim is to be killed" starts "of-$victim"
    kill -9 $(pgrep -f "/$victim --until-eof.*$(sockets)" | head -n 1)
    law "after kill -9 of $victim the run ends with 1" ended 1
    law "it says so, and prints its summary" eval '
        grep -q "error: $victim ended with status 137, by SIGKILL" "$work/of-$victim.log" &&
        grep -q "^  INCOMPLETE $victim ended with status 137" "$work/of-$victim.log" &&
        grep -q "^  quality  *NMSE" "$work/of-$victim.log"'
    law "after kill -9 of $victim the record is whole, and show reads it" whole_record \
        "$victim ended with status 137, by SIGKILL"
    law "after kill -9 of $victim nothing is left" within nobody_left
done

law "of the other agent nothing is unknown" holds '
    len({u["ue"] // 2 for u in s[0]["per_ue"] if u["unknown"]}) <= 1' "$folder/summary.json"

law "a rerun repeats what an incomplete record has" eval '
    sed -i "s/^duration: .*/duration: $((3 * slow))/" "$folder/scenario.yaml" &&
    "$csilink" rerun --json --runs "$work/again" "$folder" >"$work/rr.json" 2>"$work/rr.err" &&
    holds "s[0][\"same\"] and s[0][\"reports\"][\"measured\"] > 0" "$work/rr.json" &&
    grep -q "warning: .* is incomplete: ue-agent ended" "$work/rr.err"'

port=$((20000 + $$ % 20000))
law "a run with a page is under way" starts monitor --monitor $port
kill -9 $(pgrep -f "csilink monitor.*monitor/[0-9]")
law "the death of the monitor is a warning" within grep -q \
    "warning: csilink monitor ended with status 137: the run continues" "$work/monitor.log"
seen=$(grep -o '"acked":[0-9]*' "$folder/agent-0.json" | head -n 1 | tr -cd 0-9)
law "and the run goes on" within counted $((seen + 20))
kill -INT $run
law "and ends with 0" ended 0
law "and its record is one of a run that was stopped" whole_record "stopped by SIGINT after"

# --- signals --------------------------------------------------------------------------------------

for signal in HUP TERM; do
    law "a run is under way, to be ended by SIG$signal" starts "sig$signal"
    kill -$signal $run
    law "SIG$signal ends a run with 0" ended 0
    law "SIG$signal leaves a whole record" whole_record "stopped by SIG$signal after"
    law "what was under way was answered" holds 's[0]["reports"]["unknown"] == 0
        and s[0]["reports"]["timed_out"] == 0' "$folder/summary.json"
    law "SIG$signal leaves nothing behind" within nobody_left
done

# --- the run itself -------------------------------------------------------------------------------

law "a run is under way, to be killed itself" starts killed
law "while it is at work, show prints what it has so far, and changes nothing" eval '
    shown "it is still running" && [ ! -e "$folder/summary.json" ] &&
    [ -e "$folder/unfinished.json" ]'
at=$(sockets)
kill -9 $run
within gone $run
law "after kill -9 of the run its processes end and the sockets' folder goes" within nobody_left
law "show finishes its record" within shown "csilink run was killed"
law "which is whole then" whole_record "csilink run was killed"
law "what was in flight when the answerers left timed out or was refused: nothing is unknown" holds \
    's[0]["reports"]["unknown"] == 0' "$folder/summary.json"
cp "$folder/summary.json" "$work/first.json"
law "and is not made again" eval '"$csilink" show "$folder" >/dev/null &&
    cmp "$folder/summary.json" "$work/first.json"'
law "a rerun reads it" eval '
    sed -i "s/^duration: .*/duration: $((3 * slow))/" "$folder/scenario.yaml" &&
    "$csilink" rerun --json --runs "$work/again" "$folder" >"$work/rr.json" 2>"$work/rr.err" &&
    holds "s[0][\"same\"] and s[0][\"reports\"][\"measured\"] > 0" "$work/rr.json"'

law "a run is under way, to be killed with all its processes at once" starts massacre
at=$(sockets)
kill -9 $run $(pgrep -f "$at")
within gone $run
printf '{"time":"2026-01-01T00:00:00Z","ev' >>"$folder/events.jsonl"
echo half >"$folder/agent-0.json.0123abcd.part"
law "show finishes that record, too, though its last event is cut, and removes the sockets" eval '
    within shown "csilink run was killed" && whole_record "csilink run was killed" &&
    [ ! -e "$at" ]'

law "a record without reports.csv is made, too" eval 'starts short --record summary &&
    kill -9 $run && within nobody_left && shown "csilink run was killed" &&
    holds "$all_closes and not s[0][\"complete\"]" "$folder/summary.json" &&
    [ ! -e "$folder/reports.csv" ]'
law "and a rerun says that it has nothing to compare" eval '
    sed -i "s/^duration: .*/duration: $slow/" "$folder/scenario.yaml" &&
    ! "$csilink" rerun --runs "$work/again" "$folder" >"$work/rr.txt" 2>"$work/rr.err" &&
    grep -q "is incomplete, and both records need reports.csv" "$work/rr.err"'

# spoiled TEXT: a copy of a record that was never finished, with another unfinished.json.
law "a run is killed whose record is to be spoiled" eval 'starts spoilt && kill -9 $run &&
    within nobody_left'
spoiled() {
    rm -rf "$work/s" && cp -r "$folder/." "$work/s" && echo "$1" >"$work/s/unfinished.json"
}
law "a damaged mark is refused" eval 'spoiled "{" &&
    fails_with 1 "unfinished.json:1: not JSON" "$csilink" show "$work/s" &&
    spoiled "{\"agents\": 65}" && fails_with 1 "from 1 to 64" "$csilink" show "$work/s" &&
    spoiled "{\"agents\": 1, \"groups\": [{}]}" && fails_with 1 "with names" "$csilink" show "$work/s"'
mkdir "$work/field"
touch "$work/field/mine"
law "a forged one removes no folder but that of a run's sockets" eval '
    spoiled "{\"agents\": 1, \"groups\": [], \"sockets\": \"$work/field\"}" &&
    "$csilink" show "$work/s" >/dev/null 2>&1; [ -e "$work/field/mine" ]'

# --- nothing comes through ------------------------------------------------------------------------

start bs "$CSILINK_BIN/bs-server" --listen "ipc://$work/bs" --telemetry "ipc://$work/t1" \
    --model csilink-net-cr4-indoor
start sim "$CSILINK_BIN/channel-sim" --listen "ipc://$work/ue" --connect "ipc://$work/bs" \
    --control "ipc://$work/c" --telemetry "ipc://$work/t2"
law "an agent of whom all was refused has the reason in its account" eval '
    "$CSILINK_BIN/ue-agent" --connect "ipc://$work/ue" --telemetry "ipc://$work/t3" --ues 2 \
        --duration 1 --model csilink-net-cr8-indoor --record "$work/refused.json" 2>/dev/null
    holds "s[0][\"complete\"] and s[0][\"counts\"][\"refused\"] == s[0][\"counts\"][\"sent\"] > 0
        and sum(r[\"reports\"] for r in s[0][\"refusals\"]) == s[0][\"counts\"][\"refused\"]
        and len(s[0][\"refusals\"][0][\"reason\"]) > 10" "$work/refused.json"'

cat >"$work/down.yaml" <<YAML
period: 20ms
duration: 1
channel: rayleigh:eva
groups:
  - {name: near, count: 2}
timeline:
  - {at: 0s, restart: bs-server, down: 60s}
YAML
"$csilink" run "$work/down.yaml" --runs "$work/down" --timeout 1 >"$work/down.txt" 2>"$work/down.err"
status=$?
law "a run in which every report was refused ends with 1 and says why" eval '[ $status -eq 1 ] &&
    grep -q "error: no report was acknowledged, and [0-9]* of [0-9]* were refused: " \
        "$work/down.err" && grep -q "^  refused  *[0-9]* reports: " "$work/down.txt" &&
    holds "s[0][\"refusals\"][0][\"reports\"] == s[0][\"reports\"][\"refused\"] > 0" \
        "$work/down/latest/summary.json"'

# --- a full disk ----------------------------------------------------------------------------------

mkdir "$work/disk"
if mount -t tmpfs -o size=1100k none "$work/disk" 2>/dev/null; then
    "$csilink" run --runs "$work/disk" $cell --duration $((8 * slow)) --period 5ms \
        >"$work/disk.txt" 2>"$work/disk.err"
    status=$?
    folder=$work/disk/latest
    law "a run that fills the disk ends with 1, and says what it could not write" eval '
        [ $status -eq 1 ] && grep -q "reports.csv" "$work/disk.err"'
    law "it prints its summary, which closes" eval '
        grep -q "nothing is unaccounted" "$work/disk.txt" && grep -q "NMSE" "$work/disk.txt"'
    law "summary.json is there, and whole" holds "$all_closes and s[0]['complete'] is False" \
        "$folder/summary.json"
    law "no file is cut: there is no reports.csv, and no half of one" eval '
        [ ! -e "$folder/reports.csv" ] && ! ls "$folder" | grep "csv.*part"'
    law "show reads it" shown ""
    umount "$work/disk"
else
    skip "a full disk: no tmpfs can be mounted here"
fi
law "under a limit on the size of files the summary is printed, and the run fails" eval '
    (ulimit -f 16; "$csilink" run --runs "$work/limit" $cell --duration $((3 * slow)) --json \
        2>"$work/limit.err"; echo $? >"$work/limit.status") | cat >"$work/limit.json"
    [ "$(cat "$work/limit.status")" -eq 1 ] &&
    holds "$all_closes and s[0][\"reports\"][\"acked\"] > 0 and not s[0][\"complete\"]" \
        "$work/limit.json"'
finish
