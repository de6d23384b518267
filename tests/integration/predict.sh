#!/bin/sh
# A base station that predicts the channel, and one that asks for keys: what it uses is better where the
# channel can be predicted, and no worse where it cannot; figures repeat whoever carries the UEs.
. "$(dirname "$0")/lib.sh"

period=$((25 * slow))
# The channel moves as far from report to report, however slow the machine.
moving() {
    echo "--channel uma-nlos --carrier 300e6 --speed $(awk "BEGIN { print $1 / $slow }") --snr 10 --seed 3"
}
cell="--ues 4 --duration $slow --period ${period}ms --timeout $((5 * slow)) --use-after ${period}ms"
codec="--codec delta-klt:klt-uma-nlos,cr=4"

# run NAME options...: its summary goes to NAME.json.
run() {
    name=$1
    shift
    "$csilink" run --runs "$work/$name" --json "$@" >"$work/$name.json" 2>"$work/$name.err" ||
        { cat "$work/$name.err" && return 1; }
}

# --- prediction -----------------------------------------------------------------------------------

for how in hold linear ar net; do
    law "a base station with predict $how, 0.15 wavelengths a report" run $how $cell $codec \
        $(moving 22) --predict $how
done
law "at estimation they are the same; at use linear is better than hold, ar by a dB, and net no worse than ar" holds '
    all(same(f["quality"]["nmse_db"], s[0]["quality"]["nmse_db"]) for f in s)
    and all(f["reports"]["acked"] == 160 == f["ageing"]["reports"] for f in s)
    and s[1]["ageing"]["nmse_used_db"] < s[0]["ageing"]["nmse_used_db"] - 0.3
    and s[2]["ageing"]["nmse_used_db"] < s[0]["ageing"]["nmse_used_db"] - 1
    and s[3]["ageing"]["nmse_used_db"] < s[2]["ageing"]["nmse_used_db"] + 0.1
    and [f["config"]["predict"] for f in s] == ["hold", "linear", "ar", "net"]' \
    "$work/hold.json" "$work/linear.json" "$work/ar.json" "$work/net.json"
for how in hold linear ar net; do
    law "eval with predict $how has the link's figures, at estimation and at use" eval '
        "$csilink" eval $(moving 22) $codec --ues 4 --samples 160 --period ${period}ms \
            --use-after ${period}ms --predict $how --json >"$work/eval.json" &&
        holds "abs(s[0][\"ageing\"][\"nmse_used_db\"] - s[1][\"rows\"][0][\"nmse_used_db\"]) < 1e-9
            and abs(s[0][\"ageing\"][\"sgcs_used\"] - s[1][\"rows\"][0][\"sgcs_used\"]) < 1e-9
            and abs(s[0][\"ageing\"][\"se_used_bps_hz\"] - s[1][\"rows\"][0][\"se\"][\"used\"]) < 1e-9
            and abs(s[0][\"quality\"][\"nmse_db\"] - s[1][\"rows\"][0][\"nmse_db\"]) < 1e-9
            and s[1][\"predict\"] == \"$how\"" "$work/$how.json" "$work/eval.json"'
done
law "eval over sequences starts each anew, and linear is better than hold there, too" eval '
    for how in hold linear; do
        "$csilink" eval $(moving 22) $codec --sequence 20 --samples 160 --period ${period}ms \
            --use-after ${period}ms --predict $how --json >"$work/sequence-$how.json" || exit 1
    done
    holds "all(f[\"ues\"] == 8 for f in s) and s[0][\"rows\"][0][\"nmse_db\"] == s[1][\"rows\"][0][\"nmse_db\"]
        and s[1][\"rows\"][0][\"nmse_used_db\"] < s[0][\"rows\"][0][\"nmse_used_db\"] - 0.3" \
        "$work/sequence-hold.json" "$work/sequence-linear.json"'
law "without a time of use eval has no figure of it, and predicts nothing" eval '
    "$csilink" eval $(moving 22) $codec --ues 4 --samples 16 --json >"$work/eval.json" &&
    holds "s[0][\"rows\"][0][\"nmse_used_db\"] is None is s[0][\"use_after_ms\"]" "$work/eval.json" &&
    fails_with 2 "set use-after to a time" "$csilink" eval --predict ar'
for how in hold linear ar net; do
    law "with predict $how, several wavelengths a report" run fast$how $cell $codec $(moving 400) \
        --predict $how
done
law "what cannot be predicted is held: at use they are within 0.1 dB of hold, or better" holds '
    all(f["ageing"]["nmse_used_db"] < s[0]["ageing"]["nmse_used_db"] + 0.1 for f in s)' \
    "$work/fasthold.json" "$work/fastlinear.json" "$work/fastar.json" "$work/fastnet.json"
for how in ar net; do
    for agents in 1 2 4; do
        law "with predict $how under loss, $agents agents" run $how$agents $cell $codec $(moving 22) \
            --predict $how --loss 0.2 --agents $agents --workers $agents
    done
    law "the figures at use are the same, whoever carries the UEs" holds '
        s[0]["reports"]["lost_channel"] > 10 and all(same(f["ageing"], s[0]["ageing"]) for f in s)' \
        "$work/${how}1.json" "$work/${how}2.json" "$work/${how}4.json"
done
law "a codec without memory is predicted, too" run klt $cell --codec klt:klt-uma-nlos $(moving 22) \
    --predict ar
law "and better than held" eval 'run klthold $cell --codec klt:klt-uma-nlos $(moving 22) &&
    holds "s[0][\"ageing\"][\"nmse_used_db\"] < s[1][\"ageing\"][\"nmse_used_db\"] - 1" \
        "$work/klt.json" "$work/klthold.json"'
indoors="--codec klt:klt-indoor --channel cost2100-indoor $(moving 7.2 | sed 's/.*--carrier/--carrier/')"
law "noisy reconstructions are predicted by ar" run noisyar $cell $indoors --predict ar
law "and better by net" eval 'run noisynet $cell $indoors --predict net &&
    holds "s[0][\"ageing\"][\"nmse_used_db\"] < s[1][\"ageing\"][\"nmse_used_db\"] - 0.3" \
        "$work/noisynet.json" "$work/noisyar.json"'
law "directions are held" run beams $cell --codec beams $(moving 22) --predict ar
law "and all are answered" holds 's[0]["reports"]["acked"] == 160' "$work/beams.json"
law "without a time of use there is nothing to predict for" fails_with 2 "set use-after to a time" \
    "$csilink" run --predict ar
law "a network that is not there ends the command with its name" fails_with 2 \
    "predict-net: unknown model 'nowhere'" "$csilink" run --predict net --predict-net nowhere --use-after 5ms
law "a network of another kind is refused with what it has" eval '
    ln -s "$PWD/models/csilink-net-cr8-indoor.encoder.onnx" "$work/encoder.predictor.onnx" &&
    fails_with 2 "a predictor has float" "$csilink" run --predict net --predict-net "$work/encoder" \
        --use-after 5ms'
law "the base station says so, too" eval '
    ! "$CSILINK_BIN/bs-server" --codec dpcm --predict linear --listen "ipc://$work/b" \
        --telemetry "ipc://$work/bt" >"$work/out" 2>&1 && grep -q "set use-after to a time" "$work/out"'

# --- keys that the base station asks for ----------------------------------------------------------

law "a base station that takes every innovation for a drift" run keys $cell $codec $(moving 22) \
    --key-drift -60
law "asks each UE in turns: a key, then eight reports of patience; the accounting closes" holds '
    s[0]["reports"]["needs_key"] == s[0]["reports"]["not_decoded"] > 8
    and s[0]["reports"]["needs_key"] <= 160 // 9 + 4
    and s[0]["reports"]["acked"] + s[0]["reports"]["needs_key"] == 160' "$work/keys.json"
law "again, on two agents" run keys2 $cell $codec $(moving 22) --key-drift -60 --agents 2
law "the figures repeat" holds 'same(s[0]["quality"], s[1]["quality"])
    and same(s[0]["reports"], s[1]["reports"])' "$work/keys.json" "$work/keys2.json"
law "one that allows any asks for none" holds 's[0]["reports"]["needs_key"] == 0' "$work/hold.json"
finish
