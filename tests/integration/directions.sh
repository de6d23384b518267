#!/bin/sh
# A codec that gives directions on the running link: SGCS and rate are those of eval, and NMSE and
# rho are absent wherever a figure is told.
. "$(dirname "$0")/lib.sh"
cd "$work" || exit 1

channel="--channel cost2100-outdoor --speed 30 --ues 3 --seed 5"
few="dft:wideband=no" # 91 bits, so that there is a CRC

# run NAME options...: quietly; its summary goes to NAME.json.
run() {
    name=$1
    shift
    "$csilink" run --runs "$work/$name" --json "$@" >"$work/$name.json" 2>"$work/$name.err" ||
        { cat "$work/$name.err" && return 1; }
}

# 40 reports a UE; age and acknowledgements count in time and reports, so that figures repeat.
link="$channel --duration $((2 * slow)) --period $((50 * slow))ms --use-after 20ms"

# same NAME options...: the link's figures and those of eval. Sums over the same reports in another
# order: the last digits may differ. The rate of perfect CSI is not compared: eval's is of all
# samples, the link's of those that passed.
same() {
    name=$1
    shift
    run "$name" $link "$@" &&
        "$csilink" eval $channel --samples 120 --period $((50 * slow))ms --json "$@" >eval.json &&
        holds 's[0]["reports"]["acked"] == s[1]["rows"][0]["samples"] and
            s[0]["reports"]["not_decoded"] == s[1]["rows"][0]["not_decoded"] and
            s[0]["throughput"]["bits_per_report"] == s[1]["bits_per_report"] and
            abs(s[0]["quality"]["sgcs"] - s[1]["rows"][0]["sgcs"]) < 1e-12 and
            all(abs(s[0]["quality"]["se_bps_hz"][k] - s[1]["rows"][0]["se"][k]) < 1e-10
                for k in ("feedback", "all"))' "$name.json" eval.json
}

law "over the analog uplink run and eval give one SGCS and one rate" same analog --codec dft --snr 10
law "over the digital one, too" same digital --codec dft --snr 20 --uplink digital:qpsk,uses=24
for on in hold zero use; do
    law "where reports fail, and the base station goes on with $on" same $on --codec $few --snr 2 \
        --uplink digital:qpsk,uses=80 --on-failure $on
done
law "some of those failed, and what was gone on with has a rate of its own" holds \
    'all(5 < f["reports"]["not_decoded"] < 115 for f in s) and
     len({f["quality"]["se_bps_hz"]["all"] for f in s}) == 3' hold.json zero.json use.json
law "the accounting closes" holds "$closes" hold.json zero.json use.json

absent='[q[k] for q in (f["quality"], f["ageing"]) for k in q if "nmse" in k or "rho" in k
    if not k.startswith("ls_")] + [r[k] for l in ("per_snr", "per_group", "per_ue") for r in f[l]
    for k in r if "nmse" in k]'
law "no NMSE and no rho is told, at estimation or at use" holds \
    "all(x is None for f in s for x in ($absent)) and
     all(len($absent) > 8 and f['ageing']['reports'] > 0 and f['ageing']['sgcs_used'] > 0 and
         f['per_snr'][0]['sgcs'] > 0 and f['per_group'][0]['sgcs'] > 0 and
         all(u['sgcs'] > 0 for u in f['per_ue']) for f in s)" digital.json hold.json
law "reports.csv leaves them empty, and has the others" "$python" - <<'PYTHON'
import csv
for run in ("digital", "zero"):
    rows = list(csv.DictReader(open(run + "/latest/reports.csv")))
    assert len(rows) == 120
    for r in rows:
        assert not any(r[k] for k in r if "nmse" in k and k != "ls_nmse_db" or k.startswith("rho")), r
        assert 0 < float(r["se_all"])
        if r["status"] == "acked":
            assert 0 < float(r["sgcs"]) <= 1 and 0 < float(r["se_feedback"]), r
PYTHON
law "nothing of a run says nan" eval '! grep -qiw -e nan -e "-nan" digital/latest/* zero.json'
law "a summary for people says why there is no NMSE" eval '
    "$csilink" run $link --codec dft --snr 10 --runs text >text.txt 2>&1 &&
    grep -q "at estimation  *-  *-  *0\.[0-9]*  .*directions have no NMSE" text.txt &&
    grep -q "at use  *-  *-  *0\." text.txt && ! grep -qiw nan text.txt'
law "show has the SGCS and no NMSE" eval '"$csilink" show zero/latest hold/latest >show.txt &&
    grep -q "^  SGCS at use" show.txt && grep -q "^  SGCS, with failed" show.txt &&
    ! grep -q "NMSE" show.txt'
law "a rerun is compared by its SGCS" eval '
    "$csilink" rerun digital/latest --runs again >rerun.txt 2>&1 &&
    grep -q "SGCS equal in 120 of 120" rerun.txt && grep -q "the SGCS is the same" rerun.txt'

# Groups of both sorts in one cell.
cat >mixed.yaml <<'YAML'
channel: cost2100-outdoor
period: 50ms
groups:
  - {name: channels, count: 2, codec: "klt:klt-outdoor,cr=16"}
  - {name: directions, count: 2, codec: dft}
YAML
sed -i "s/50ms/$((50 * slow))ms/" mixed.yaml
law "a cell has both: the NMSE is that of the channels, the SGCS of all" eval '
    run mixed mixed.yaml --duration $((2 * slow)) && holds "
        s[0][\"per_group\"][0][\"nmse_db\"] < 0 and
        s[0][\"per_group\"][1][\"nmse_db\"] is None and
        abs(s[0][\"quality\"][\"nmse_db\"] - s[0][\"per_group\"][0][\"nmse_db\"]) < 1e-9 and
        abs(2 * s[0][\"quality\"][\"sgcs\"] - sum(g[\"sgcs\"] for g in s[0][\"per_group\"]))
            < 1e-9" mixed.json'

law "eval says what it is, in a table for people" eval '
    "$csilink" eval --codec "dft;dpcm" --channel cost2100-indoor --samples 20 --snr 10,inf --table \
        --out t >t.out 2>&1 && ! grep -qiw nan t.md t.csv && grep -q "^| dft .*| - | - |" t.md &&
    grep -q "^Spectral efficiency" t.md'
law "and in one for programs: no NMSE, a rate, no limit" "$python" - <<'PYTHON'
import csv
rows = list(csv.DictReader(open("t.csv")))
assert len(rows) == 4
for r in rows:
    directions = r["model"] == "dft"
    for key in ("nmse_db", "rho", "nmse_all_db"):
        assert (r[key] == "") == directions, r
    assert r["limit_nmse_db"] == "" or not directions
    assert 0 < float(r["sgcs"]) <= 1 and float(r["se_feedback"]) > 0
PYTHON
law "a picture of NMSE without any is not drawn, and that is said" eval '
    "$csilink" eval --codec dft --channel cost2100-indoor --samples 5 --snr 10 --table --out d \
        >/dev/null 2>stderr && [ -s d.csv ] && ! [ -e d.svg ] &&
    { grep -q "no d.svg: directions have no NMSE" stderr || grep -q gnuplot stderr; }'
law "a sweep over the link has the points of one without it" eval '
    for over in "" --offline; do
        "$csilink" sweep --codec "dft;dpcm" --channel cost2100-indoor --samples 12 --snr 0,20 \
            --out sweep$over $over >/dev/null 2>&1 || exit 1
    done
    "$python" - <<PYTHON
import csv
link, offline = (list(csv.DictReader(open(f + "/sweep.csv"))) for f in ("sweep", "sweep--offline"))
assert len(link) == len(offline) == 4
for a, b in zip(link, offline):
    assert (a["nmse_db"] == "") == (a["model"] == "dft") == (b["nmse_db"] == ""), a
    for key in ("sgcs", "se_all", "bits_per_report"):
        assert abs(float(a[key]) - float(b[key])) < 1e-9, (a, b)
PYTHON'
law "a sweep that is asked again takes its points from where it kept them" eval '
    "$csilink" sweep --codec "dft;dpcm" --channel cost2100-indoor --samples 12 --snr 0,20 \
        --out sweep--offline --offline >/dev/null 2>&1'
law "more subbands than subcarriers are refused, with both numbers" fails_with 2 \
    "40 subbands, the link 32 subcarriers" "$csilink" run --codec dft:subbands=40 --nc 32

if command -v curl >/dev/null; then
    start live "$csilink" run --runs live --json --codec dft --channel cost2100-outdoor --ues 8 \
        --period $((50 * slow))ms --duration $((60 * slow)) --timeout $((5 * slow))
    live=$pid
    within test -s live/latest/link.json
    start monitor "$csilink" monitor --run live/latest --port 0
    served() { grep -q "http://" monitor.log; }
    within served
    url=$(sed -n 's/.*\(http:[^ ]*\)\/ .*/\1/p' monitor.log)
    figures() {
        curl -s -m 5 "$url/metrics" >metrics
        grep -q "^csilink_sgcs_ratio 0\.[0-9]" metrics &&
            grep -q "^csilink_nmse_decibels NaN" metrics &&
            grep -q "^csilink_spectral_efficiency_bps_hz [0-9]" metrics
    }
    law "the monitor's metrics have SGCS and rate" within figures
    picture() {
        curl -s -m 5 "$url/csi?ue=3" >picture.json
        grep -q '"known":true' picture.json
    }
    law "a UE's direction is shown over subcarriers" eval 'within picture && holds "
        s[0][\"directions\"] and s[0][\"rows\"] == 32 and s[0][\"columns\"] == 64 and
        s[0][\"nmse_db\"] is None and 0 < s[0][\"sgcs\"] <= 1 and
        len(s[0][\"truth\"]) == len(s[0][\"reconstruction\"]) == 2 * 32 * 64 and
        s[0][\"truth\"] != s[0][\"reconstruction\"]" picture.json'
    kill -TERM "$live"
    wait "$live" 2>/dev/null
    kill -TERM "$pid"
    wait "$pid" 2>/dev/null
else
    skip "the monitor's figures: there is no curl to ask it with"
fi
finish
