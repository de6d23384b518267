#!/bin/sh
# The digital uplink on the running link: its figures repeat whoever carries the UEs and are those of
# eval, failed reports are held, zeroed or used, and the genie tells errors that nobody detected.
. "$(dirname "$0")/lib.sh"

period=$((25 * slow))
cell="--ues 4 --duration $slow --period ${period}ms --timeout $((5 * slow)) --seed 3
    --model csilink-net-cr16-indoor"

# run NAME options...: quietly; its summary goes to NAME.json.
run() {
    name=$1
    shift
    "$csilink" run --runs "$work/$name" --json "$@" >"$work/$name.json" 2>"$work/$name.err" ||
        { cat "$work/$name.err" && return 1; }
}

# evaluate NAME options...: the same reports without processes.
evaluate() {
    name=$1
    shift
    "$csilink" eval --ues 4 --samples 160 --period 25 --seed 3 --model csilink-net-cr16-indoor \
        --json "$@" >"$work/$name.json" 2>"$work/$name.err" || { cat "$work/$name.err" && return 1; }
}
cd "$work" || exit 1

# At 5.2 dB this row is on its cliff.
cliff="--uplink digital:r3,16qam,uses=256 --snr 5.2"
law "a cell over a digital uplink on its cliff runs" run hold $cell $cliff
law "so it does on other agents and workers" run again $cell $cliff --agents 2 --workers 3
law "some reports fail and some pass, and all are accounted for" holds \
    '0 < s[0]["reports"]["not_decoded"] < s[0]["reports"]["sent"] == 160 and
     0 < s[0]["quality"]["bler"] < 1 and
     s[0]["reports"]["acked"] + s[0]["reports"]["not_decoded"] == 160' hold.json
law "the same ones, and the same NMSE, whoever carries them" holds \
    's[0]["reports"]["not_decoded"] == s[1]["reports"]["not_decoded"] and
     abs(s[0]["quality"]["nmse_db"] - s[1]["quality"]["nmse_db"]) < 1e-9 and
     abs(s[0]["quality"]["nmse_all_db"] - s[1]["quality"]["nmse_all_db"]) < 1e-9' hold.json again.json
law "eval has the same figures" eval '
    evaluate eval $cliff && holds "
        abs(s[0][\"quality\"][\"nmse_db\"] - s[1][\"rows\"][0][\"nmse_db\"]) < 1e-9 and
        abs(s[0][\"quality\"][\"nmse_all_db\"] - s[1][\"rows\"][0][\"nmse_all_db\"]) < 1e-9 and
        abs(s[0][\"quality\"][\"bler\"] - s[1][\"rows\"][0][\"bler\"]) < 1e-12" hold.json eval.json'
law "the channel code's time is in stages of its own" holds \
    'all(s[0]["latency_us"]["stages"][k]["p50"] > 0 for k in ("modulate", "demodulate"))' hold.json
law "a large payload says how many UCI words it is" eval '
    "$csilink" eval --model csilink-net-cr4-indoor --samples 4 --snr 20 --json \
        --uplink digital:r8,qpsk,rate=1/2 >words.json 2>words.err &&
    holds "s[0][\"uci_words_per_report\"] == 3" words.json'
law "what a report costs is its symbols, all of them" holds \
    's[0]["throughput"]["channel_uses"] == 264 and s[0]["throughput"]["bits_per_report"] == 419' \
    hold.json

for action in zero use; do
    law "failed reports: $action" run $action $cell $cliff --on-failure $action
done
law "which ones fail does not depend on what is done then" holds \
    's[0]["reports"]["not_decoded"] == s[1]["reports"]["not_decoded"] == s[2]["reports"]["not_decoded"] and
     abs(s[0]["quality"]["nmse_db"] - s[1]["quality"]["nmse_db"]) < 1e-9' hold.json zero.json use.json
law "without CSI a failed report has an NMSE of 0 dB" holds \
    'abs(10 ** (s[0]["quality"]["nmse_all_db"] / 10) - (1 - s[0]["quality"]["bler"]) *
         10 ** (s[0]["quality"]["nmse_db"] / 10) - s[0]["quality"]["bler"]) < 1e-9' zero.json

# 32 paths pass a CRC of 11 bits about once in 64 times where there is nothing but noise.
law "errors that the check lets pass are counted" eval '
    evaluate undetected --samples 2000 --snr -10 --uplink digital:u2,qpsk,uses=256,list=32 &&
    holds "5 <= s[0][\"rows\"][0][\"undetected\"] <= 80 and s[0][\"rows\"][0][\"bler\"] > 0.95" \
        undetected.json'

# Link adaptation goes by acknowledgements, counted in reports, so that it repeats.
law "an adaptive uplink runs" run fit $cell --uplink digital:uses=256 --snr 9
law "and repeats on other agents, with a delay on the way" eval '
    run fit2 $cell --uplink digital:uses=256 --snr 9 --agents 2 --delay 5ms'
law "to the last digit" holds \
    'abs(s[0]["quality"]["nmse_db"] - s[1]["quality"]["nmse_db"]) < 1e-9 and
     s[0]["throughput"]["bits_per_report"] == s[1]["throughput"]["bits_per_report"] and
     s[0]["reports"]["not_decoded"] == s[1]["reports"]["not_decoded"]' fit.json fit2.json
law "more SNR, more bits: from the first report on, which bears most" eval '
    run high $cell --uplink digital:uses=256 --snr 30 && holds "
        s[1][\"throughput\"][\"bits_per_report\"] > 1.5 * s[0][\"throughput\"][\"bits_per_report\"] and
        s[1][\"quality\"][\"nmse_db\"] < s[0][\"quality\"][\"nmse_db\"]" fit.json high.json'

# A base station serves codecs and uplinks of which not every pair fits.
law "the shipped scenario runs: analog and digital UEs side by side" eval '
    run both "$CSILINK_MODELS/../scenarios/analog-and-digital.yaml" --duration 2 && holds "
        [g[\"not_decoded\"] for g in s[0][\"per_group\"]] == [0, 0] and
        s[0][\"reports\"][\"acked\"] == s[0][\"reports\"][\"sent\"] > 0" both.json'
law "a pair that never fits is refused with what is wrong" eval '
    ! run misfit $cell --uplink digital:r8,qpsk,uses=100 && grep -q "bits take" misfit.err'

# Analog with its header coded: nothing beside the burst.
law "a coded header costs its symbols and fails with its check" eval '
    run coded $cell --uplink analog:r4,header=coded --snr -3 && holds "
        s[0][\"throughput\"][\"channel_uses\"] == 8 + 3 * 25 + 64 and
        0 < s[0][\"reports\"][\"not_decoded\"] < 160" coded.json'
law "a free header says that it is unfair" eval '
    run free $cell --uplink analog:r4,header=free && holds "
        \"unfair\" in s[0][\"per_group\"][0][\"unfair\"] and
        s[0][\"throughput\"][\"channel_uses\"] == 8 + 64" free.json'

finish
