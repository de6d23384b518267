#!/bin/sh
# `csilink quantize`, and what becomes of its file: eval with both precisions side by side, a run
# with the int8 encoder, and ends that do not belong together.
. "$(dirname "$0")/lib.sh"
cd "$work" || exit 1
model=csilink-net-cr8-indoor other=cllwcsinet-cr8-indoor
mkdir models
cp "$CSILINK_MODELS/$model.encoder.onnx" "$CSILINK_MODELS/$model.decoder.onnx" \
    "$CSILINK_MODELS/$other.encoder.onnx" "$CSILINK_MODELS/$other.decoder.onnx" \
    "$CSILINK_MODELS/replay-cost2100-indoor.mat" models
CSILINK_MODELS=$work/models
encoder=models/$model.encoder.onnx decoder=models/$model.decoder.onnx
integer=models/$model.encoder.int8.onnx

law "without an int8 file float is run, and the log says so" eval '
    "$csilink" run --ues 2 --duration 0.2 --json >run.json 2>/dev/null &&
    holds "s[0][\"config\"][\"encoder_precision\"] == \"float\"" run.json &&
    grep -q "encoder $model in float" runs/latest/ue-agent-0.log'
law "asking for it then is an error that says what to do" fails_with 2 "csilink quantize" \
    "$csilink" run --precision int8 --duration 0.2

"$csilink" quantize --encoder $encoder --decoder $decoder --wide input --samples 200 \
    --out $integer --json >q.json 2>stderr
law "an encoder is quantized" test -s $integer
law "every layer of it computes in integers" holds \
    "len(s[0]['layers']) >= 3 and all(l['integer'] for l in s[0]['layers'])" q.json
law "the weights in the file are 3.6 times smaller, or more" holds \
    "s[0]['bytes_before'] >= 3.6 * s[0]['bytes_after']" q.json
law "each layer's ranges and noise are told" holds \
    "all(l['weights'][0] < l['weights'][1] and l['input'][0] < l['input'][1] and
         l['sqnr_own_db'] > 20 and l['sqnr_db'] > 15 for l in s[0]['layers'])" q.json
law "NMSE is within 0.15 dB of float at every SNR" holds \
    "len(s[0]['rows']) == 4 and
     all(r['int8_nmse_db'] - r['float_nmse_db'] <= 0.15 for r in s[0]['rows'])" q.json

"$csilink" eval --table --model $model --precision float,int8 --channel cost2100-indoor \
    --samples 100 --snr inf,10 --out t >t.out 2>/dev/null
same_table() {
    "$python" - <<'PYTHON'
import csv
rows = list(csv.DictReader(open("t.csv")))
assert [r["precision"] for r in rows] == ["float", "float", "int8-dynamic", "int8-dynamic"]
f, q = rows[0], rows[2]
assert int(f["weight_bytes"]) >= 3.6 * int(q["weight_bytes"]), (f, q)
assert all(float(r["encode_us"]) > 0 and int(r["macs"]) > 0 for r in rows)
for a, b in zip(rows[:2], rows[2:]):
    assert 0 < abs(float(a["nmse_db"]) - float(b["nmse_db"])) < 0.15, (a, b)
PYTHON
}
law "eval puts both precisions side by side, with what they cost" same_table
law "the table names them" eval 'grep -q "^| $model int8-dynamic |" t.md && grep -q \
    "^| $model | int8-dynamic | [0-9]* | [0-9]* | [0-9]* | [0-9.]* |$" t.md'
law "eval without --precision takes the int8 encoder, as the link does" eval '
    "$csilink" eval --ues 2 --samples 20 --snr 10 --period 20 --json >eval.json &&
    "$csilink" run --ues 2 --duration 0.2 --json >run.json 2>/dev/null &&
    holds "s[0][\"precision\"] == s[1][\"config\"][\"encoder_precision\"] == \"int8-dynamic\" and
           abs(s[0][\"rows\"][0][\"nmse_db\"] - s[1][\"quality\"][\"nmse_db\"]) < 1e-9 and
           s[1][\"reports\"][\"acked\"] == 20" eval.json run.json'
law "float is there for who asks" eval '
    "$csilink" run --ues 2 --duration 0.2 --precision float --json >run.json 2>/dev/null &&
    holds "s[0][\"config\"][\"encoder_precision\"] == \"float\"" run.json'

"$csilink" quantize --encoder $encoder --scheme static --range mse --samples 50 \
    --calibrate models/replay-cost2100-indoor.mat --out static.onnx --json >s.json 2>/dev/null
law "a static encoder has its ranges from calibration" eval '
    "$csilink" model info static.onnx | grep -q "csilink.precision *int8-static" &&
    ! "$csilink" model info static.onnx | grep -q DynamicQuantizeLinear'
first=$("$python" -c 'import json; print(json.load(open("q.json"))["layers"][0]["name"])')
"$csilink" quantize --encoder $encoder --skip "$first" --samples 20 --out skip.onnx --json \
    >skip.json 2>/dev/null
law "a skipped layer stays in float" holds \
    "[l['integer'] for l in s[0]['layers']].count(False) == 1 and
     not s[0]['layers'][0]['integer']" skip.json
"$csilink" quantize --part decoder --encoder $encoder --decoder $decoder --samples 100 \
    --out models/d.decoder.int8.onnx --json >d.json 2>/dev/null
law "a decoder is quantized, too, and decodes what its encoder sends" holds \
    "all(l['integer'] for l in s[0]['layers']) and
     all(r['int8_nmse_db'] - r['float_nmse_db'] <= 1 for r in s[0]['rows'])" d.json

law "a layer that is not there is named, with those that are" fails_with 1 "'nowhere'" \
    "$csilink" quantize --encoder $encoder --skip nowhere --out x.onnx
law "what is quantized already is refused" fails_with 1 "already quantized" \
    "$csilink" quantize --encoder $integer --out x.onnx
law "a channel that is not there is refused" fails_with 1 "marsian" \
    "$csilink" quantize --encoder $encoder --calibrate marsian --out x.onnx
law "--range without --scheme static is a usage error" fails_with 2 "--scheme static" \
    "$csilink" quantize --encoder $encoder --range mse --out x.onnx
law "no --out is a usage error" fails_with 2 "--out" "$csilink" quantize --encoder $encoder
law "nothing was written by those" test ! -e x.onnx
law "an unknown precision is a usage error" fails_with 2 "not 'int4'" \
    "$csilink" eval --precision float,int4 --samples 5
law "an int8 encoder is refused with another decoder" fails_with 1 "different" \
    "$csilink" eval --encoder $integer --decoder models/$other.decoder.onnx --samples 5
finish
