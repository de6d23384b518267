#!/bin/sh
# Records: what a run leaves behind agrees with itself, is shown, compared, and repeats the run;
# what is damaged is refused by line.
. "$(dirname "$0")/lib.sh"

# run NAME options...: a small cell; its summary goes to NAME.json, what it says to NAME.err.
run() {
    name=$1
    shift
    "$csilink" run --runs "$work/$name" --json --timeout $((5 * slow)) "$@" >"$work/$name.json" \
        2>"$work/$name.err" || { cat "$work/$name.err" && return 1; }
}

# csv EXPRESSION RUN...: a Python expression over the runs' rows (r[0], ...) and summaries (s[0]).
csv() {
    expression=$1
    shift
    "$python" - "$expression" "$@" <<'PYTHON'
import csv, json, math, sys
r = [list(csv.DictReader(open(f + "/reports.csv"))) for f in sys.argv[2:]]
s = [json.load(open(f + "/summary.json")) for f in sys.argv[2:]]
e = [[json.loads(l) for l in open(f + "/events.jsonl")] for f in sys.argv[2:]]
good = eval("(" + sys.argv[1] + ")")
if not good:
    print("     does not hold:", " ".join(sys.argv[1].split()))
sys.exit(0 if good else 1)
PYTHON
}

small="--ues 4 --duration 1 --period 25ms --channel rayleigh:eva --speed 30 --snr 10 --seed 7"
law "a run with loss, of several agents, leaves its record" run lossy $small --loss 0.25 --agents 3
first=$(cd "$work/lossy/latest" && pwd -P)
law "reports.csv has a row for every report sent, and each fate as often as the accounting" csv '
    len(r[0]) == s[0]["reports"]["sent"] == 160
    and {(int(x["ue"]), int(x["seq"])) for x in r[0]} == {(u, q) for u in range(4) for q in range(40)}
    and all(sum(x["status"] == k for x in r[0]) == s[0]["reports"][k]
            for k in ("acked", "lost_channel", "timed_out", "refused"))
    and sum(x["status"] in ("not_decoded", "needs_key") for x in r[0]) == s[0]["reports"]["not_decoded"]
    and s[0]["record"] == {"format": 2, "level": "full", "reports": 160, "every": 1, "missing": 0}' "$first"
law "the rows are in order of time" csv '
    [float(x["time_s"]) for x in r[0]] == sorted(float(x["time_s"]) for x in r[0])' "$first"
# Figures are written with 9 digits; dB to linear makes that 1e-8 at most.
law "the mean of the rows NMSE is that of the summary, and so is that of rho" csv '
    (lambda n, d: abs(10 * math.log10(sum(n) / len(n)) - s[0]["quality"]["nmse_db"]) < 1e-7
     and abs(sum(d) / len(d) - s[0]["quality"]["rho"]) < 1e-8)(
        [10 ** (float(x["nmse_db"]) / 10) for x in r[0] if x["nmse_db"]],
        [float(x["rho"]) for x in r[0] if x["rho"]])' "$first"
law "the rows bits and channel uses have the means of the summary, of acknowledged reports" csv '
    (lambda b, u: abs(sum(b) / len(b) - s[0]["throughput"]["bits_per_report"]) < 1e-6
     and abs(sum(u) / len(u) - s[0]["throughput"]["channel_uses"]) < 1e-6
     and len(u) == s[0]["reports"]["acked"])(
        [float(x["bits"]) for x in r[0] if x["status"] == "acked"],
        [float(x["channel_uses"]) for x in r[0] if x["channel_uses"]])' "$first"
law "what age cost is in the rows, too" csv '
    (lambda n: abs(10 * math.log10(sum(n) / len(n)) - s[0]["ageing"]["nmse_used_db"]) < 1e-7
     and len(n) == s[0]["ageing"]["reports"] > 0)(
        [10 ** (float(x["nmse_used_db"]) / 10) for x in r[0] if x["nmse_used_db"]])' "$first"
law "the stages of a row add up to its total, exactly" csv '
    all(abs(sum(float(x[k + "_us"]) for k in ("wait", "simulate", "estimate", "encode",
        "modulate", "send", "uplink", "delay", "impair", "transit", "queue", "demodulate", "decode",
        "answer", "return", "downlink"))
        - float(x["total_us"])) < 1e-6 for x in r[0] if x["status"] == "acked")' "$first"
law "a report that was lost has no NMSE and no latency" csv '
    all(x["nmse_db"] == "" == x["total_us"] and x["settled_s"] for x in r[0]
        if x["status"] == "lost_channel")' "$first"
law "events go from start to end, with each process started and ended well" csv '
    e[0][0]["event"] == "start" and e[0][-1]["event"] == "end" and e[0][-1]["recorded"] == 160
    and sum(x["event"] == "started" for x in e[0]) == 5
    and [x["status"] for x in e[0] if x["event"] == "ended"] == [0] * 5' "$first"
law "versions name the models by the hashes of their files" eval '"$python" - "$first" <<PYTHON
import hashlib, json, sys
v = json.load(open(sys.argv[1] + "/versions.json"))
assert len(v["files"]) >= 2
for f in v["files"]:
    assert f["sha256"] == hashlib.sha256(open(f["path"], "rb").read()).hexdigest(), f
assert v["command"].startswith("csilink run") and "--loss 0.25" in v["command"]
PYTHON'
law "no part of an agent is left" eval '! ls "$first" | grep -q part'
if command -v gnuplot >/dev/null; then
    law "there are plots" eval 'for p in nmse ues latency; do
        grep -q "</svg>" "$first/$p.svg" || exit 1; done'
    law "for paper they are as wide as asked for, in PDF, too, and without a title" eval '
        run paper $small --plot-width 88 --title none && for p in nmse ues latency; do
            grep -q "width=\"333\"" "$work/paper/latest/$p.svg" &&
                tail -c 8 "$work/paper/latest/$p.pdf" | grep -q "%%EOF" || exit 1; done
        grep -q "NMSE and SNR over time" "$first/nmse.svg" &&
        ! grep -q "NMSE and SNR over time" "$work/paper/latest/nmse.svg" &&
        fails_with 2 "plot-width takes 0, or 40 to 1000 mm" "$csilink" run --plot-width 5'
else
    skip "plots: no gnuplot"
fi
law "without gnuplot there is one word, and the run is none the worse" eval 'mkdir "$work/empty" &&
    PATH=$work/empty run plain $small && grep -q "no plots: .*gnuplot" "$work/plain.err"'

law "show tells one run" eval '"$csilink" show "$first" >"$work/show.txt" &&
    grep -q "NMSE  " "$work/show.txt" && grep -q "^  reports sent  *160" "$work/show.txt"'
law "with codec and uplink, what a report costs, and the figures at both times" eval '
    grep -q "^  codec  *onnx:csilink-net" "$work/show.txt" &&
    grep -q "^  uplink  *analog:float32,references=8" "$work/show.txt" &&
    grep -q "^  channel uses  *[0-9.]*  a report" "$work/show.txt" &&
    grep -q "^  not decoded  *0" "$work/show.txt" && grep -q "^  SGCS at use  *0[.]" "$work/show.txt" &&
    grep -q "^  encoder in  *\(float\|int8\)" "$work/show.txt" &&
    grep -q "^  codewords in  *float32" "$work/show.txt"'
law "show --json is whole" eval '"$csilink" show --json "$first" >"$work/show.json" &&
    holds "s[0][\"runs\"][0][\"summary\"] == s[1]
        and s[0][\"runs\"][0][\"scenario\"][\"seed\"] == \"7\"" "$work/show.json" \
        "$first/summary.json"'
law "another seed and SNR run" run other $small --seed 8 --snr 5
law "show tells what differs between two runs, and that their reports do" eval '
    "$csilink" show "$first" "$work/other/latest" >"$work/two.txt" &&
    grep -q "^  seed  *7 | 8" "$work/two.txt" && grep -q "^  snr  *10 | 5" "$work/two.txt" &&
    grep -q "NMSE equal in 0 of" "$work/two.txt"'
law "three runs stand side by side" eval '"$csilink" show "$first" "$first" "$work/other/latest" \
    >"$work/three.txt" && grep -q "^  reports sent  *160  *160  *160" "$work/three.txt"'

rerun() { "$csilink" rerun --runs "$work/again" "$@" >"$work/rerun.txt" 2>"$work/rerun.err"; }
law "a rerun has the same NMSE at every report" eval 'rerun "$work/lossy/latest" &&
    grep -q "the NMSE is the same" "$work/rerun.txt"'
law "a rerun of a rerun, named by a link that moves meanwhile, has it again" eval '
    "$csilink" rerun --json --runs "$work/again" "$work/again/latest" >"$work/rr.json" \
        2>"$work/rerun.err" && holds "s[0][\"same\"] and s[0][\"first\"] != s[0][\"second\"]
        and s[0][\"reports\"][\"equal\"] == s[0][\"reports\"][\"measured\"] > 100
        and s[0][\"reports\"][\"ended_differently\"] == 0" "$work/rr.json"'

# tampered SED FILE: a copy of the first record in $work/t, changed.
tampered() {
    rm -rf "$work/t" && cp -r "$first" "$work/t" && sed -i "$1" "$work/t/$2"
}
law "a rerun of another seed says that the NMSE differs, and fails" eval '
    tampered "s/^seed: 7/seed: 9/" scenario.yaml && ! rerun "$work/t" &&
    grep -q "the NMSE DIFFERS" "$work/rerun.txt" && grep -q "first at UE 0" "$work/rerun.txt"'
law "a model of another hash is warned of" eval '
    tampered "s/\"sha256\":.*\"/\"sha256\": \"0123\"/" versions.json && rerun "$work/t" &&
    grep -q "warning: files/.*onnx/sha256 was 0123" "$work/rerun.err"'
old_record() {
    tampered "/\"format\":/d;/\"not_decoded\":/d;/\"needs_key\":/d;/\"channel_uses\":/d" summary.json &&
        ! grep -q '"format"' "$work/t/summary.json"
}
law "a rerun of a record of format 1 says which version made it, and what changed" eval '
    old_record && fails_with 1 "a record of format 1, made by csilink $("$csilink" --version |
        grep -o "[0-9][0-9.]*" | head -n 1)" "$csilink" rerun --runs "$work/never" "$work/t" &&
    grep -q "quantizes the report.s power and scale" "$work/err" && ! [ -e "$work/never" ]'
law "show reads what such a record has, and says its format" eval '
    old_record && "$csilink" show "$work/t" >"$work/old.txt" &&
    grep -q "^  record format  *1 " "$work/old.txt" && grep -q "^  NMSE  *-" "$work/old.txt" &&
    ! grep -q "not decoded" "$work/old.txt"'
# As version 2 of the format was first written: encode and decode were with the uplink's work, and
# nothing was said of failed checks.
before_failures() {
    rm -rf "$work/t" && cp -r "$first" "$work/t" && "$python" - "$work/t" <<PYTHON
import csv, json, sys
folder = sys.argv[1]
s = json.load(open(folder + "/summary.json"))
for stages in (s["latency_us"]["stages"], s["latency_us"]["warm_up"]["stages"]):
    del stages["modulate"], stages["demodulate"]
for key in ("bler", "undetected_rate", "nmse_all_db", "rho_all", "sgcs_all"):
    del s["quality"][key]
del s["quality"]["se_bps_hz"]["all"], s["reports"]["undetected"], s["config"]["on_failure"]
json.dump(s, open(folder + "/summary.json", "w"))
rows = list(csv.DictReader(open(folder + "/reports.csv")))
new = {"modulate_us", "demodulate_us", "nmse_all_db", "se_all", "undetected"}
assert new < set(rows[0])
with open(folder + "/reports.csv", "w") as f:
    out = csv.DictWriter(f, [k for k in rows[0] if k not in new], extrasaction="ignore",
                         lineterminator="\n")
    out.writeheader()
    out.writerows(rows)
PYTHON
}
law "a record without stages of the uplink's own is shown, alone and beside one with them" eval '
    before_failures && "$csilink" show "$work/t" >"$work/old.txt" &&
    grep -q "^  encode, p50  *[0-9]" "$work/old.txt" && ! grep -q "modulate" "$work/old.txt" &&
    ! grep -q "record format" "$work/old.txt" &&
    "$csilink" show "$work/t" "$first" >"$work/both.txt" &&
    grep -q "^  modulate, p50  *- *[0-9]" "$work/both.txt"'
law "and repeated" rerun "$work/t"
law "a record of a later format is not repeated either" eval '
    tampered "s/\"format\":.*,/\"format\": 3,/" summary.json &&
    fails_with 1 "as new as the record" "$csilink" rerun "$work/t"'
law "a cut off reports.csv is refused with its line" eval 'tampered "\$d" reports.csv &&
    printf "0.9,3,rayl" >>"$work/t/reports.csv" &&
    fails_with 1 "t/reports.csv:161: the line is cut off" "$csilink" show "$work/t" "$first"'
law "a field that cannot be is refused with line and column" eval '
    tampered "5s/acked\|lost_channel/gone/" reports.csv &&
    fails_with 1 "t/reports.csv:5: column status: " "$csilink" show "$work/t" "$first"'
law "a damaged summary is refused with its line" eval 'tampered "4s/.*/}}/" summary.json &&
    fails_with 1 "t/summary.json:4:" "$csilink" show "$work/t"'
law "a damaged scenario is refused by rerun" eval 'tampered "2s/.*/seed: [/" scenario.yaml &&
    fails_with 1 "t/scenario.yaml:" "$csilink" rerun "$work/t"'
law "a folder that is not there" fails_with 1 "no such folder" "$csilink" show "$work/nowhere"

law "of more reports than --record-rows, each UE's every k-th has a row" eval '
    run some $small --record-rows 50 && csv "len(r[0]) == 40 and s[0][\"reports\"][\"sent\"] == 160
        and s[0][\"record\"][\"every\"] == 4 and s[0][\"record\"][\"missing\"] == 0
        and all(int(x[\"seq\"]) % 4 == 0 for x in r[0])" "$work/some/latest"'
law "--record summary leaves no reports" eval 'run summary $small --record summary &&
    [ ! -e "$work/summary/latest/reports.csv" ] && [ -s "$work/summary/latest/events.jsonl" ]'
law "a rerun of it can tell the mean alone, and it is the same" eval '
    rerun "$work/summary/latest" && grep -q "needs reports.csv in both" "$work/rerun.txt" &&
    grep -q "the NMSE is the same" "$work/rerun.txt"'
law "--record none leaves nothing" eval 'run none $small --record none &&
    holds "$closes" "$work/none.json" && [ -z "$(ls -A "$work/none")" ]'
law "and runs/latest points to the run before it" eval '
    before=$(readlink "$work/summary/latest") && run summary $small --record none &&
    [ "$(readlink "$work/summary/latest")" = "$before" ] && [ -d "$work/summary/latest/" ]'
law "csilink bench measures a link and leaves no run behind" eval '
    mkdir "$work/bench" && (cd "$work/bench" && "$csilink" bench --only link --json >../bench.json) &&
    holds "any(r[\"median_us\"] > 0 for r in s[0][\"rows\"])" "$work/bench.json" &&
    [ -z "$(ls -A "$work/bench")" ]'

# Late enough that a slow machine carries reports before the first change.
cat >"$work/cell.yaml" <<YAML
period: 25ms
channel: rayleigh:eva
groups:
  - {name: near, count: 2}
  - {name: far, count: 2, snr: 5}
timeline:
  - {at: $((600 * slow))ms, set: {snr: 12}}
  - {at: $((700 * slow))ms, group: far, ramp: {snr: [0, 20], over: 200ms}}
  - {at: $((1000 * slow))ms, restart: bs-server, down: 100ms}
YAML
start live "$csilink" run "$work/cell.yaml" --runs "$work/live" --json --duration $((6 * slow)) \
    --timeout 2s
live=$pid
law "a setting is changed by hand" within "$csilink" ctl set loss 0.5 --group far \
    --run "$work/live/latest"
law "the run ends well" ends_well $live
law "the timeline's changes, those by hand and the kill are events, with who, what and value" csv '
    [(x["by"], x["what"], x.get("group"), x["value"]) for x in e[0]
     if x["event"] == "change" and x["by"] == "timeline"]
        == [("timeline", "snr", None, 12), ("timeline", "snr", "far", 20)]
    and [(x["what"], x["group"], x["value"]) for x in e[0] if x.get("by") == "ctl"]
        == [("loss", "far", 0.5)]
    and [x["process"] for x in e[0] if x["event"] == "killed"] == ["bs-server"]
    and sum(x["event"] == "started" and x["process"] == "bs-server" for x in e[0]) == 2' \
    "$work/live/latest"
law "rows have the groups names, and the SNR that was in force when they were due" csv '
    all(x["group"] == ("near" if int(x["ue"]) < 2 else "far") for x in r[0])
    and {float(x["snr_asked_db"]) for x in r[0] if x["group"] == "near" and x["snr_asked_db"]}
        == {10, 12}' "$work/live/latest"

start bs "$CSILINK_BIN/bs-server" --listen "ipc://$work/bs" --telemetry "ipc://$work/t1" \
    --model csilink-net-cr8-indoor
start sim "$CSILINK_BIN/channel-sim" --listen "ipc://$work/ue" --connect "ipc://$work/bs" \
    --control "ipc://$work/c" --telemetry "ipc://$work/t2" --events /dev/full
law "a disk that fails costs the record, not the link" eval '
    "$CSILINK_BIN/ue-agent" --connect "ipc://$work/ue" --telemetry "ipc://$work/t3" --ues 2 \
        --duration 1 --model csilink-net-cr8-indoor --reports /dev/full \
        --record "$work/full.json" 2>"$work/full.err" && holds "$closes" "$work/full.json" &&
    grep -q "/dev/full.*the link continues" "$work/full.err"'
finish
