#!/bin/sh
# The separation limit and the best of each kind of uplink: in eval's and sweep's figures they are
# what their definitions say of the rows beside them.
. "$(dirname "$0")/lib.sh"
cd "$work" || exit 1
grid="--offline --samples 16 --cr 8,16 --channel cost2100-indoor"
uplinks="analog:r2;analog:r4,references=4;analog:outage=3"

# limits FILE ENVELOPE...: each row's limit follows from the rows without noise of the other files.
limits() {
    "$python" - "$@" <<'PYTHON'
import csv, math, sys
def rows(name): return list(csv.DictReader(open(name)))
def bits(r): return float(r["bits_per_report"] if "bits_per_report" in r else r["bits"])
known = [r for name in sys.argv[2:] for r in rows(name)
         if r["snr_db"] == "inf" and r["nmse_db"] not in ("", "nan", "-nan")]
assert known
seen = missing = 0
for r in rows(sys.argv[1]):
    snr = float(r["snr_db"])
    capacity = float("inf") if snr == float("inf") else \
        float(r["channel_uses"]) * math.log2(1 + 10 ** (snr / 10))
    under = [float(k["nmse_db"]) for k in known
             if k["channel"] == r["channel"] and bits(k) <= capacity]
    assert r["limit_nmse_db"] == "" if not under else float(r["limit_nmse_db"]) == min(under), r
    seen += bool(under)
    missing += not under
assert seen and missing, (seen, missing)
PYTHON
}
"$csilink" sweep $grid --snr -5,10,inf --uplink "$uplinks" --out own >/dev/null 2>&1
law "a sweep's points without noise give the limit of the others" limits own/sweep.csv own/sweep.csv
law "its JSON has the limits of its CSV, null for none" "$python" - <<'PYTHON'
import csv, json
points = json.load(open("own/sweep.json"))["points"]
for r, p in zip(csv.DictReader(open("own/sweep.csv")), points):
    got = p["limit_nmse_db"]
    assert got is None if r["limit_nmse_db"] == "" else got == float(r["limit_nmse_db"])
PYTHON
"$csilink" sweep $grid --snr -5,10 --uplink "$uplinks" --out none >/dev/null 2>&1
law "without such points nothing is known" eval '! grep -v limit_nmse_db none/sweep.csv | grep -v ",$"'
"$csilink" sweep $grid --snr -5,10 --uplink "$uplinks" --limit own/sweep.json --out json \
    >/dev/null 2>&1
law "a file gives them: another sweep.json" limits json/sweep.csv own/sweep.csv
law "or a sweep.csv, with a finished sweep that is only written again" eval '
    "$csilink" sweep $grid --snr -5,10 --uplink "$uplinks" --limit own/sweep.csv --out none \
        >/dev/null 2>stderr && grep -q "12 are in none" stderr && cmp none/sweep.csv json/sweep.csv'
"$csilink" eval --table --model csilink-net-cr16-indoor --samples 16 --snr -5,20,inf --codeword r2,r3 \
    --channel cost2100-indoor --limit own/sweep.csv --out table >/dev/null 2>&1
law "eval has the limit of its own rows and the file's" limits table.csv table.csv own/sweep.csv
law "a table's CSV is such a file as well" eval '
    "$csilink" sweep $grid --snr -5,10 --uplink "$uplinks" --limit table.csv --out none \
        >/dev/null 2>&1 && limits none/sweep.csv table.csv'

law "points of other settings are refused before anything runs" fails_with 1 \
    "'dl-snr' 20, not 12" "$csilink" sweep $grid --dl-snr 12 --limit own/sweep.json --out no
law "by eval, too" fails_with 1 "'estimation' \"ls\", not \"none\"" \
    "$csilink" eval --estimation none --limit own/sweep.json
law "a file without a point that counts is refused" fails_with 1 "no point without uplink noise" \
    "$csilink" sweep $grid --limit none/sweep.csv --out no
law "a file that is not there is a failure" fails_with 1 "no/such" \
    "$csilink" sweep $grid --limit no/such --out no
for wrong in 0 -1 x 5: :5 5:4 5:6:7 inf 1e999 0:5 "" 256uses; do
    law "channel uses '$wrong' are a usage error" fails_with 2 "--uses" \
        "$csilink" sweep $grid --uses "$wrong" --out no
done
law "nothing of them left a folder" test ! -e no

# best USES LOW HIGH: best.csv has the least NMSE of the rows within, and the rows stay as they were.
best() {
    "$csilink" sweep $grid --snr -5,10,inf --uplink "$uplinks" --uses "$1" --out own >/dev/null \
        2>stderr && grep -q "18 are in own" stderr && "$python" - "$2" "$3" <<'PYTHON'
import csv, json, sys
low, high = map(float, sys.argv[1:])
rows = list(csv.DictReader(open("own/sweep.csv")))
best = list(csv.DictReader(open("own/best.csv")))
assert [b["snr_db"] for b in best] == ["-5", "10", "inf"] and len(rows) == 18
assert {b["best_of"] for b in best} == {"analog"}
some = 0
for b, j in zip(best, json.load(open("own/sweep.json"))["best"]):
    near = [r for r in rows if float(r["snr_db"]) == float(b["snr_db"])
            and low <= float(r["channel_uses"]) <= high]
    assert int(b["among"]) == len(near) == j["among"]
    if not near:
        assert b["nmse_db"] == b["uplink"] == "" and "nmse_db" not in j
        continue
    some += 1
    (won,) = [r for r in near if r["uplink"] == b["uplink"] and r["model"] == b["model"]]
    assert float(won["nmse_all_db"]) == min(float(r["nmse_all_db"]) for r in near) == float(b["nmse_db"])
    assert b["channel_uses"] == won["channel_uses"] and b["limit_nmse_db"] == won["limit_nmse_db"]
    assert j["uplink"] == b["uplink"] and j["nmse_db"] == float(b["nmse_db"])
assert some
PYTHON
}
law "--uses N: the best of each kind with at most N channel uses, at each SNR" best 150 0 150
law "--uses LOW:HIGH: with LOW to HIGH" best 60:80 60 80
law "a number below all of them leaves none" eval '! best 10 0 10 2>/dev/null && grep -q "analog,10,0,,,\"\",,\"\"," own/best.csv'
law "without --uses there is no best" test ! -e none/best.csv

if command -v gnuplot >/dev/null; then
    best 150 0 150
    law "the pictures have curves with their channel uses, the best of them, and the limit" eval '
        [ "$(grep -c "CR [0-9]*, cost2100-indoor, analog:.*uses" own/nmse-snr.svg)" -ge 5 ] &&
        grep -q "best of analog, cost2100-indoor, at most 150 uses" own/nmse-snr.svg &&
        grep -q "separation limit, cost2100-indoor, 150 uses" own/nmse-snr.svg &&
        grep -q "separation limit, cost2100-indoor" own/nmse-uses-10dB.svg &&
        grep -q "channel uses per report" own/nmse-uses-10dB.svg &&
        grep -q "cost2100-indoor, analog:r4,references=4" own/nmse-uses-10dB.svg &&
        test -s own/nmse-uses--5dB.png && ! [ -e own/nmse-uses-infdB.svg ]'
    law "so has a table" grep -q "separation limit, cost2100-indoor" table.svg
else
    skip "pictures: gnuplot is not installed"
fi
finish
