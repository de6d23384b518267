#!/bin/sh
# Damaged, forged and unusual files from outside: read where they are sound, refused in one line
# where not. The reference files stand for kinds; tests of each kind are in tests/unit.
. "$(dirname "$0")/lib.sh"
faults=${CSILINK_REFERENCE_DATA:-$(cd "$(dirname "$0")/../.." && pwd)/../shared/data}/faults
[ ! -d "$faults" ] || faults=$(cd "$faults" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
cd "$work" || exit 1

if [ -d "$faults" ]; then
    law "whole.mat is read" "$csilink" data info "$faults/whole.mat" >info
    for name in cut-half bad-sum; do
        law "$name.mat is refused" fails_with 1 "damaged or cut short" \
            "$csilink" data info "$faults/$name.mat"
        law "$name.mat is refused by eval" fails_with 1 "damaged or cut short" \
            "$csilink" eval --data "$faults/$name.mat"
    done
    law "class-of-64.mat is refused" fails_with 1 "MATLAB_class" \
        "$csilink" data info "$faults/class-of-64.mat"
    law "sparse-of-4000.mat is refused" fails_with 1 "not a numeric array" \
        "$csilink" data info "$faults/sparse-of-4000.mat"
    law "class-padded.mat is read" "$csilink" data info "$faults/class-padded.mat" >info
    law "huge-name.mat is refused" fails_with 1 "damaged or cut short" \
        "$csilink" data info "$faults/huge-name.mat"
    identity() {
        "$csilink" eval --encoder "$faults/identity.encoder.onnx" --decoder \
            "$faults/identity.decoder.onnx" --data "$faults/common-scale.mat" --snr inf --json \
            "$@" >eval.json 2>eval.err
    }
    law "a data set in its own scale passes an identity unchanged" eval '
        identity --image-scale file && holds "float(s[0][\"rows\"][0][\"nmse_db\"]) < -100" eval.json &&
        [ ! -s eval.err ]'
    law "a data set that is stretched to [0,1] is a notice" eval '
        identity && holds "s[0][\"rows\"][0][\"nmse_db\"] > -2" eval.json &&
        grep -q -e "--image-scale file" eval.err'
    law "symbolic rows and columns come from the data" eval '
        "$csilink" model run "$faults/symbolic-rows.encoder.onnx" \
            --input "$faults/common-scale.mat:HT" --output s.mat:s | grep -q "\[4 x 8\]"'
    law "symbolic rows and columns have a cost" eval '
        "$csilink" model info --json "$faults/symbolic-rows.encoder.onnx" >info.json &&
        holds "s[0][\"parameters\"] == 16384" info.json'
    law "weights that are used twice are counted once" eval '
        "$csilink" model info --json "$faults/shared-weights.onnx" >info.json &&
        holds "s[0][\"parameters\"] == 16 and s[0][\"bytes\"] == 64" info.json'
    law "a scenario with an alias runs" eval '
        "$csilink" run "$faults/alias-line.yaml" --duration 0.2s --json >run.json 2>run.err'
else
    skip "the reference data are not here (CSILINK_REFERENCE_DATA)"
fi

# --- made here ----------------------------------------------------------------------------------

if "$python" "$here/open_sizes.py" "$work" 2>/dev/null; then
    open() { "$csilink" eval --encoder open.encoder.onnx --decoder open.decoder.onnx --snr inf --json "$@" \
        >eval.json; }
    for size in 32x32 16x64; do
        law "a codec with symbolic rows and columns takes images of $size" eval '
            open --data $size.npy && holds "float(s[0][\"rows\"][0][\"nmse_db\"]) < -40" eval.json'
    done
    law "images that its strides do not divide are refused, and why" fails_with 1 \
        "its output is an image of 15 x 64; export it with sizes" "$csilink" eval \
        --encoder open.encoder.onnx --decoder open.decoder.onnx --snr inf --data 15x64.npy
    law "a network with sizes says so, not that it could be asked for others" fails_with 1 \
        "HT is a real array of 20 x 2 x 16 x 64, not real [n x 2048]" \
        "$csilink" eval --model csilink-net-cr8-indoor --data 16x64.npy --snr inf
    law "as a pair it runs on the link at the sizes that its name says" eval '
        "$csilink" model pair --encoder open.encoder.onnx --decoder open.decoder.onnx --name open-cr1-any \
            --out pair >/dev/null && CSILINK_MODELS=$work/pair "$csilink" run --ues 1 --duration 0.3s \
            --codec onnx:open-cr1-any,nt=16,ni=64 --channel rayleigh --estimation none --snr 40 --json \
            >run.json 2>run.err && holds "s[0][\"reports\"][\"acked\"] > 0 and s[0][\"reports\"][\"refused\"] == 0" run.json'
    law "sizes are refused where the file has its own" fails_with 1 "its rows and columns are not symbolic" \
        "$csilink" eval --codec onnx:csilink-net-cr8-indoor,nt=16 --channel rayleigh --snr inf
else
    skip "codecs of open sizes: python3-onnx is not installed"
fi

"$python" -c 'print("[" * 200000)' >tower.yaml
law "a tower of brackets is refused" fails_with 2 "nested deeper" "$csilink" run tower.yaml
printf 'duration: 1s\ngroups:\n  - name: a\n    count: 2\n    snr: *none\n' >alias.yaml
law "an alias without its anchor is refused by line" fails_with 2 "alias.yaml:5" \
    "$csilink" run alias.yaml
for option in "--snr 1e999" "--duration 1e999" "--loss 1e999" "--delay 1e999s" "--seed 1e999" \
    "--seed 99999999999999999999" "--snr nan" "--carrier 1e999" "--dl-snr 1e999"; do
    # shellcheck disable=SC2086 # an option and its value
    law "run $option is refused" fails_with 2 "not '${option#* }'" "$csilink" run $option
done
printf 'duration: 1s\nsnr: 1e999\ngroups: [{name: a, count: 1}]\n' >number.yaml
law "a number of a scenario that overflows is refused" fails_with 2 "number.yaml:2" \
    "$csilink" run number.yaml

"$csilink" data generate --channel rayleigh --samples 20 --out sound.mat >/dev/null 2>&1
name=$(printf 'odd\377\001"name.mat')
cp sound.mat "$name"
law "JSON is UTF-8 whatever a file's name holds" eval '
    "$csilink" data info "$name" --json >odd.json &&
    "$python" -c "import json; json.loads(open(\"odd.json\", \"rb\").read().decode(\"utf-8\"))"'
mkdir -p run && printf '{"control": "ipc:///tmp/none"} more\n' >run/link.json
law "text behind a run's link.json is refused" fails_with 1 "link.json:1: text after" \
    "$csilink" ctl --run run get
finish
