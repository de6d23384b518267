#!/bin/sh
# `csilink sweep`: its points are those of eval and of the link, an interrupted sweep goes on and
# ends as if it had not been, and what cannot be is refused before anything runs.
. "$(dirname "$0")/lib.sh"
cd "$work" || exit 1
family=csilink-net

# points FOLDER: how many are kept.
points() { echo $(($(wc -l <"$1/points.jsonl") - 1)); }
has_points() { [ -s "$1/points.jsonl" ] && [ "$(points "$1")" -ge "$2" ]; }

small="--offline --samples 24 --cr 8,16 --snr -5:15:25,inf
       --channel cost2100-indoor,cost2100-outdoor --codeword float32,r4"
"$csilink" sweep $small --out whole >stdout 2>stderr
law "a sweep of two CRs, channels and codewords at four SNRs has its 32 points" eval \
    '[ $? -eq 0 ] && [ "$(wc -l <whole/sweep.csv)" -eq 33 ] && [ "$(points whole)" -eq 32 ]'
for scenario in indoor outdoor; do
    "$csilink" eval --table --model $family-cr8-$scenario,$family-cr16-$scenario --samples 24 \
        --codeword float32,r4 --snr -5,10,25,inf --channel cost2100-$scenario --out $scenario \
        >/dev/null 2>&1
done
law "every figure is that of eval, to the last digit" "$python" - <<'PYTHON'
import csv
want = {}
for name in ("indoor", "outdoor"):
    for r in csv.DictReader(open(name + ".csv")):
        want[r["model"], r["channel"], r["codeword"], float(r["snr_db"])] = r
rows = list(csv.DictReader(open("whole/sweep.csv")))
assert len(rows) == len(want) == 32
for r in rows:
    w = want.pop((r["model"], r["channel"], r["codeword"], float(r["snr_db"])))
    for key in ("nmse_db", "rho", "sgcs", "precision"):
        assert r[key] == w[key], (r, w)
    assert r["bits_per_report"] == w["bits"] and r["channel_uses"] == w["channel_uses"]
    assert r["uplink"] == w["uplink"] and r["measured"] == r["reports"] == w["samples"]
    assert "-cr%s-" % r["cr"] in r["model"] and r["channel"].endswith(r["model"].split("-")[-1])
    assert r["latency_p50_us"] == ""
    snr, delivered = float(r["snr_db"]), float(r["snr_delivered_db"])
    # 24 codewords of 128 values: a standard error of sqrt(2 / 3072), 0.11 dB
    assert snr == delivered or abs(snr - delivered) < 0.45, r
    assert 0 < float(r["nmse_db_standard_error"]) < 2
PYTHON
law "the JSON has the rows of the CSV" "$python" - <<'PYTHON'
import csv, json
rows = list(csv.DictReader(open("whole/sweep.csv")))
points = json.load(open("whole/sweep.json"))["points"]
assert len(rows) == len(points)
for r, p in zip(rows, points):
    for key in set(r) & set(p):
        same = r[key] == "" if p[key] is None else str(p[key]) == r[key] or float(p[key]) == float(r[key])
        assert same, (key, r, p)
    assert len(set(r) & set(p)) == 26
    assert p["bler"] == 0 and p["undetected"] is None and p["nmse_all_db"] == p["nmse_db"]
PYTHON

# Below the outage threshold nothing passes; a sweep goes through that and goes on behind it.
law "a sweep crosses the SNR below which every check fails" eval '
    "$csilink" sweep --offline --out cliff --cr 8 --channel cost2100-indoor \
        --samples 40 --snr 0,10,20 --uplink analog:outage=10 --on-failure zero >/dev/null &&
    cp -r cliff again && sed -i "\$d" again/points.jsonl &&
    "$csilink" sweep --offline --out again --cr 8 --channel cost2100-indoor \
        --samples 40 --snr 0,10,20 --uplink analog:outage=10 --on-failure zero >/dev/null &&
    cmp cliff/sweep.csv again/sweep.csv'
law "its points say what failed, and what the base station had then" "$python" - <<'PYTHON'
import csv
r = list(csv.DictReader(open("cliff/sweep.csv")))
assert [float(x["bler"]) for x in r][::2] == [1, 0] and 0 < float(r[1]["bler"]) < 1
assert r[0]["nmse_db"] == "" and abs(float(r[0]["nmse_all_db"])) < 1e-9
assert float(r[0]["se_all"]) < float(r[1]["se_all"]) < float(r[2]["se_all"])
assert r[2]["nmse_all_db"] == r[2]["nmse_db"]
PYTHON

# A part of the points and half a line, as a crash leaves them.
mkdir part && head -n 12 whole/points.jsonl >part/points.jsonl
tail -n 1 whole/points.jsonl | head -c 50 >>part/points.jsonl
law "a sweep goes on behind a line that a crash cut" eval '
    "$csilink" sweep $small --out part >/dev/null 2>stderr && grep -q "11 are in part" stderr'
law "and ends with the same CSV and JSON, byte for byte" eval \
    'cmp whole/sweep.csv part/sweep.csv && cmp whole/sweep.json part/sweep.json'
mkdir kept && sed -n '1p;2s/"rho":[0-9.]*/"rho":0.123/p' whole/points.jsonl >kept/points.jsonl
law "points that are done are not measured again" eval '
    "$csilink" sweep $small --out kept >/dev/null 2>&1 &&
    [ "$(grep -c ,0.123 kept/sweep.csv)" -eq 1 ] &&
    [ "$(diff whole/sweep.csv kept/sweep.csv | grep -c "^>")" -eq 1 ]'
law "a whole sweep is drawn again, not measured again" eval '
    rm whole/nmse-snr.svg; before=$(cksum <whole/points.jsonl)
    "$csilink" sweep $small --out whole >/dev/null 2>&1 &&
    [ "$before" = "$(cksum <whole/points.jsonl)" ]'

long="--offline --samples 400 --cr 8,16 --snr 0,20"
for signal in KILL INT; do
    rm -f sweep.log
    start sweep "$csilink" sweep $long --out long
    within grep -q "^[0-9]* points" sweep.log && within has_points long 2
    law "SIG$signal leaves the points that are done" eval '
        kill -$signal $pid; wait $pid; status=$?
        has_points long 2 && ! [ -e long/sweep.csv ] &&
        { [ $signal = KILL ] || { [ $status -eq 130 ] && grep -q "kept in long" sweep.log; }; }'
done
rm -f sweep.log
start sweep "$csilink" sweep $long --out long
within grep -q "^[0-9]* points" sweep.log
law "two sweeps are not at work in one folder" fails_with 1 "another sweep is writing to long" \
    "$csilink" sweep $long --out long
law "after all of these the sweep ends" ends_well $pid
"$csilink" sweep $long --out at-once >/dev/null 2>&1
law "as if it had never been interrupted" cmp long/sweep.csv at-once/sweep.csv

law "another command in the folder is refused, and told what differs" fails_with 1 \
    "whole holds another sweep: its 'seed' is 1, not 2" "$csilink" sweep $small --seed 2 --out whole
law "so are other curves" fails_with 1 "whole holds another sweep, without $family-cr4-indoor" \
    "$csilink" sweep $small --cr 4,8,16 --out whole
law "and the link in place of no link" fails_with 1 "'over' is" "$csilink" sweep --samples 24 \
    --cr 8,16 --snr -5:15:25,inf --codeword float32,r4 --out whole
mkdir hostile
for line in 'x' '{}' '[]' '{"point":0}' '{"point":-1}' '{"point":1e30}' '{"point":99999}' 'null' \
    '{"point":0,"reports":-1,"measured":1,"nmse_db":1,"bits_per_report":1,"channel_uses":1}' \
    '{"point":0,"reports":1,"measured":1,"nmse_db":1,"bits_per_report":1}'; do
    head -n 1 whole/points.jsonl >hostile/points.jsonl
    echo "$line" >>hostile/points.jsonl
    law "a point '$line' is refused with file and line" fails_with 1 "hostile/points.jsonl:2" \
        "$csilink" sweep $small --out hostile
done

law "a missing model is reported by name before anything runs" fails_with 1 \
    "missing models: none-such-cr4-indoor, none-such-cr4-outdoor" \
    "$csilink" sweep --offline --cr 4 --model none-such --out none
law "and no folder is made" test ! -e none
law "a model of another scenario does not stand in" fails_with 1 "$family-cr1000-indoor" \
    "$csilink" sweep --cr 8,1000 --out none
mkdir float
for side in encoder decoder; do
    cp "$CSILINK_MODELS/$family-cr8-indoor.$side.onnx" float/plain-cr8-indoor.$side.onnx
done
law "a model without int8 is reported before anything runs" fails_with 1 "in int8" env \
    CSILINK_MODELS="$work/float" "$csilink" sweep --precision int8 --model plain-cr8-indoor \
    --out none
for wrong in "--snr 5:1:0" "--snr 1:0:2" "--snr x" "--cr 4,4" "--cr 0" "--codeword u9" \
    "--channel moon" "--channel ," "--precision int4" "--rate 1e6 --ues 8" "--ues 9 --samples 8" \
    "--model x,,y" "--loss 1" "--loss 0,0" "--loss x" "--loss 0,0.1 --uses 264"; do
    law "a usage error: $wrong" fails_with 2 "csilink sweep" "$csilink" sweep $wrong --out none
done
law "nothing of them left a folder" test ! -e none
law "a folder that cannot be is a failure" fails_with 1 "no/such" \
    "$csilink" sweep $small --out no/such

if command -v gnuplot >/dev/null; then
    law "the plots have title, axes with units and a key with each curve, in both forms" eval '
        grep -q "against uplink SNR" whole/nmse-snr.svg && grep -q "NMSE, dB" whole/nmse-snr.svg &&
        grep -q "uplink, dB" whole/nmse-snr.svg && grep -q "no noise" whole/nmse-snr.svg &&
        [ "$(grep -c "CR [0-9]*, cost2100-[a-z]*, [fr]" whole/nmse-snr.svg)" -eq 8 ] &&
        grep -q "bits per report" whole/nmse-bits.svg && 
        [ "$(grep -c "cost2100-[a-z]*, [fr].*, [0-9-]* dB" whole/nmse-bits.svg)" -eq 12 ] &&
        for p in nmse-snr nmse-bits; do
            [ "$(head -c 4 whole/$p.png | tail -c 3)" = PNG ] || exit 1
        done'
    law "a width and no title: the same plots for a paper, in PDF, too" eval '
        "$csilink" sweep $small --offline --out paper --plot-width 88 --title none >/dev/null &&
        grep -q "width=\"333\"" paper/nmse-snr.svg && ! grep -q "against uplink SNR" paper/nmse-snr.svg &&
        [ "$(head -c 4 paper/nmse-snr.pdf)" = %PDF ]'
    law "a page for no letters is refused" eval '
        fails_with 2 "plot-width takes 0, or 40 to 1000 mm" "$csilink" sweep --plot-width 5 &&
        fails_with 2 "at most a fifth" "$csilink" sweep --plot-width 50 --plot-font 20'
    law "offline there is no latency to draw" test ! -e whole/latency-cdf.svg
else
    skip "plots: gnuplot is not installed"
fi
mkdir empty
law "without gnuplot the figures are there, with a warning of what to install" eval '
    env PATH="$work/empty" "$csilink" sweep --offline --samples 2 --cr 8 --snr 10 \
        --channel cost2100-indoor --out bare >/dev/null 2>stderr && [ -s bare/sweep.csv ] &&
    ! [ -e bare/nmse-snr.svg ] && grep -q "apt-get install gnuplot-nox" stderr'

# The same points over the link. Sums over the same reports in another order: last digits differ.
same_points() {
    "$csilink" sweep "$@" --out link >/dev/null 2>link.log &&
        "$csilink" sweep "$@" --offline --out offline >/dev/null 2>&1 || { cat link.log; return 1; }
    "$python" - <<'PYTHON'
import csv, json, os
link, offline = (list(csv.DictReader(open(f + "/sweep.csv"))) for f in ("link", "offline"))
assert len(link) == len(offline) > 0
for a, b in zip(link, offline):
    for key in ("model", "channel", "snr_db", "codeword", "precision", "bits_per_report",
                "reports", "measured"):
        assert a[key] == b[key], (a, b)
    for key in ("nmse_db", "rho", "sgcs", "nmse_db_standard_error", "snr_delivered_db", "channel_uses"):
        x, y = float(a[key]), float(b[key])
        assert x == y or abs(x - y) < 1e-9, (key, a, b)
    ladder = [float(a["latency_%s_us" % q]) for q in ("p50", "p90", "p99", "p999", "p9999", "max")]
    assert 0 < ladder[0] and ladder == sorted(ladder), ladder
for p in json.load(open("link/sweep.json"))["points"]:
    with open("link/runs/%s/summary.json" % p["record"]) as f:
        summary = json.load(f)
        assert summary["config"]["snr_db"] == p["snr_db"]
        assert summary["record"]["level"] == "summary"
PYTHON
    status=$?
    rm -rf link.kept offline
    mv link link.kept
    return $status
}
law "points over the link are those of the link's functions: UEs that stand, one report each" \
    same_points --samples 40 --cr 8 --snr -5,20 --channel cost2100-indoor,cost2100-outdoor
if command -v gnuplot >/dev/null; then
    law "the latencies are drawn" eval 'grep -q "latency, ms" link.kept/latency-cdf.svg &&
        grep -q "share of reports" link.kept/latency-cdf.svg'
fi
law "UEs that move, several reports each, another seed and codeword" same_points --samples 30 \
    --model $family-cr8-universal --snr 3 --channel rayleigh:eva,uma-nlos --speed 30 --ues 5 \
    --rate 50 --codeword u4 --seed 9 --dl-snr 12
law "a file replayed by 8 UEs, without noise" same_points --samples 32 --cr 8 --snr inf \
    --channel "$CSILINK_MODELS/replay-cost2100-indoor.mat" --estimation none
codecs="klt:klt-uma-nlos,bits=128,entropy=range;delta-klt:klt-uma-nlos,bits=128,key-bits=256"
lossy="--samples 80 --ues 4 --snr inf,10 --loss 0,0.25 --channel uma-nlos --speed 3 --rate 100 --seed 4"
law "two codecs under losses, one with memory" same_points $lossy --codec "$codecs"
law "offline the losses are those of the link, and what is lost is measured as held" \
    "$python" - <<'PYTHON'
import csv, json
points = list(csv.DictReader(open("link.kept/sweep.csv")))
assert len(points) == 8 and [float(p["loss"]) for p in points] == 4 * [0.0] + 4 * [0.25]
for p in points:
    lost = float(p["lost"])
    assert float(p["measured"]) + lost == 80 and (lost > 5) == (p["loss"] == "0.25"), p
    assert p["nmse_in_use_db"] == ""
# A key is longer than an innovation, and after losses no more come: bits are of each report.
assert all(float(p["bits_per_report"]) <= 256 for p in points)
assert "loss" in json.load(open("link.kept/sweep.json"))["asked"]
PYTHON
law "the same offline, at once and in two parts" eval '
    "$csilink" sweep $lossy --codec "$codecs" --offline --out losses >/dev/null 2>&1 &&
    mkdir parts && head -n 4 losses/points.jsonl >parts/points.jsonl &&
    "$csilink" sweep $lossy --codec "$codecs" --offline --out parts >/dev/null 2>&1 &&
    cmp losses/sweep.csv parts/sweep.csv'
law "under losses the CSI in use is worse than what arrived was" "$python" - <<'PYTHON'
import csv
for p in csv.DictReader(open("losses/sweep.csv")):
    used, arrived = float(p["nmse_in_use_db"]), float(p["nmse_db"])
    assert used > arrived if float(p["loss"]) else abs(used - arrived) < 1e-9, p
PYTHON
if command -v gnuplot >/dev/null; then
    law "NMSE and bits are drawn against loss" eval '
        grep -q "share of reports that are lost" losses/nmse-loss.svg &&
        grep -q "NMSE of the CSI in use" losses/nmse-loss.svg && [ -e losses/bits-loss.png ]'
fi
law "an environment's delay does not reach a point" eval 'env CSILINK_DELAY=10s "$csilink" sweep \
    --samples 16 --cr 8 --snr 10 --channel cost2100-indoor --out env >/dev/null 2>&1 &&
    [ "$(sed -n 2p env/sweep.csv | cut -d, -f10,11)" = 16,16 ]'

linked="--samples 200 --rate 100 --cr 8 --snr 0:10:20 --channel cost2100-indoor"
start linked "$csilink" sweep $linked --out stopped
within has_points stopped 1
sleep 0.5
law "SIGTERM over the link ends the run in hand, and keeps the points" eval '
    kill -TERM $pid; wait $pid; status=$?; [ $status -eq 130 ] && has_points stopped 1 &&
    grep -q "kept in stopped" linked.log'
no_run_left() { ! grep -qsF "stopped/runs" /proc/[0-9]*/cmdline; }
law "none of its processes is left" within no_run_left
start killed "$csilink" sweep $linked --out stopped
within has_points stopped 2
sleep 0.5
kill -KILL $pid
law "nor are they after SIGKILL" within no_run_left
"$csilink" sweep $linked --out stopped >/dev/null 2>&1
"$csilink" sweep $linked --offline --out not-stopped >/dev/null 2>&1
law "and the sweep then ends with the figures of an uninterrupted one" "$python" - <<'PYTHON'
import csv
a, b = (list(csv.DictReader(open(f + "/sweep.csv"))) for f in ("stopped", "not-stopped"))
assert len(a) == len(b) == 3
for x, y in zip(a, b):
    assert abs(float(x["nmse_db"]) - float(y["nmse_db"])) < 1e-9, (x, y)
PYTHON
law "a model of a folder is not for the link" fails_with 2 "CSILINK_MODELS" \
    "$csilink" sweep --model ./x --out none
finish
