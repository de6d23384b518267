#!/bin/sh
# Lists of uplinks: eval and sweep have every combination once, each as it is by itself, over the
# link, too; a sweep with other uplinks is another sweep.
. "$(dirname "$0")/lib.sh"
cd "$work" || exit 1
uplinks="analog:r2;analog:r4,references=4;analog:float16,references=4,outage=3"
plain="analog:r2;analog:r4,references=4;analog:float16,references=4" # with none that can fail
common="--model csilink-net-cr8-indoor --samples 24 --snr 0,10,inf --channel cost2100-indoor"
# The rows of an evaluation without the separation limit, which the whole list makes.
bare='(lambda e: [{k: v for k, v in r.items() if k != "limit_nmse_db"} for r in e["rows"]])'

"$csilink" eval $common --uplink "$uplinks" --json >list.json
law "eval has a list's uplinks in their order, each with the figures that it has alone" eval '
    n=0
    for uplink in analog:r2 analog:r4,references=4 analog:float16,references=4,outage=3; do
        "$csilink" eval $common --uplink $uplink --json >alone.json || return 1
        holds "s[0][$n][\"uplink\"] == s[1][\"uplink\"] == \"$uplink\" and
               $bare(s[0][$n]) == $bare(s[1]) and len(s[0]) == 3 and
               s[1][\"codeword_format\"] is None" list.json alone.json || return 1
        n=$((n + 1))
    done'
law "an uplink by its name is the codeword format that it stands for" eval '
    "$csilink" eval $common --codeword r2 --json >format.json &&
    holds "$bare(s[0][0]) == $bare(s[1])" list.json format.json'
law "a table has the product of models, uplinks, channels and SNRs" eval '
    "$csilink" eval --table --samples 8 --snr 0,10 --uplink "$plain" \
        --codec "onnx:csilink-net-cr8-indoor;dpcm" --channel rayleigh,cost2100-indoor --out t \
        >t.stdout && "$python" - "$plain" <<PYTHON
import csv, itertools, sys
rows = list(csv.DictReader(open("t.csv")))
got = [(r["model"], r["uplink"], r["channel"], float(r["snr_db"])) for r in rows]
want = itertools.product(["onnx:csilink-net-cr8-indoor", "dpcm"], sys.argv[1].split(";"),
                         ["rayleigh", "cost2100-indoor"], [0, 10])
assert got == list(want), got
assert all(r["codeword"] == "" for r in rows)
text = open("t.md").read()
for u in sys.argv[1].split(";"):
    assert text.count("| %s |" % u) == 16, text # 4 tables, 2 models, 2 channels
PYTHON'

product="--offline --samples 8 --cr 8,16 --snr -5,10 --channel cost2100-indoor,cost2100-outdoor"
"$csilink" sweep $product --uplink "$uplinks" --out whole >/dev/null 2>stderr
law "a sweep has the product of models, uplinks, channels and SNRs" "$python" - "$uplinks" <<'PYTHON'
import csv, itertools, sys
rows = list(csv.DictReader(open("whole/sweep.csv")))
got = {(r["cr"], r["uplink"], r["channel"], float(r["snr_db"])) for r in rows}
want = set(itertools.product(["8", "16"], sys.argv[1].split(";"),
                             ["cost2100-indoor", "cost2100-outdoor"], [-5, 10]))
assert got == want and len(rows) == len(want) == 24
PYTHON
mkdir part && head -n 9 whole/points.jsonl >part/points.jsonl
law "an interrupted one goes on, and ends with the same CSV and JSON, byte for byte" eval '
    "$csilink" sweep $product --uplink "$uplinks" --out part >/dev/null 2>stderr &&
    grep -q "8 are in part" stderr && cmp whole/sweep.csv part/sweep.csv &&
    cmp whole/sweep.json part/sweep.json'
law "points whose reports all fail are kept as well" eval '
    failing="--offline --samples 4 --cr 8 --snr 0 --channel cost2100-indoor"
    for i in 1 2; do
        "$csilink" sweep $failing --uplink "analog:outage=20;analog" --out failing >/dev/null \
            2>stderr || return 1
    done; grep -q "2 are in failing" stderr'
for other in "analog:r2" "analog:r4,references=4;analog:r2;analog:float16,references=4,outage=3" \
    "analog:r2;analog:r4,references=4;analog:float16,references=4"; do
    law "other uplinks are another sweep: $other" fails_with 1 "whole holds another sweep" \
        "$csilink" sweep $product --uplink "$other" --out whole
done
law "so is none" fails_with 1 "whole holds another sweep" "$csilink" sweep $product --out whole
law "a pair that cannot be is reported with model and uplink" fails_with 2 \
    "onnx:csilink-net-cr8-indoor, digital:r4,qpsk,uses=60" "$csilink" eval \
    --codec "onnx:csilink-net-cr8-indoor;dpcm" --uplink "analog;digital:r4,qpsk,uses=60" --samples 4 --snr 0 --channel cost2100-indoor

link="--samples 16 --cr 8 --snr 0,20 --channel cost2100-indoor"
law "points over the link are those of the link's functions" eval '
    "$csilink" sweep $link --uplink "analog:r2;analog:outage=20;analog:r4,references=4" --out link \
        >/dev/null 2>stderr &&
    "$csilink" sweep $link --uplink "analog:r2;analog:outage=20;analog:r4,references=4" --offline \
        --out offline >/dev/null 2>&1 && "$python" - <<PYTHON
import csv, json
link, offline = (list(csv.DictReader(open(f + "/sweep.csv"))) for f in ("link", "offline"))
assert len(link) == len(offline) == 6
for a, b in zip(link, offline):
    assert a["uplink"] == b["uplink"] and a["measured"] == b["measured"], (a, b)
    if float(b["measured"]) == 0:
        assert a["nmse_db"] == b["nmse_db"] == "" and "outage" in a["uplink"], (a, b)
        continue
    for key in ("nmse_db", "bits_per_report", "channel_uses"):
        assert abs(float(a[key]) - float(b[key])) < 1e-9, (key, a, b)
assert any(a["nmse_db"] == "" for a in link)
PYTHON'
law "a sweep over the link goes on, with a point whose reports all failed" eval '
    "$csilink" sweep $link --uplink "analog:r2;analog:outage=20;analog:r4,references=4" --out link \
        >/dev/null 2>stderr && grep -q "6 are in link" stderr'

for command in eval "sweep --out none"; do
    law "$command: an uplink that is there twice is a usage error" fails_with 2 \
        "has 'analog:r2' twice" "$csilink" $command --uplink "analog:r2;analog;analog:r2"
    law "$command: so is an empty name" fails_with 2 "empty name" \
        "$csilink" $command --uplink "analog:r2;"
    law "$command: and an unknown kind" fails_with 2 "the kinds are: analog" \
        "$csilink" $command --uplink "analog;analogue"
    law "$command: and a codeword format beside an uplink" fails_with 2 \
        "--codeword and --uplink exclude each other" \
        "$csilink" $command --uplink "analog;analog:r2" --codeword r4
done
law "nothing of them left a folder" test ! -e none
finish
