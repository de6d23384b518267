#!/bin/sh
# `csilink league`: its figures are those of eval for what it says that it chose, within the budget,
# chosen by other samples than those reported; an interrupted league goes on and ends as if it had
# not been; what cannot be is refused before anything is measured.
. "$(dirname "$0")/lib.sh"
root=$(cd "$(dirname "$0")/../.." && pwd)
cd "$work" || exit 1

cat >small.yaml <<'YAML'
title: A small league
channels:
  - channel: cost2100-indoor
  - {channel: uma-nlos, carrier: 28e9}
bits: 256,512
uses: 64,128
snr: 0,20
samples: 16
choose: 8
scout: 4
entrants:
  - name: net
    codecs: ["csilink-net-cr{8|16}-{scenario}"]
  - name: klt | linear
    codecs: ["klt:klt-{scenario},cr={16|32|64}"]
    samples: 10
YAML

league() { "$csilink" league "$@" 2>stderr >stdout || { cat stderr && return 1; }; }
# csv PREFIX: the table without what belongs to the machine.
csv() {
    "$python" - "$1" <<'PYTHON'
import csv, sys
for r in csv.DictReader(open(sys.argv[1] + ".csv")):
    del r["encode_us"], r["decode_us"]
    print(sorted(r.items()))
PYTHON
}
same() { csv "$1" >one && csv "$2" >other && cmp one other; }
points() { echo $(($(wc -l <"$1.points.jsonl") - 1)); }

law "a small league is played" league small.yaml --out whole
law "it has a row for each entrant, channel and budget: two of bits, two of uses at two SNRs" eval \
    '[ "$(wc -l <whole.csv)" -eq 25 ]'
law "every figure is eval's of what was chosen, to the last digit, and within the budget" \
    "$python" - "$csilink" <<'PYTHON'
import csv, subprocess, sys
checked = 0
for r in csv.DictReader(open("whole.csv")):
    if r["candidates"] == "0":
        assert r["codec"] == r["nmse_all_db"] == "", r
        continue
    cost = r["bits"] if r["compared_at"] == "bits" else r["channel_uses"]
    assert float(cost) <= float(r["budget"]) and float(r["encode_us"]) > 0 < float(r["decode_us"]), r
    assert r["reports"] == ("10" if r["entrant"].startswith("klt") else "16")
    if r["bler"] == "1":
        assert r["nmse_all_db"] == "0" and r["sgcs_all"] == "0" and r["nmse_db"] == ""
        continue
    subprocess.run([sys.argv[1], "eval", "--table", "--codec", r["codec"], "--uplink", r["uplink"],
                    "--channel", r["channel"], "--carrier", r["carrier_hz"], "--samples",
                    r["reports"], "--estimation", "none", "--snr", r["snr_db"], "--out", "eval"],
                   check=True, capture_output=True)
    (e,) = csv.DictReader(open("eval.csv"))
    for key in ("nmse_all_db", "se_all", "bits", "channel_uses", "bler", "precision", "macs"):
        assert r[key] == e[key], (key, r, e)
    if r["bler"] == "0":
        assert r["sgcs"] == e["sgcs"] == r["sgcs_all"] and r["rho"] == e["rho"]
    checked += 1
assert checked >= 16, checked
PYTHON
cat >memory.yaml <<'YAML'
channels: [{channel: cost2100-indoor, carrier: 300e6}]
bits: 256
uses: none
samples: 32
choose: 16
scout: 8
sequence: 8
entrants:
  - {name: memory, codecs: ["delta-klt:klt-indoor,bits=256"]}
  - {name: none, codecs: ["klt:klt-indoor,bits=256,entropy=range"]}
YAML
law "with a sequence codecs with memory play, by the figures of eval over sequences" eval '
    league memory.yaml --speed 3 --period 20ms --out memory &&
    for codec in delta-klt:klt-indoor,bits=256 klt:klt-indoor,bits=256,entropy=range; do
        "$csilink" eval --json --codec $codec --channel cost2100-indoor --carrier 300e6 --speed 3 \
            --period 20ms --sequence 8 --samples 32 --estimation none --snr inf || exit 1
    done >evals && "$python" - <<PYTHON
import csv, json
rows = {r["entrant"]: r for r in csv.DictReader(open("memory.csv"))}
text, at, found = open("evals").read(), 0, []
while at < len(text):
    one, at = json.JSONDecoder().raw_decode(text, at)
    found.append(one["rows"][0])
    at += 1
for name, row in zip(("memory", "none"), found):
    assert abs(float(rows[name]["nmse_db"]) - row["nmse_db"]) < 1e-9, (rows[name], row)
assert found[0]["nmse_db"] < found[1]["nmse_db"] - 1
PYTHON'
law "points of a sequence are its own" eval 'cp memory.points.jsonl other.points.jsonl &&
    league memory.yaml --speed 3 --period 20ms --sequence 1 --out other &&
    [ "$(points other)" -gt "$(points memory)" ]'
law "candidates were looked at with the next seed, what was chosen reported with the first" \
    "$python" - <<'PYTHON'
import csv, json
points = [json.loads(line) for line in open("whole.points.jsonl")][1:]
keys = [p["key"] for p in points if not p["key"].startswith("times of")]
assert all(("seed 1," in k) == k.endswith((" 16 samples", "seed 1, 10 samples")) for k in keys)
for r in csv.DictReader(open("whole.csv")):
    if int(r["candidates"]) > 1:
        (chosen,) = {k for k in keys if k.startswith(r["codec"] + " (") and "seed 2, 8 samples" in k
                     and " over %s at %s dB; %s at" % (r["uplink"], r["snr_db"], r["channel"]) in k}
PYTHON
law "a codec is chosen by the other samples: the better of two there" eval '
    league small.yaml --out two --entrant net --channel cost2100-indoor --bits none --uses 200 \
        --snr 0,20 && "$python" - "$csilink"' <<'PYTHON'
import csv, json, sys
points = [json.loads(line) for line in open("two.points.jsonl")][1:]
for r in csv.DictReader(open("two.csv")):
    found = [p for p in points if "seed 2, 8 samples" in p["key"] and p["channel_uses"] <= 200
             and " at %s dB;" % r["snr_db"] in p["key"]]
    assert 2 <= len(found) <= 3 < int(r["candidates"]), (len(found), r)
    (chosen,) = [p for p in found if p["key"].startswith(r["codec"] + " (")
                 and " over %s at" % r["uplink"] in p["key"]]
    assert chosen["nmse_all_db"] == min(p["nmse_all_db"] for p in found)
PYTHON
law "the figures do not depend on the number of threads" eval \
    'league small.yaml --out single --jobs 1 && same whole single'

mkdir part && head -n 60 whole.points.jsonl >part/l.points.jsonl
tail -n 1 whole.points.jsonl | head -c 50 >>part/l.points.jsonl
law "a league goes on behind a line that a crash cut, and ends the same" eval \
    'league small.yaml --out part/l && same whole part/l && [ "$(points part/l)" -eq "$(points whole)" ]'
law "what is done is not measured again" eval '
    before=$(cksum <whole.points.jsonl) && rm whole.md && league small.yaml --out whole &&
    [ "$before" = "$(cksum <whole.points.jsonl)" ] && [ -s whole.md ]'
law "a list may gain an entrant: what others have done stays" eval '
    league small.yaml --entrant net --out grown && cp grown.points.jsonl first &&
    league small.yaml --out grown && same whole grown &&
    head -n "$(wc -l <first)" grown.points.jsonl | cmp - first'
for signal in KILL INT; do
    rm -f slow.log
    start slow "$csilink" league small.yaml --samples 600 --choose 300 --scout 8 --out slow
    within grep -qs "^1 of 4" slow.log
    within eval '[ "$(points slow)" -ge 2 ]'
    law "SIG$signal leaves what is done" eval '
        kill -$signal $pid; wait $pid; status=$?
        [ "$(points slow)" -ge 2 ] && ! [ -e slow.csv ] && { [ $signal = KILL ] ||
            { [ $status -eq 130 ] && grep -q "kept in slow.points.jsonl" slow.log; }; }'
done
rm -f slow.log
start slow "$csilink" league small.yaml --samples 600 --choose 300 --scout 8 --out slow
within grep -qs "^1 of 4" slow.log
law "two leagues are not at work on one file" fails_with 1 "another league is writing slow" \
    "$csilink" league small.yaml --out slow
kill -KILL $pid

law "the page says how it came to be and has its tables" eval '
    grep -q "^A small league\. This page is what" whole.md &&
    grep -q "    csilink league small.yaml --out whole" whole.md && grep -q "uma-nlos, 28 GHz" whole.md &&
    grep -q "^## At equal bits" whole.md && grep -q "^### Uplink at 20 dB" whole.md &&
    grep -q "^## What the codecs cost" whole.md && grep -q "klt \\\\| linear" whole.md &&
    ! grep -q "nan\|inf " whole.md'
law "its tables are tables: each row has the columns of its head" "$python" - <<'PYTHON'
import re
width = None
for line in open("whole.md"):
    if not line.startswith("|"):
        width = None
        continue
    cells = len(re.findall(r"(?<!\\)\|", line))
    width = width or cells
    assert cells == width, line
PYTHON
law "rows are sorted by NMSE, and the best is bold" "$python" - <<'PYTHON'
import csv, re
page = open("whole.md").read()
rows = list(csv.DictReader(open("whole.csv")))
for part in re.findall(r"At most (\d+) bits:\n\n((?:\|.*\n)+)", page):
    order = [float(re.split(r"(?<!\\)\|", line)[6]) for line in part[1].splitlines()[2:]]
    assert order == sorted(order) and order, part
best = min(float(r["nmse_all_db"]) for r in rows
           if r["compared_at"] == "bits" and r["budget"] == "512" and r["channel"] == "uma-nlos"
           and r["nmse_all_db"])
assert "**%.2f**" % best in page
PYTHON
if command -v gnuplot >/dev/null; then
    law "the pictures have a curve for each entrant, and the page shows them" eval '
        grep -q "klt | linear" whole-bits-cost2100-indoor.svg && grep -q "SGCS" whole-sgcs-uma-nlos.svg &&
        test -s whole-uses-cost2100-indoor-20dB.png &&
        for picture in $(sed -n "s/^!\[.*](\(.*\))$/\1/p" whole.md); do [ -s "$picture" ] || exit 1; done &&
        [ "$(grep -c "^!\[" whole.md)" -eq 8 ]'
else
    skip "pictures: gnuplot is not installed"
fi
mkdir empty
law "without gnuplot the page is there, with a warning of what to install" eval '
    env PATH="$work/empty" "$csilink" league small.yaml --out whole >/dev/null 2>stderr &&
    grep -q "apt-get install gnuplot-nox" stderr'

quick="--channel cost2100-indoor --samples 4 --choose 2 --bits 512 --uses none"
law "UEs may estimate their channels instead" eval '
    league small.yaml $quick --estimation ls --dl-snr 10 --out ls && grep -q "LS from pilots at 10 dB" ls.md'
law "points of other settings are refused" fails_with 1 \
    "its points were measured with 'dl-snr' 10, not 20" \
    "$csilink" league small.yaml $quick --estimation ls --out ls
for line in x '{}' '[]' '{"key":"a"}' '{"key":"a","encode_us":-1,"decode_us":1}' \
    '{"key":"a","reports":1,"bits":1,"channel_uses":1,"bler":2}' ''; do
    { head -n 1 whole.points.jsonl; echo "$line"; } >hostile.points.jsonl
    law "a damaged file is refused with its line: '$line'" fails_with 1 "hostile.points.jsonl:2: " \
        "$csilink" league small.yaml $quick --out hostile
done

# wrong STATUS HINT SED-EXPRESSION: the list, changed so, is refused so, and nothing is written.
wrong() {
    sed "$3" small.yaml >wrong.yaml
    fails_with "$1" "$2" "$csilink" league wrong.yaml --out none && ! ls none* >/dev/null 2>&1
}
law "a mistake in the list has file, line and key" wrong 1 "wrong.yaml:5: key 'bits': '0' is not" \
    's/^bits: .*/bits: 0/'
law "an unknown key, too" wrong 1 "wrong.yaml:5" 's/^bits/bit/'
law "an uplink that gives something away is refused" wrong 2 "unfair" \
    's/^entrants:/uplinks: ["analog:header=free"]\nentrants:/'
law "an entrant whose codecs are not there plays nowhere" wrong 2 "entrant net takes part nowhere" \
    's/csilink-net-cr/no-such-net-cr/'
law "a codec's argument that is wrong is told with the entrant" wrong 2 \
    "entrant klt | linear: klt:klt-indoor,cr=1: cr=1" 's/16|32|64/1|32/'
law "a channel that is none is refused" wrong 2 "moon" 's/uma-nlos/moon/'
law "so is a file, which has no other samples to choose by" wrong 1 "is a file" 's/uma-nlos/a.mat/'
law "an unknown entrant is told" fails_with 2 "did you mean net" \
    "$csilink" league small.yaml --entrant nett --out none
law "of a list that is not there the message names those that are" fails_with 1 "ships today" \
    "$csilink" league no-such --out none
law "a list of optional entrants alone, none of which is there, has nobody to play" \
    eval 'sed "s/csilink-net-cr/no-such-net-cr/; s/klt:klt-/klt:no-such-/
        s/^  - name: .*/&\n    optional: yes/" small.yaml >wrong.yaml
    ! "$csilink" league wrong.yaml --out none 2>stderr && grep -q \
        "nobody plays: all entrants are optional, and net: there is no codec" stderr'
for wrong in "--bits x" "--bits none --uses none" "--samples 1" "--snr nan" "--scout 9 --choose 8"; do
    law "a usage error: $wrong" fails_with 2 "csilink league: " \
        "$csilink" league small.yaml $wrong --out none
done
law "nothing of these was written" eval '! ls none* >/dev/null 2>&1'

law "today is read, and its entrants play" eval '
    league "$root/leagues/today.yaml" --samples 2 --choose 2 --bits 512 --uses none \
        --channel cost2100-outdoor --out shipped && [ "$(grep -c "^bits" shipped.csv)" -ge 5 ]'

# Optional entrants, and the first lines of a page whose list has a baseline.
sed 's/^snr: .*/snr: 20,inf/; s/^entrants:/baseline: net\n&/' small.yaml >optional.yaml
cat >>optional.yaml <<'YAML'
  - name: absent
    codecs: ["csilink-net-cr8-nowhere"]
    optional: yes
  - name: nowhere
    codecs: ["csilink-net-cr4-{scenario}"]
    uplinks: [analog]
    optional: yes
YAML
played="--channel cost2100-indoor --bits none --uses 200"
law "an optional entrant that is not there, or has no room, is left out, and the page says why" eval '
    league optional.yaml $played --out optional &&
    grep -q "^- Left out: absent (there is no codec .csilink-net-cr8-nowhere.); nowhere (none of its reports" \
        optional.md && grep -q "^2 of the list.s 4 entrants are left out" optional.md &&
    ! grep -q "nowhere\|absent" optional.csv && [ "$(grep -c "^uses" optional.csv)" -eq 4 ]'
law "the first lines say that none is ahead of the baseline, where that is so" eval '
    sed -n 3p optional.md | grep -q "^\*\*None is ahead of net at equal channel uses under noise\*\*" &&
    grep -q "^\*\*None is ahead of net at equal channel uses without noise\*\*" optional.md'
law "and who is, by which figures, where one is" eval '
    sed "s/^baseline: .*/baseline: klt | linear/" optional.yaml >ahead.yaml &&
    league ahead.yaml $played --out ahead && "$python" -' <<'PYTHON'
import csv
page = open("ahead.md").read()
assert "**Ahead of klt \\| linear at equal channel uses under noise**, in 1 of 1 " in page[:200]
rows = {(r["entrant"], r["snr_db"]): float(r["nmse_all_db"]) for r in csv.DictReader(open("ahead.csv"))}
for snr, said in ("20", "20 dB"), ("inf", "no noise"):
    own, other = rows["net", snr], rows["klt | linear", snr]
    row = "| net | cost2100-indoor | 200 | %s | %.2f +- " % (said, own)
    assert own < other and row in page, (row, own, other)
PYTHON
law "without noise a figure is eval's, too" "$python" - "$csilink" <<'PYTHON'
import csv, subprocess, sys
for r in csv.DictReader(open("optional.csv")):
    if r["snr_db"] != "inf":
        continue
    subprocess.run([sys.argv[1], "eval", "--table", "--codec", r["codec"], "--uplink", r["uplink"], "--channel",
                    "cost2100-indoor", "--samples", r["reports"], "--estimation", "none", "--snr", "inf",
                    "--out", "bare"], check=True, capture_output=True)
    (e,) = csv.DictReader(open("bare.csv"))
    assert r["nmse_all_db"] == e["nmse_all_db"] and float(r["channel_uses"]) == float(e["channel_uses"]) <= 200
PYTHON
for list in zoo zoo-outdoor; do
    law "$list is played by what is shipped, and says what is not there" eval '
        league "$root/leagues/$list.yaml" --samples 2 --choose 2 --out shipped &&
        "$python" -c "
import csv
own = [r for r in csv.DictReader(open(\"shipped.csv\")) if r[\"entrant\"] == \"csilink-net\"]
assert len(own) >= 5 and all(int(r[\"candidates\"]) > 0 for r in own)"'
    law "$list names every network of the zoo" eval '
        grep -v -e "^#" -e "^$" "$root/models/recipes/zoo/zoo.txt" | while read -r net extra; do
            grep -q "name: $net$" "$root/leagues/$list.yaml" || { echo "     no $net"; exit 1; }
        done'
done
mkdir made && for end in encoder decoder; do
    ln -s "$root/models/csilink-net-cr8-indoor.$end.onnx" "made/crnet-cr8-indoor-clean.$end.onnx"
done
law "pairs of a folder play where CSILINK_MODELS names it" eval '
    CSILINK_MODELS=made league zoo --samples 2 --choose 2 --out made/league &&
    grep -q "onnx:crnet-cr8-indoor-clean,precision=float" made/league.csv &&
    ! grep -q "; crnet (" made/league.md'
finish
