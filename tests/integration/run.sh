#!/bin/sh
# csilink run: the summary's form, its accounting, and that the same seed gives the same figures
# whatever carries them.
. "$(dirname "$0")/lib.sh"

# run NAME options...: a small cell; its summary goes to NAME.json.
run() {
    name=$1
    shift
    "$csilink" run --runs "$work/$name" --json --timeout $((5 * slow)) --ues 4 --duration 1 \
        --period 25ms --snr 10 --seed 7 "$@" >"$work/$name.json" 2>"$work/$name.err" ||
        { cat "$work/$name.err" && return 1; }
}

law "a run exits with 0" run base
base=$work/base.json
law "summary.json is what --json prints" cmp "$base" "$work/base/latest/summary.json"
law "runs/latest is a link to the run's folder" test -L "$work/base/latest"
law "the summary has every key that it promises" holds '
    {"config", "reports", "quality", "ageing", "latency_us", "throughput", "per_snr", "per_ue"}
        <= set(s[0])
    and {"sent", "acked", "lost_channel", "timed_out", "refused", "not_decoded", "needs_key"}
        <= set(s[0]["reports"])
    and {"nmse_db", "nmse_db_median", "rho", "sgcs", "ls_nmse_db", "se_bps_hz"}
        <= set(s[0]["quality"])
    and {"perfect", "ls", "feedback", "all"} == set(s[0]["quality"]["se_bps_hz"])
    and {"age_ms"} | {k + u for k in ("nmse", "rho", "sgcs", "se") for u in ("", "_used")} ==
        {k.replace("_db", "").replace("_bps_hz", "") for k in s[0]["ageing"]} - {"reports"}
    and {"reports", "mean", "p50", "p90", "p99", "p999", "p9999", "max"}
        == set(s[0]["latency_us"]["total"]) == set(s[0]["latency_us"]["feedback"])
    and {"wait", "simulate", "estimate", "encode", "modulate", "send", "uplink", "delay", "impair",
         "transit", "queue", "demodulate", "decode", "answer", "return", "downlink"} == set(s[0]["latency_us"]["stages"])
    and all(set(v) == set(s[0]["latency_us"]["total"])
            for v in s[0]["latency_us"]["stages"].values())
    and {"reports_per_s", "uplink_kbit_s_per_ue", "bits_per_report", "channel_uses"}
        <= set(s[0]["throughput"])
    and s[0]["throughput"]["keys"] is None is s[0]["throughput"]["innovations"]
    and all({"snr_db", "nmse_db", "reports"} <= set(p) for p in s[0]["per_snr"])
    and len(s[0]["per_ue"]) == 4' "$base"
law "40 reports of 4 UEs are sent, all are acknowledged, the accounting closes at every UE" holds \
    "$closes and s[0]['reports']['sent'] == s[0]['reports']['acked'] == 160
     and [u['ue'] for u in s[0]['per_ue']] == [0, 1, 2, 3]
     and all(u['sent'] == 40 for u in s[0]['per_ue'])" "$base"
law "the figures of merit lie where mathematics puts them" holds '
    -40 < s[0]["quality"]["nmse_db"] < 0 and 0 < s[0]["quality"]["sgcs"] <= 1
    and 0 < s[0]["quality"]["rho"] <= 1
    and abs(s[0]["quality"]["ls_nmse_db"] + 20) < 0.5
    and s[0]["quality"]["se_bps_hz"]["feedback"] < s[0]["quality"]["se_bps_hz"]["perfect"]
    and s[0]["quality"]["se_bps_hz"]["ls"] < s[0]["quality"]["se_bps_hz"]["perfect"]
    and [p["reports"] for p in s[0]["per_snr"] if p["snr_db"] == 10] == [160]' "$base"
law "no percentile is above the next, no stage above the total" holds '
    all(a <= b for h in [s[0]["latency_us"]["total"], *s[0]["latency_us"]["stages"].values()]
               for a, b in [(h["p50"], h["p90"]), (h["p90"], h["p99"]), (h["p99"], h["p999"]),
                            (h["p999"], h["p9999"]), (h["p9999"], h["max"])])
    and all(v["max"] <= s[0]["latency_us"]["total"]["max"]
            for v in s[0]["latency_us"]["stages"].values())' "$base"

same='abs(s[0]["quality"]["nmse_db"] - s[1]["quality"]["nmse_db"]) < 1e-6'
law "four agents over TCP run" run tcp4 --agents 4 --transport tcp --workers 1
law "one seed gives one NMSE, with 1 and 4 agents, over ipc and tcp, with any workers" \
    holds "$same and $closes" "$base" "$work/tcp4.json"
law "two workers and two agents run" run ipc2 --agents 2 --workers 2 --seed 7
law "one seed gives one NMSE at every UE" holds "$same and all(
    abs(a['nmse_db'] - b['nmse_db']) < 1e-6 for a, b in zip(s[0]['per_ue'], s[1]['per_ue']))" \
    "$base" "$work/ipc2.json"
law "another seed gives another NMSE" eval 'run other --seed 8 && ! holds "$same" "$base" \
    "$work/other.json" >"$work/expected"'

"$csilink" eval --json --ues 4 --period 25ms --samples 160 --snr 10 --seed 7 >"$work/eval.json"
law "the running link and csilink eval give the same figures" holds '
    all(abs(s[0]["quality"][k] - s[1]["rows"][0][k]) < 1e-6
        for k in ["nmse_db", "rho", "sgcs", "ls_nmse_db"])
    and all(abs(s[0]["throughput"][k] - s[1]["rows"][0][k]) < 1e-9
            for k in ["bits_per_report", "channel_uses"])' "$base" "$work/eval.json"

law "--no-genie runs" run blind --no-genie
law "--no-genie gives no NMSE; reports, and what each costs, are counted all the same" holds "$closes
    and s[0]['quality']['nmse_db'] is None and s[0]['reports'] == s[1]['reports']
    and s[0]['quality']['snr_estimated_db'] is not None
    and all(math.isclose(*(r['throughput'][k] for r in s), rel_tol=1e-12)
            for k in ['bits_per_report', 'channel_uses'])" "$work/blind.json" "$base"
# The wish for the reconstruction is one field of a message: two bytes of tag, one of value.
law "a message of a report is as long, less the wish for the reconstruction" holds "
    (lambda a, b: abs(a - b - 3) < 0.01)(*(
        1000 / 8 * len(r['per_ue']) * r['throughput']['uplink_kbit_s_per_ue'] /
        r['throughput']['reports_per_s'] for r in reversed(s)))" "$work/blind.json" "$base"
law "moving UEs on a Rayleigh channel run" run moving --channel rayleigh:eva --speed 30
law "a UE at rest, its CSI used at once, has the same figures at estimation and at use" eval '
    run rest --channel uma-nlos --speed 0 --use-after 0s && holds "s[0][\"ageing\"][\"reports\"] == 160
    and all(abs(s[0][\"ageing\"][k] - s[0][\"ageing\"][u]) < 1e-9 for k, u in
            [(\"nmse_db\", \"nmse_used_db\"), (\"rho\", \"rho_used\"), (\"sgcs\", \"sgcs_used\"),
             (\"se_bps_hz\", \"se_used_bps_hz\")])
    and all(abs(s[0][\"ageing\"][k] - s[0][\"quality\"][k]) < 1e-9
            for k in (\"nmse_db\", \"rho\", \"sgcs\"))" "$work/rest.json"'
law "and prints them as one" eval '
    "$csilink" run --runs "$work/rest" --ues 4 --duration 1 --period 25ms --snr 10 --seed 7 \
        --channel uma-nlos --speed 0 --use-after 0s >"$work/rest.txt" &&
    [ "$(awk "/^  at (estimation|use) /{print \$3, \$4, \$5, \$6}" "$work/rest.txt" | sort -u |
        wc -l)" -eq 1 ] && [ "$(grep -c "^  at " "$work/rest.txt")" -eq 2 ]'
law "of moving UEs no figure gets better with age, in one domain" eval '
    for age in 0s 1ms 3ms; do
        run "age$age" --channel rayleigh:eva --speed 60 --use-after $age || exit 1
    done; holds "all(a >= b for k in (\"rho_used\", \"sgcs_used\", \"se_used_bps_hz\")
        for a, b in zip(*[[r[\"ageing\"][k] for r in s][i:] for i in (0, 1)]))
    and all(a[\"ageing\"][\"nmse_used_db\"] <= b[\"ageing\"][\"nmse_used_db\"] for a, b in zip(s, s[1:]))
    and s[0][\"ageing\"][\"sgcs_used\"] > s[2][\"ageing\"][\"sgcs_used\"] + 0.01" \
        "$work/age0s.json" "$work/age1ms.json" "$work/age3ms.json"'
law "moving UEs' reports are all acknowledged" holds "$closes
    and s[0]['reports']['acked'] == 160 and s[0]['quality']['rho'] > 0" "$work/moving.json"
law "a link without pilot noise is measured too" eval 'run exact --dl-snr inf --snr inf &&
    holds "s[0][\"quality\"][\"nmse_db\"] < -5 and s[0][\"quality\"][\"ls_nmse_db\"] == \"-inf\"
    and s[0][\"per_snr\"][0][\"snr_db\"] == \"inf\"" "$work/exact.json"'

law "a lossy link runs" run lossy --loss 0.25
law "a lossy link runs again" run again --loss 0.25 --agents 3 --transport tcp
# 160 reports: 40 expected, standard deviation 5.5; five of them on either side.
law "losses are as many as chance allows, and nothing else is missing" holds "$closes
    and 12 < s[0]['reports']['lost_channel'] < 68
    and s[0]['reports']['acked'] + s[0]['reports']['lost_channel'] == 160" "$work/lossy.json"
law "one seed loses the same reports" holds "$same and all(
    a['lost_channel'] == b['lost_channel'] for a, b in zip(s[0]['per_ue'], s[1]['per_ue']))" \
    "$work/lossy.json" "$work/again.json"
law "everything lost is no NMSE, and the accounting closes" eval 'run none --loss 1 &&
    holds "$closes and s[0][\"reports\"][\"lost_channel\"] == 160
    and s[0][\"quality\"][\"nmse_db\"] is None" "$work/none.json"'
law "a delayed link runs" run late --delay 30ms --jitter 20ms
law "a delay is in its own stage, jitter above it" holds '
    s[0]["latency_us"]["stages"]["delay"]["p50"] > 30000
    and s[0]["latency_us"]["stages"]["delay"]["p90"] >
        s[0]["latency_us"]["stages"]["delay"]["p50"] + 2000
    and s[0]["reports"]["acked"] == 160' "$work/late.json"
law "answers that come after the time-out are late, their reports timed out" eval '
    run tardy --delay 300ms --timeout 150ms && holds "$closes
    and s[0][\"reports\"][\"timed_out\"] == 160 and s[0][\"reports\"][\"acked\"] == 0" \
    "$work/tardy.json"'
finish
