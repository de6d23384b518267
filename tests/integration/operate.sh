#!/bin/sh
# A run in an operator's hands: ramps and groups by csilink ctl, several controllers at once, the
# page of run and its keys, completion.
. "$(dirname "$0")/lib.sh"

root=$(cd "$(dirname "$0")/../.." && pwd)
cat >"$work/cell.yaml" <<YAML
period: $((25 * slow))ms
snr: 20
groups:
  - {name: near, count: 2}
  - {name: far, count: 2, snr: 5}
YAML
start run "$csilink" run "$work/cell.yaml" --runs "$work/runs" --json --duration $((100 * slow)) \
    --timeout $((5 * slow))
run=$pid
latest=$work/runs/latest

ctl() { "$csilink" ctl "$@" --run "$latest"; }
shows() {
    pattern=$1
    shift
    "$@" >"$work/out" 2>"$work/err" && grep -q -e "$pattern" "$work/out" && return
    cat "$work/out" "$work/err"
    return 1
}
reports_flow() { ctl watch --for 1.1 2>/dev/null | grep -q "[1-9][0-9]* acknowledged"; }

within reports_flow
law "show lists what can be set, its range, and the groups" eval '
    shows "^snr  *-30 to 100 dB, or inf" ctl show && grep -q "^loss  *0 to 1" "$work/out" &&
    grep -q "^group  *far: UEs 2 to 3" "$work/out"'
law "get tells a group's own setting" shows "^snr  *group far  *5 dB" ctl get snr
law "set --group changes one group" eval 'shows "^snr  *group near  *12 dB" ctl set snr 12 \
    --group near && grep -q "^snr  *group far  *5 dB" "$work/out"'
law "a group that is none" fails_with 2 "unknown group 'middle'; there are near, far" \
    ctl set snr 5 --group middle
law "a ramp is acknowledged with where it goes" \
    shows "^snr  *group far .* -> 40 in" ctl ramp snr 0 40 --over 4s --group far
ramp_value() { ctl get snr | awk '/group far/ { print $4 }'; }
law "a ramp goes on when the controller has gone, and rises" eval '
    a=$(ramp_value) && sleep 0.5 && b=$(ramp_value) && sleep 0.5 && c=$(ramp_value) &&
    echo "$a $b $c" | awk "{ exit !(\$1 < \$2 && \$2 < \$3 && \$3 < 40) }"'
law "a set ends a ramp" eval 'shows "^snr  *all UEs  *7 dB" ctl set snr 7 &&
    ! grep -q -e "->" "$work/out" && ! grep -q group "$work/out"'
law "a ramp without its length" fails_with 2 "a ramp needs --over" ctl ramp snr 0 10
law "a ramp to infinity" fails_with 2 "finite ends" ctl ramp snr 0 inf --over 1s
law "how long a set takes to be in force is measured" shows "^in force after [0-9.]* ms" \
    ctl set snr 7 --measure 100

# Two controllers set each its own pair of values; nothing else may ever be in force.
loop() {
    for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do
        ctl set snr "$1" && ctl set snr "$2"
    done >"$work/loop$1" 2>&1
}
loop 1 2 &
one=$!
loop 11 12 &
two=$!
seen=0
while kill -0 $one 2>/dev/null || kill -0 $two 2>/dev/null; do
    ctl get snr | awk '/all UEs/ { print $4 }' >>"$work/seen"
    seen=$((seen + 1))
done
law "two controllers at once are both answered, each time with a value that one of them set" eval '
    wait $one && wait $two && [ "$(cat "$work/loop1" "$work/loop11" | wc -l)" -eq 60 ] &&
    ! cat "$work/loop1" "$work/loop11" | grep -v -E "^snr  *all UEs  *(1|2|11|12) dB"'
law "whoever looks on sees values that were set, and no others" eval '
    [ "$seen" -gt 0 ] && ! grep -v -x -E "7|1|2|11|12" "$work/seen"'
law "the last write holds" eval 'ctl set snr 33 >"$work/out" && shows "all UEs  *33 dB" ctl get snr'
kill -INT $run
law "the run, stopped, ends with 0 after all this" ends_well $run
law "the summary has the SNRs that were in force, and the accounting closes" holds "$closes
    and {20, 5, 12, 33} <= {p['snr_db'] for p in s[0]['per_snr']}" "$latest/summary.json"

CSILINK_TEST_PATIENCE=$((60 * slow))
export CSILINK_TEST_PATIENCE
law "the page quits on q, with the summary, long before the end" eval '"$python" \
    "$root/tests/integration/terminal.py" $((2 * slow)):+ $((2 * slow)).3:+ $((3 * slow)):12x50 \
    $((4 * slow)):q -- "$csilink" run "$work/cell.yaml" --runs "$work/page" --duration 600 \
    >"$work/page.txt"'
law "the keys changed the SNR: two steps of 1 dB for all" holds '
    {21, 22} <= {p["snr_db"] for p in s[0]["per_snr"]}' "$work/page/latest/summary.json"
law "the page is drawn in place, fits the terminal, and gives it back" "$python" - "$work/page.txt" \
    <<'PYTHON'
import re, sys
text = open(sys.argv[1], newline="").read().replace("\r", "")


def rows_of(frame):
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", frame).split("\n")


begin, end = text.index("\x1b[?1049h"), text.index("\x1b[?1049l")
frames = text[begin:end].split("\x1b[H")[1:]
assert len(frames) > 5, len(frames)
for frame in frames:
    rows = rows_of(frame)
    assert len(rows) <= 24 and max(map(len, rows)) <= 100, frame
last = rows_of(frames[-1])
assert len(last) <= 12 and max(map(len, last)) <= 50, last
assert "q  end" in last[-1] or "q  end" in " ".join(last[-2:]), last
assert re.search(r"%, \d+ s, \d+ s left", " ".join(last)), last
assert "not decoded" in " ".join(" ".join(last).split()), last
assert "group" in frames[5] and "far" in frames[5] and "q  end" in frames[5]
assert "nothing is unaccounted" in text[end:] and "sent =" not in text[:end]
PYTHON
law "without a terminal there are plain lines" eval '
    "$csilink" run "$work/cell.yaml" --runs "$work/plain" --duration 1.2 >"$work/plain.txt" &&
    grep -q "acknowledged" "$work/plain.txt" && ! grep -q "$(printf "\033")" "$work/plain.txt"'
law "a small terminal is given back, too" eval '"$python" \
    "$root/tests/integration/terminal.py" 0:15x40 $((4 * slow)):q -- "$csilink" run "$work/cell.yaml" \
    --runs "$work/small" --duration 600 >"$work/small.txt"'
law "it gets folded lines that end at words, and the keys" "$python" - "$work/small.txt" <<'PYTHON'
import re, sys
text = open(sys.argv[1], newline="").read().replace("\r", "")
frame = text[:text.index("\x1b[?1049l")].split("\x1b[H")[-1]
rows = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", frame).split("\n")
words = " ".join(" ".join(rows).split())
assert len(rows) <= 15 and max(map(len, rows)) <= 40, rows
for part in ("s left", "sent,", "acknowledged,", "timed out,", "not decoded;", "last second", "q end"):
    assert part in words, (part, rows)
PYTHON
law "before the first answer they tell no latency" eval '
    "$csilink" run --ues 2 --runs "$work/slow" --duration 1.2 --delay 2s >"$work/slow.txt" &&
    grep -q "latency p50 -, p99 -$" "$work/slow.txt" && ! grep -qw nan "$work/slow.txt"'

# completes WORD... : what bash offers for the last of the words.
completes() {
    bash -c '. "$0" && PATH=$1:$PATH && shift && COMP_WORDS=("$@") && COMP_CWORD=$(($# - 1)) &&
        { _csilink; printf "%s\n" "${COMPREPLY[@]}"; }' \
        "$root/completions/csilink.bash" "$CSILINK_BIN" "$@"
}
offers() {
    want=$1
    shift
    completes "$@" >"$work/out" && grep -qx -e "$want" "$work/out" && return
    cat "$work/out"
    return 1
}
law "the completion script is sound" bash -n "$root/completions/csilink.bash"
law "commands are completed" eval 'offers ctl csilink c && offers run csilink ""'
law "verbs and settings are completed" eval 'offers ramp csilink ctl r &&
    offers jitter csilink ctl set "" && offers inf csilink ctl set snr i'
law "options are those of the program" eval 'offers --duration csilink run --d &&
    offers --over csilink ctl ramp snr --o'
law "parts of a command are completed" offers generate csilink data g
law "so are the options and values of a part" eval '
    offers --role csilink keys allow --r && offers --time csilink bench train --t &&
    offers --cost2100-names csilink data generate --cost &&
    offers v7.3 csilink data generate --format v && offers uma-nlos csilink data generate --channel um'
law "kinds of codecs and uplinks are completed, and files where an option takes one" eval '
    offers transform csilink run --codec tr && offers digital csilink eval --uplink d &&
    offers "$work/cell.yaml" csilink eval --data "$work/cell"'
law "the script tells other shells the same" eval '
    PATH=$CSILINK_BIN:$PATH bash "$root/completions/csilink.bash" --complete csilink ctl set lo \
        >"$work/out" && [ "$(cat "$work/out")" = loss ]'
law "channels and models are completed, after a comma too" eval '
    offers cost2100-indoor,uma-nlos csilink sweep --channel cost2100-indoor,um &&
    offers csilink-net csilink sweep --model cs &&
    offers csilink-net-cr8-indoor csilink eval --model cs'
law "so are codeword formats" eval 'offers mu4 csilink run --codeword m &&
    offers r4,r6 csilink sweep --codeword r4,r'
law "groups of the latest run are completed" eval '(cd "$work" && offers far csilink ctl set snr 5 \
    --group f)'
law "records are completed, and what can be kept of a run" eval '(cd "$work" &&
    offers runs/latest csilink show runs/l && offers runs/latest csilink rerun runs/l) &&
    offers summary csilink run --record s'
law "scenario files are completed" eval '(cd "$root" &&
    offers scenarios/first-look.yaml csilink run scenarios/f)'
finish
