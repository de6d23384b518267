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
    and {"sent", "acked", "lost_channel", "timed_out", "refused"} <= set(s[0]["reports"])
    and {"nmse_db", "nmse_db_median", "rho", "sgcs", "ls_nmse_db", "se_bps_hz"}
        <= set(s[0]["quality"])
    and {"perfect", "ls", "feedback"} == set(s[0]["quality"]["se_bps_hz"])
    and {"nmse_db", "nmse_used_db", "age_ms"} <= set(s[0]["ageing"])
    and {"reports", "mean", "p50", "p90", "p99", "p999", "p9999", "max"}
        == set(s[0]["latency_us"]["total"]) == set(s[0]["latency_us"]["feedback"])
    and {"wait", "simulate", "estimate", "encode", "send", "uplink", "delay", "impair", "transit",
         "queue", "decode", "answer", "return", "downlink"} == set(s[0]["latency_us"]["stages"])
    and all(set(v) == set(s[0]["latency_us"]["total"])
            for v in s[0]["latency_us"]["stages"].values())
    and {"reports_per_s", "uplink_kbit_s_per_ue"} <= set(s[0]["throughput"])
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
        for k in ["nmse_db", "rho", "sgcs", "ls_nmse_db"])' "$base" "$work/eval.json"

law "--no-genie runs" run blind --no-genie
law "--no-genie gives no NMSE; reports, and the bytes of each, are counted all the same" holds "$closes
    and s[0]['quality']['nmse_db'] is None and s[0]['reports'] == s[1]['reports']
    and math.isclose(*(r['throughput']['uplink_kbit_s_per_ue'] /
                       r['throughput']['reports_per_s'] for r in s))" "$work/blind.json" "$base"
law "moving UEs on a Rayleigh channel run" run moving --channel rayleigh:eva --speed 30
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
