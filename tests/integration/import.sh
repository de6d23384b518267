#!/bin/sh
# Networks of PyTorch and Keras become pairs that reconstruct what they do there (docs/import.md). Needs
# the Python modules that tools/import needs; where one is missing, its part is skipped.
. "$(dirname "$0")/lib.sh"
here=$(cd "$(dirname "$0")" && pwd)
import=$here/../../tools/import
nets="$python $here/import_nets.py"
export PYTHONDONTWRITEBYTECODE=1 OMP_NUM_THREADS=1
cd "$work" || exit 1
mkdir toy

# reconstruct NAME MAT:x: y.mat:y is what the pair makes of it.
reconstruct() {
    "$csilink" model run "$1.encoder.onnx" --input "$2" --output s.mat:s >run.log &&
        "$csilink" model run "$1.decoder.onnx" --input s.mat:s --output y.mat:y >>run.log
}

if "$python" -c "import torch, onnx, scipy" 2>missing; then
    $nets torch toy
    "$csilink" data generate --channel cost2100-indoor --samples 40 --out full.mat >/dev/null 2>&1
    $nets scale full.mat small.mat
    torch="$python $import/from_torch.py --source toy --without profiler_that_nobody_has --set width=24"
    law "a PyTorch autoencoder without parts imports with its checkpoint" eval '
        $torch --model nets:Whole --weights toy/good.pth --out whole --vectors v.mat --data small.mat \
            --batch 7 >whole.log && grep -q "codeword: 24 values" whole.log'
    law "csilink reconstructs what PyTorch does" eval '
        reconstruct whole v.mat:x && $nets same v.mat:y y.mat:y'
    "$csilink" model pair --encoder whole.encoder.onnx --decoder whole.decoder.onnx \
        --name whole-cr85-toy --layout angle-delay --out models >/dev/null
    db=$(sed -n 's/.*NMSE \(.*\) dB/\1/p' whole.log)
    law "NMSE of the pair is that of PyTorch, $db dB" eval '
        CSILINK_MODELS=models "$csilink" eval --model whole-cr85-toy --data small.mat --snr inf \
            --image-scale file --json >file.json 2>/dev/null &&
        holds "abs(s[0][\"rows\"][0][\"nmse_db\"] - ($db)) < 2e-4" file.json'
    law "stretched samples give another" eval '
        CSILINK_MODELS=models "$csilink" eval --model whole-cr85-toy --data small.mat --snr inf \
            --json >sample.json 2>/dev/null &&
        holds "abs(s[0][\"rows\"][0][\"nmse_db\"] - ($db)) > 0.05" sample.json'
    law "a network that mixes a batch is a warning" eval '
        $torch --model nets:Mixing --random 1 --out mixing 2>&1 | grep -q "depends on the others"'
    law "one whose decoder sees the image is refused" fails_with 1 "passes by the codeword" \
        $torch --model nets:Bypass --random 1 --out bypass
    law "a checkpoint that lacks a weight is refused" fails_with 1 "1 missing (such as widen.bias)" \
        $torch --model nets:Whole --weights toy/short.pth --out short
    law "a checkpoint with NaN is refused" fails_with 1 "not finite" \
        $torch --model nets:Whole --weights toy/nan.pth --out nan
    law "what is no checkpoint is refused" fails_with 1 "no checkpoint of tensors alone" \
        $torch --model nets:Whole --weights toy/nets.py --out none
    law "a module that is missing is named" fails_with 1 "imports profiler_that_nobody_has" \
        "$python" "$import/from_torch.py" --source toy --model nets:Whole --random 1 --out none
    law "half a pair is no autoencoder" fails_with 1 "no whole autoencoder" \
        "$python" "$import/split_onnx.py" whole.encoder.onnx --out half
else
    skip "PyTorch's part: $(tail -n 1 missing)"
fi

if "$python" -c "import h5py, onnx, scipy" 2>missing; then
    $nets keras toy
    keras="$python $import/from_keras.py"
    for format in first last; do
        law "a Keras network of channels_$format reconstructs what numpy does" eval '
            $keras --json toy/$format.json --weights toy/$format.h5 --out keras >keras.log &&
            grep -q "codeword: 20 values" keras.log &&
            reconstruct keras toy/x.mat:x && $nets same toy/x.mat:$format y.mat:y'
    done
    law "an unknown layer is refused by name" fails_with 1 "layer 'sum' is a Lambda" \
        $keras --json toy/first.odd.json --weights toy/first.h5 --out odd
    law "weights of another network are refused" fails_with 1 "of layer 'norm' is (2,)" \
        $keras --json toy/first.json --weights toy/last.h5 --out other
    law "weights without an architecture are refused" fails_with 1 "give the architecture by --json" \
        $keras --weights toy/first.h5 --out bare
    head -c 3000 toy/first.h5 >cut.h5
    law "a file that is cut short is refused" fails_with 1 "no HDF5 file" \
        $keras --json toy/first.json --weights cut.h5 --out cut
else
    skip "Keras's part: $(tail -n 1 missing)"
fi
finish
