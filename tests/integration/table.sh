#!/bin/sh
# `csilink eval --table`: the figures are those of plain evaluations, in every form that it writes;
# and aligned pairs, which are told apart from plain ones and cost the same on the link as in eval.
. "$(dirname "$0")/lib.sh"
cd "$work" || exit 1
learned=csilink-net-cr8-indoor other=cllwcsinet-cr8-indoor
channels="cost2100-indoor,rayleigh:0/0,200/-3"

"$csilink" eval --table --model $learned,$other --channel "$channels" --samples 60 \
    --snr 10,inf,-5 --out t >stdout.md 2>stderr
law "a table of two models and two channels is made" test -s t.csv
law "standard output is the Markdown that PREFIX.md holds" cmp -s stdout.md t.md

# Each model over each channel on its own, as JSON.
for model in $learned $other; do
    for channel in cost2100-indoor rayleigh:0/0,200/-3; do
        "$csilink" eval --model $model --channel $channel --samples 60 --snr 10,inf,-5 --json \
            >"one-$model-$(echo $channel | tr -cd a-z0-9).json"
    done
done

# same_figures WHAT: the CSV or the Markdown against the JSON of plain evaluations.
same_figures() {
    "$python" - "$1" <<'PYTHON'
import csv, json, math, re, sys
models = ["csilink-net-cr8-indoor", "cllwcsinet-cr8-indoor"]
channels = ["cost2100-indoor", "rayleigh:0/0,200/-3"]
one = {}
for m in models:
    for c in channels:
        with open(f"one-{m}-{re.sub('[^a-z0-9]', '', c)}.json") as f:
            one[m, c] = json.load(f)
if sys.argv[1] == "csv":
    rows = list(csv.DictReader(open("t.csv")))
    assert len(rows) == 12, len(rows)
    for r in rows:
        j = one[r["model"], r["channel"]]
        (row,) = [x for x in j["rows"] if float(x["snr_db"]) == float(r["snr_db"])]
        for key in ("nmse_db", "rho", "sgcs", "samples", "channel_uses"):
            # cJSON writes 15 digits where the rest is below 2^-52 of the number
            assert abs(float(r[key]) - row[key]) <= 2**-52 * abs(row[key]), (r, row)
        assert float(r["bits"]) == row["bits_per_report"] == j["bits_per_report"] <= \
            j["bits_per_report_max"]
        # Values in float32, and what travels beside them; half a channel use for each value.
        assert j["bits_per_report_max"] == 32 * j["codeword"] + j["side_bits_per_report"]
        snr = min(row["snr_db"], 60) if row["snr_db"] != "inf" else 60
        cost = j["symbols_per_report"] + (row["bits_per_report"] - 32 * j["codeword"]) / \
            math.log2(1 + 10 ** (snr / 10))
        assert abs(row["channel_uses"] - cost) < 1e-9, (row, cost)
        assert r["uplink"] == j["uplink"]
else:
    tables = re.split(r"\n\n(?=[A-Z][^\n]*:\n\n\|)", open("t.md").read())[1:]
    assert len(tables) == 5 and tables[4].startswith("Encoders"), len(tables)
    for text, key, digits in zip(tables, ("nmse_db", "rho", "sgcs", "channel_uses"), (2, 4, 4, 1)):
        lines = [[c.strip() for c in l.split("|")[1:-1]] for l in text.splitlines()
                 if l.startswith("|")]
        assert lines[0][5:] == ["10 dB", "no noise", "-5 dB"], lines[0]
        assert len(lines) == 2 + 4
        for l in lines[2:]:
            rows = one[l[0], l[2]]["rows"]
            assert l[5:] == [f"{r[key]:.{digits}f}" for r in rows], (l, rows)
            assert l[4] == f"{rows[0]['bits_per_report']:.0f}", (l, rows)
PYTHON
}
law "every figure of the CSV is that of the model over the channel alone" same_figures csv
law "so is every figure of the Markdown, to its digits" same_figures md

if command -v gnuplot >/dev/null; then
    law "the curves are there in both forms" eval \
        'grep -q "<svg" t.svg && [ "$(head -c 4 t.png | tail -c 3)" = PNG ]'
    law "each model and channel has its curve, titled, with the place without noise" eval \
        '[ "$(grep -c "cr8-indoor, " t.svg)" -ge 4 ] && grep -q "no noise" t.svg &&
         grep -q "NMSE, dB" t.svg && ! grep warning stderr | grep -v "was trained for"'
else
    skip "curves: gnuplot is not installed"
fi
mkdir empty
law "without gnuplot the rest is written, with a warning of what to install" eval '
    env PATH="$work/empty" "$csilink" eval --table --model $other --channel rayleigh --samples 5 \
        --snr inf --out bare >/dev/null 2>stderr && [ -s bare.md ] && [ -s bare.csv ] &&
    ! [ -e bare.svg ] && grep -q "apt-get install gnuplot-nox" stderr'
law "several models without --table are an array of JSON" eval '
    "$csilink" eval --model $learned,$other --samples 10 --json >several.json &&
    holds "len(s[0]) == 2 and s[0][1][\"encoder\"] == \"$other\"" several.json'
law "a model that is not there fails before anything is evaluated" fails_with 1 "unknown model 'none'" \
    "$csilink" eval --table --model $learned,none --samples 100000000
"$csilink" eval --table --model $other --codeword float32,uint8,mu4,u4,u2 --channel rayleigh \
    --samples 40 --snr inf,10 --out few >/dev/null 2>&1
law "codeword formats side by side: fewer bits, and never a better NMSE without noise" \
    "$python" - <<'PYTHON'
import csv
rows = [r for r in csv.DictReader(open("few.csv")) if r["snr_db"] == "inf"]
assert [r["codeword"] for r in rows] == ["float32", "u8", "mu4", "u4", "u2"], rows
# The image's scale takes 12 bits; a float format adds 13 for the codeword's rms, the others have a
# scale and an offset of their own, 64 bits.
n = (int(rows[0]["bits"]) - 25) // 32
assert [int(r["bits"]) for r in rows] == [32 * n + 25] + [b * n + 76 for b in (8, 4, 4, 2)]
# Values cost half a channel use each, whatever their format.
assert len({r["channel_uses"] for r in rows}) == 1, rows
nmse = [float(r["nmse_db"]) for r in rows]
assert nmse[0] - 0.01 < nmse[1] < nmse[2] < nmse[4] and nmse[1] < nmse[3] < nmse[4], nmse
PYTHON
law "a format alone gives what it gives in the list" eval '
    "$csilink" eval --model $other --codeword float32,u4 --channel rayleigh --samples 40 \
        --snr 10 --json >list.json && "$csilink" eval --model $other --codeword u4 \
        --channel rayleigh --samples 40 --snr 10 --json >alone.json &&
    holds "s[0][1][\"rows\"] == s[1][\"rows\"] and s[1][\"codeword_format\"] == \"u4\" and
           s[1][\"codeword_bits\"] == 4 and
           s[1][\"bits_per_report\"] == 4 * s[1][\"codeword\"] + 76" list.json alone.json'
law "an empty name in a list is a usage error" fails_with 2 "empty name" \
    "$csilink" eval --table --model $learned,
law "a folder that is not there is a failure" fails_with 1 "no/such" \
    "$csilink" eval --table --model $other --channel cost2100-indoor --samples 5 --out no/such/t
law "--out without --table is a usage error" fails_with 2 "--table" "$csilink" eval --out t

# same_nmse FOLDER options...: one NMSE from the running link and from eval.
same_nmse() {
    models=$1 samples=$2
    shift 2
    CSILINK_MODELS=$models "$csilink" run "$@" --duration 1 --period 20 --runs runs --json \
        >run.json 2>run.log || return 1
    CSILINK_MODELS=$models "$csilink" eval "$@" --samples "$samples" --period 20 --json \
        >eval.json || return 1
    # Sums over the same reports in another order: the last digits may differ.
    holds "abs(s[0]['quality']['nmse_db'] - s[1]['rows'][0]['nmse_db']) < 1e-9 and
           s[0]['reports']['acked'] == $samples and
           s[0]['throughput']['bits_per_report'] == s[1]['bits_per_report'] and
           abs(s[0]['throughput']['channel_uses'] - s[1]['rows'][0]['channel_uses']) < 1e-9" \
        run.json eval.json
}
law "codewords of 3 bits cost the same over the link and in eval, and count the same bits" eval '
    same_nmse "$CSILINK_MODELS" 100 --ues 2 --channel rayleigh:eva --snr 8 --codeword u3 &&
    holds "s[0][\"config\"][\"codeword_format\"] == \"u3\"" run.json'
law "run and eval of one mixed cell give one NMSE" same_nmse "$CSILINK_MODELS" 200 \
    --ues 2@cost2100-indoor,2@rayleigh:eva --snr 8 --model $other

# pair NAME ALIGN: the other model's networks, made a pair with an alignment.
pair() {
    "$csilink" model pair --encoder "$CSILINK_MODELS/$other.encoder.onnx" \
        --decoder "$CSILINK_MODELS/$other.decoder.onnx" --name "$1" --align "$2" --out aligned \
        >/dev/null
}
pair delay-cr8-test delay && pair both-cr8-test delay-angle && pair plain-cr8-test none
law "a pair's alignment is in both files" eval '
    for side in encoder decoder; do
        "$csilink" model info "aligned/both-cr8-test.$side.onnx" |
            grep -q "csilink.align *delay-angle$" || exit 1
    done'
law "a file that says its alignment is not made another's" fails_with 1 "'delay', not 'none'" \
    "$csilink" model pair --encoder aligned/delay-cr8-test.encoder.onnx \
    --decoder aligned/delay-cr8-test.decoder.onnx --name x-cr8-test --align none --out aligned
law "an aligned pair costs the same over the link and in eval (delay and angle)" \
    same_nmse aligned 150 --ues 3 --snr 6 --channel uma-nlos --model both-cr8-test
law "an aligned pair costs the same over the link and in eval (delay, replay)" \
    same_nmse aligned 150 --ues 3 --snr 12 --model delay-cr8-test \
    --channel "$CSILINK_MODELS/replay-cost2100-indoor.mat"
law "a report of an aligned pair counts the bits of its shifts" holds \
    "s[0]['bits_per_report'] == 32 * s[0]['codeword'] + 25 + 5" eval.json
law "a pair aligned in nothing is the plain pair, to the last digit" eval '
    "$csilink" eval --model aligned/plain-cr8-test,aligned/both-cr8-test,$other --json --precision float \
        --channel uma-nlos --samples 40 --snr 10 >plain.json &&
    holds "s[0][0][\"rows\"] == s[0][2][\"rows\"] != s[0][1][\"rows\"]" plain.json'
law "an encoder and a decoder that disagree in alignment are refused" \
    fails_with 1 "csilink.align is delay, the decoder's delay-angle" "$csilink" eval \
    --encoder aligned/delay-cr8-test.encoder.onnx --decoder aligned/both-cr8-test.decoder.onnx
law "where every report failed there is a table, and a picture that says so" eval '
    "$csilink" eval --table --codec klt:klt-indoor,bits=512 --uplink digital:uses=256 --snr -20 \
        --channel cost2100-indoor --samples 8 --out failed >table.txt 2>table.err &&
    grep -q "| 512 | - |" failed.md && { [ ! -e failed.svg ] || grep -q "no data" failed.svg; }'
finish
