#!/bin/sh
# `csilink reproduce`: its figures are those of eval, counts are those of the networks, what was
# measured is not measured again, and a pair that is missing is trained unless that is not wanted.
. "$(dirname "$0")/lib.sh"
root=$(cd "$(dirname "$0")/../.." && pwd)
cd "$work" || exit 1

cat >small.yaml <<'YAML'
title: A small paper
samples: 24
seed: 5
tables:
  - name: table-1
    title: One table
    channel: cost2100-indoor
    rows:
      - net: "Net, CR 8"
        architecture: cllwcsinet
        layout: delay-angle
        cr: 8
        model: cllwcsinet-cr8-indoor
        parameters: 66.7e3
        macs: 7.15e6
        nmse: -11.11
      - {net: "Net, CR 16", model: cllwcsinet-cr16-indoor, parameters: 1, nmse: 30}
      - {net: Gone, model: no-such-cr4-moon, nmse: -3}
  - name: fig-1
    title: One figure
    channel: cost2100-outdoor
    snr: 0,10,inf
    rows:
      - {net: Own, model: csilink-net-cr8-outdoor, precision: int8, nmse: "-, -, -"}
      - {net: Unfair, model: csilink-net-cr8-outdoor, nmse: "-1, -20, -40", unfair: "yes"}
YAML

reproduce() { "$csilink" reproduce "$@" 2>stderr >stdout || { cat stderr && return 1; }; }
# figures EXPRESSION: over the rows of out.csv by (table, net, quantity, SNR).
figures() {
    "$python" - "$1" <<'PYTHON'
import csv, json, sys
f = {}
for r in csv.DictReader(open("out.csv")):
    f[r["table"], r["net"], r["quantity"], r["snr_db"]] = r
e = [json.load(open("eval%d.json" % i))["rows"] for i in (1, 2)]
def near(row, x): return abs(float(row["measured"]) - x) < 1e-9
sys.exit(0 if eval("(" + sys.argv[1] + ")") else 1)
PYTHON
}
law "a list of tables is measured" reproduce small.yaml --quick --out out
"$csilink" eval --codec onnx:cllwcsinet-cr8-indoor,precision=float --estimation none --seed 5 \
    --channel cost2100-indoor --snr inf --samples 24 --json >eval1.json
"$csilink" eval --codec onnx:csilink-net-cr8-outdoor,precision=int8 --estimation none --seed 5 \
    --channel cost2100-outdoor --snr 0,10,inf --samples 24 --json >eval2.json
law "its figures are those of eval" figures '
    near(f["table-1", "Net, CR 8", "nmse_db", "inf"], e[0][0]["nmse_db"]) and
    all(near(f["fig-1", "Own", "nmse_db", s], r["nmse_db"])
        for s, r in zip(("0", "10", "inf"), e[1]))'
law "counts are those of the architecture, or of the pair" figures '
    f["table-1", "Net, CR 8", "parameters", ""]["measured"] == "66756"
    and f["table-1", "Net, CR 8", "parameters", ""]["verdict"] == "holds"
    and f["table-1", "Net, CR 16", "parameters", ""]["verdict"].startswith("differs by +")'
law "each figure has a verdict" figures '
    f["table-1", "Net, CR 16", "nmse_db", "inf"]["verdict"].startswith("better by 4")
    and f["table-1", "Gone", "nmse_db", "inf"]["verdict"] == "not measured"'
law "an unfair row is without noise at every SNR" figures '
    len({f["fig-1", "Unfair", "nmse_db", s]["measured"] for s in ("0", "10", "inf")}) == 1'
law "the page has the tables, their pictures and the commands" eval '
    grep -q "^## One table" out.md && grep -q "^| Net, CR 8 | -11.11 | " out.md &&
    grep -q "no-such-cr4-moon" out.md && grep -q "csilink eval --codec" out.md &&
    [ "$(grep -o "(out-[a-z0-9-]*.svg)" out.md | tr -d "()" | xargs ls | wc -l)" -eq 3 ]'
if command -v gnuplot >/dev/null; then
    law "pictures are also pages of PDF" eval 'head -c 5 out-fig-1.pdf | grep -q "%PDF-"'
else
    skip "gnuplot is not installed"
fi
cp out.csv first.csv
lines=$(wc -l <out.points.jsonl)
law "what is measured is not measured again" eval 'reproduce small.yaml --quick --out out &&
    cmp out.csv first.csv && [ "$(wc -l <out.points.jsonl)" -eq "$lines" ]'
law "one table alone" eval 'reproduce small.yaml --quick --out one --table fig-1 --samples 8 &&
    grep -q "^## One figure" one.md && ! grep -q "One table" one.md'
law "a table that is not there" fails_with 2 "no table 'fig-9'; the list has table-1, fig-1" \
    "$csilink" reproduce small.yaml --quick --table fig-9
law "a list that is not there names those that are" fails_with 1 "csilink ships cllwcsinet" \
    "$csilink" reproduce nothing --quick

cat >train.yaml <<'YAML'
title: To be trained
samples: 8
tables:
  - name: t
    title: T
    channel: cost2100-indoor
    rows:
      - net: Tiny
        architecture: csilink-net
        cr: 16
        model: csilink-net-cr16-tiny
        recipe: csilink-net-indoor
        options: --samples 2k --threads 1
        nmse: -5
YAML
law "a pair that is missing is trained, and measured" eval '
    reproduce train.yaml --zoo zoo --out trained && grep -q "^| Tiny | -5.00 | -[0-9.]* |" trained.md'
law "and not trained again" eval 'reproduce train.yaml --zoo zoo --out trained &&
    ! grep -q "samples of" stdout'
law "its row in int8 is quantized from it" eval '
    { cat train.yaml && echo "        precision: int8"; } >int8.yaml
    reproduce int8.yaml --zoo zoo --out eight && ls zoo/runs/*/*.encoder.int8.onnx &&
    grep -q "^| Tiny | -5.00 | -[0-9.]* |" eight.md && ! grep -q "samples of training" stdout'
law "a recipe that is not there" eval 'sed "s/csilink-net-indoor/gone/; s/tiny/other/" train.yaml >bad.yaml
    fails_with 1 "no recipe models/recipes/gone.yaml" "$csilink" reproduce bad.yaml --out bad'
for list in "$root"/reproductions/*.yaml; do
    law "$(basename "$list"): every table can be measured" \
        reproduce "$list" --quick --samples 2 --table table-1 --out shipped
done
finish
