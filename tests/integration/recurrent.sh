#!/bin/sh
# Recurrent networks of PyTorch on the link (docs/memory.md): a sequence is what PyTorch makes of it, and
# under loss figures are the same whoever carries the UEs. Skipped where PyTorch is missing; the laws of
# memory that need none are in tests/unit/test_onnx_memory.c and tests/conformance/test_onnx_memory_numpy.c.
. "$(dirname "$0")/lib.sh"
here=$(cd "$(dirname "$0")" && pwd)
recurrent="$python $here/../../tools/import/recurrent.py"
export PYTHONDONTWRITEBYTECODE=1 OMP_NUM_THREADS=1 CSILINK_MODELS=models
cd "$work" || exit 1
if ! "$python" -c "import torch, onnx, scipy" 2>missing; then
    skip "$(tail -n 1 missing)"
    finish
    exit
fi

cat >near.py <<'PY'
import sys
from scipy.io import loadmat
want, got = (loadmat(f)[v] for f, v in (place.split(":") for place in sys.argv[1:3]))
apart = abs(want - got).max() / abs(want).max()
sys.exit(0 if want.shape == got.shape and apart < 1e-5 else f"{apart} apart")
PY
moving="--channel cost2100-indoor --carrier 300e6 --speed 3 --estimation none --seed 3 --ues 4 --snr 10"
cell="$moving --duration $slow --period $((25 * slow))ms --timeout $((5 * slow)) --loss 0.2"
for kind in lstm gru convlstm; do
    law "a $kind exports step by step" eval '
        $recurrent $kind --out $kind --vectors $kind.mat 2>export.log || { cat export.log; false; }'
    law "its encoder over a sequence gives what PyTorch's does" eval '
        "$csilink" model run $kind.encoder.onnx --sequence 20 --input $kind.mat:x --output s.mat:s >run.log &&
        "$python" near.py $kind.mat:s s.mat:s'
    law "so does its decoder" eval '
        "$csilink" model run $kind.decoder.onnx --sequence 20 --input $kind.mat:s --output y.mat:y >run.log &&
        "$python" near.py $kind.mat:y y.mat:y'
    law "they make a pair" eval '
        "$csilink" model pair --encoder $kind.encoder.onnx --decoder $kind.decoder.onnx \
            --name $kind-cr16-random --layout angle-delay --out models >pair.log &&
        "$csilink" model info models/$kind-cr16-random.decoder.onnx >info.txt &&
        grep -q "^csilink.memory *yes" info.txt && grep -q "^input *memory_h: float" info.txt'
    [ $kind = lstm ] && several="1 2 4" || several="1 4"
    for agents in $several; do
        law "it runs under loss on $agents agents" eval '
            "$csilink" run --runs "$work/r$agents" $cell --model $kind-cr16-random --agents $agents --json \
                >r$agents.json 2>run.err || { cat run.err; false; }'
    done
    # But for the last digit: agents add up their own UEs, and the sums of agents are added.
    law "the figures are the same each time, some reports lost and none without its memory" holds '
        all(abs(x["quality"]["nmse_db"] - s[0]["quality"]["nmse_db"]) < 1e-9
            and x["reports"]["lost_channel"] == s[0]["reports"]["lost_channel"] > 8
            and x["reports"]["needs_key"] == 0 == x["reports"]["timed_out"] for x in s)' $(printf "r%s.json " $several)
    law "and they are the evaluation's" eval '
        "$csilink" eval $moving --model $kind-cr16-random --samples 160 --period $((25 * slow))ms --loss 0.2 \
            --json >eval.json 2>eval.err &&
        holds "s[0][\"reports\"][\"lost_channel\"] == s[1][\"rows\"][0][\"lost\"]
            and abs(s[0][\"quality\"][\"nmse_db\"] - s[1][\"rows\"][0][\"nmse_db\"]) < 1e-9" r1.json eval.json'
done

law "an encoder with memory computes in 8 bits, at nearly the same NMSE" eval '
    "$csilink" quantize --encoder models/convlstm-cr16-random.encoder.onnx \
        --decoder models/convlstm-cr16-random.decoder.onnx --calibrate cost2100-indoor --samples 40 \
        --snr inf --scheme static --out models/convlstm-cr16-random.encoder.int8.onnx --json >q.json 2>q.err &&
    "$csilink" eval $moving --model convlstm-cr16-random --samples 160 --json >int8.json 2>eval.err &&
    "$csilink" eval $moving --model convlstm-cr16-random --precision float --samples 160 --json >float.json \
        2>eval.err && holds "s[0][\"rows\"][0][\"nmse_db\"] != s[1][\"rows\"][0][\"nmse_db\"]
        and abs(s[0][\"rows\"][0][\"nmse_db\"] - s[1][\"rows\"][0][\"nmse_db\"]) < 0.1" int8.json float.json'

law "without --sequence memory is an input like others" fails_with 1 "the network has 3 inputs, --input names 1" \
    "$csilink" model run lstm.encoder.onnx --input lstm.mat:x --output s.mat:s
law "in sequences of 5 the sixth row is a first one again" eval '
    "$csilink" model run gru.encoder.onnx --sequence 5 --input gru.mat:x --output five.mat:s >run.log &&
    "$csilink" model run gru.encoder.onnx --sequence 1 --input gru.mat:x --output one.mat:s >run.log &&
    "$python" -c "
from scipy.io import loadmat
all, five, one = (loadmat(f)[\"s\"] for f in (\"gru.mat\", \"five.mat\", \"one.mat\"))
assert (five[:5] != one[:5]).any(1).tolist() == [False, True, True, True, True]
assert (five[5] == one[5]).all() and abs(five[5] - all[5]).max() > 1e-4"'
law "a network without memory has no sequence" fails_with 1 "no input is named memory_NAME" \
    "$csilink" model run "$here/../../models/cllwcsinet-cr8-indoor.encoder.onnx" --sequence 5 \
    --input lstm.mat:x --output s.mat:s
finish
