#!/bin/sh
# csilink ctl: a running simulation is looked at and changed from outside.
. "$(dirname "$0")/lib.sh"

duration=$((6 * slow))
start run "$csilink" run --runs "$work/runs" --json --ues 4 --duration $duration --period 20ms \
    --snr 20 --timeout $((5 * slow)) --seed 3
run=$pid
latest=$work/runs/latest

ctl() { "$csilink" ctl "$@" --run "$latest"; }

# shows TEXT command...: exits with 0 and prints a line that matches.
shows() {
    pattern=$1
    shift
    "$@" >"$work/out" 2>"$work/err" && grep -q -e "$pattern" "$work/out" && return
    cat "$work/out" "$work/err"
    return 1
}

reports_flow() { ctl watch --for 1.1 2>/dev/null | grep -q "[1-9][0-9]* acknowledged"; }

within reports_flow
law "get tells every setting in force" eval 'shows "^snr  *all UEs  *20 dB" ctl get &&
    grep -q "^loss  *all UEs  *0 fraction" "$work/out" && grep -q "^delay " "$work/out" &&
    grep -q "^jitter " "$work/out"'
law "get NAME tells that one only" eval 'shows "^loss " ctl get loss &&
    [ "$(wc -l <"$work/out")" -eq 1 ]'
law "set snr changes all UEs' SNR" shows "^snr  *all UEs  *0 dB" ctl set snr 0
law "set snr --ue K changes one UE's" shows "^snr  *UE 2  *inf dB" ctl set snr inf --ue 2
law "what was set stays in force" eval 'shows "^snr  *all UEs  *0 dB" ctl get snr &&
    grep -q "^snr  *UE 2  *inf dB" "$work/out"'
law "set loss takes a fraction" shows "^loss  *UE 1  *1 fraction" ctl set loss 1 --ue 1
law "set delay takes a time with a unit" shows "^delay  *all UEs  *0.002 s" ctl set delay 2ms
law "watch shows telemetry for as long as asked" shows "acknowledged" ctl watch --for 1.1

law "a mistyped setting is put right" fails_with 2 "did you mean snr?" ctl set snrr 5
law "get of a mistyped setting is put right" fails_with 2 "did you mean delay?" ctl get dealy
law "an unknown setting is answered with the known ones" fails_with 2 "snr, loss, delay, jitter" \
    ctl set bandwidth 5
law "an SNR that is none" fails_with 2 "a number of dB, or inf, not 'loud'" ctl set snr loud
law "an SNR out of range" fails_with 2 "snr takes -30 to 100 dB, or inf, not -31" ctl set snr -31
law "a loss that is none" fails_with 2 "a fraction from 0 to 1, not '2ms'" ctl set loss 2ms
law "a loss out of range" fails_with 2 "0 to 1" ctl set loss 1.5
law "a delay out of range" fails_with 2 "0 to 10 s" ctl set delay 11s
law "a setting without its value" fails_with 2 "set NAME VALUE" ctl set snr
law "a UE out of range" fails_with 2 "from 0 to 999999" ctl set snr 5 --ue 1000000
law "a UE that is not in the cell" fails_with 2 "UE 4 is not in the cell" ctl set snr 5 --ue 4
law "--ue with anything but set" fails_with 2 "--ue goes with set" ctl get --ue 3
law "a run that is not there" fails_with 1 "nowhere" "$csilink" ctl get --run "$work/nowhere"
mkdir "$work/odd"
echo '{"telemetry": [3, "x"], "control": 7}' >"$work/odd/link.json"
law "a link.json without a control address" fails_with 1 "names no control endpoint" \
    "$csilink" ctl get --run "$work/odd"
echo '{"control"' >"$work/odd/link.json"
law "a link.json that is cut" fails_with 1 "$work/odd" "$csilink" ctl get --run "$work/odd"
law "an address where nobody is" fails_with 1 "no answer from" \
    "$csilink" ctl get --endpoint "ipc://$work/nobody"

law "the run ends with 0 after all this" ends_well $run
law "the summary shows every SNR that was in force, and the accounting closes" holds "$closes
    and {p['snr_db'] for p in s[0]['per_snr']} == {20, 0, 'inf'}
    and all(p['reports'] > 0 for p in s[0]['per_snr'])
    and sum(p['reports'] for p in s[0]['per_snr']) == s[0]['reports']['acked']" \
    "$latest/summary.json"
law "a lower SNR costs NMSE" holds '
    max(p["nmse_db"] for p in s[0]["per_snr"] if p["snr_db"] != 0)
    < min(p["nmse_db"] for p in s[0]["per_snr"] if p["snr_db"] == 0)' "$latest/summary.json"
law "loss at one UE is lost there only" holds '
    [u["ue"] for u in s[0]["per_ue"] if u["lost_channel"] > 0] == [1]' "$latest/summary.json"
law "a run that has ended does not answer" fails_with 1 "still running?" ctl get
law "a run that has ended shows no telemetry" fails_with 1 "no telemetry" ctl watch --for 1
finish
