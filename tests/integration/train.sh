#!/bin/sh
# csilink train: what a run leaves behind, that stopping it changes nothing, and that what it made
# is what its card says.
. "$(dirname "$0")/lib.sh"
recipes=$(cd "$(dirname "$0")/../.." && pwd)/models/recipes
make_models=$recipes/../../tools/make-models.sh
cd "$work" || exit 1

# CLLWCsiNet has batch norm, whose statistics a checkpoint must keep, too.
cat >tiny.yaml <<'YAML'
architecture: cllwcsinet
cr: 16
scenario: tiny
sources: [{channel: cost2100-indoor}]
pool: 400
samples: 2400
batch: 100
threads: 2
statistics: 200
validate: {every: 400, samples: 200, snr: [inf, 10]}
YAML

train() { "$csilink" train "$@" 2>err >out || { cat out err; false; }; }

# nmse COLUMN FOLDER: the last validation's NMSE, column 7 without noise, 8 at 10 dB.
nmse() { awk -F, -v c="$1" '$7 != "" { v = $c } END { print v }' "$2/log.csv"; }

near() { # A B TOLERANCE
    awk -v a="$1" -v b="$2" -v t="$3" \
        'BEGIN { exit !(a != "" && b != "" && a - b < t && b - a < t) }' ||
        { echo "     $1 and $2 are more than $3 apart"; false; }
}

law "a run leaves the pair, its card, log, curves, checkpoint and recipe" eval '
    train tiny.yaml --out whole &&
    for f in cllwcsinet-cr16-tiny.encoder.onnx cllwcsinet-cr16-tiny.decoder.onnx \
        cllwcsinet-cr16-tiny.md log.csv loss.svg loss.png checkpoint recipe.yaml; do
        [ -s whole/$f ] || { echo "     no $f"; false; } || break
    done && [ "$(ls whole | wc -l)" -eq 8 ]'
law "the log has a row for every step and validations where they are due" eval '
    [ "$(wc -l <whole/log.csv)" -eq 25 ] &&
    [ "$(awk -F, "\$7 != \"\" { printf \"%s \", \$1 }" whole/log.csv)" = "samples 400 800 1200 1600 2000 2400 " ]'
law "the files say what they are and what made them" eval '
    "$csilink" model info whole/cllwcsinet-cr16-tiny.encoder.onnx >info &&
    grep -q "csilink.scenario tiny" info && grep -q "csilink.trained.*cost2100-indoor.*seed 1" info &&
    grep -q "csilink.pair" info'
evaluate() {
    "$csilink" eval --encoder "$1.encoder.onnx" --decoder "$1.decoder.onnx" --estimation none \
        --channel cost2100-indoor --samples 2000 --snr inf,10 --json >eval.json
}
# 200 and 2000 other samples of one channel: their mean NMSE differs by some percent.
law "csilink eval finds about the NMSE on the card" eval '
    evaluate whole/cllwcsinet-cr16-tiny &&
    "$python" -c "import json
for r in json.load(open(\"eval.json\"))[\"rows\"]: print(r[\"nmse_db\"])" >found &&
    near "$(sed -n 1p found)" "$(nmse 7 whole)" 0.5 &&
    near "$(sed -n 2p found)" "$(nmse 8 whole)" 0.5 &&
    grep -q "$(printf "| NMSE in dB | %.2f | %.2f |" "$(nmse 7 whole)" "$(nmse 8 whole)")" \
        whole/cllwcsinet-cr16-tiny.md'
law "a refused recipe leaves no folder" eval '
    ! "$csilink" train --architecture no-such --cr 4 --scenario x --channel cost2100-indoor \
        --out refused 2>out && [ ! -e refused ]'
law "a finished run called again has nothing to do" eval '
    train tiny.yaml --out whole && grep -q "^complete" out'

same() { # FOLDER: the same weights and validations as the uninterrupted run
    for side in encoder decoder; do
        cmp "$1/cllwcsinet-cr16-tiny.$side.onnx" "whole/cllwcsinet-cr16-tiny.$side.onnx" || return 1
    done
    cut -d, -f1,3,7- "$1/log.csv" >a
    cut -d, -f1,3,7- whole/log.csv | diff a - >/dev/null
}
patience=$((5 * patience)) # a first validation may take a minute of its own under a sanitizer
interrupt() { # SIGNAL STATUS: ends a run after its first validation
    rm -rf part
    "$csilink" train tiny.yaml --out part >part.log 2>&1 &
    pid=$!
    children="$children $pid"
    within test -s part/cllwcsinet-cr16-tiny.md && kill "-$1" "$pid"
    wait "$pid"
    [ "$?" -eq "$2" ] && grep -q "^stopped and saved" part.log || { cat part.log && false; }
}
law "an interrupted run saves, says how to go on, and goes on to the same weights" eval '
    interrupt INT 130 && grep -q "csilink train tiny.yaml --out part" part.log &&
    train tiny.yaml --out part && grep -q "^resuming" out && same part'
law "so does one that is terminated" eval '
    interrupt TERM 143 && train tiny.yaml --out part --resume && same part'
law "so does one that met its time limit" eval '
    rm -rf part && "$csilink" train tiny.yaml --out part --time 0.01 >out 2>&1
    [ "$?" -eq 3 ] && train tiny.yaml --out part && same part'
law "another recipe is not mixed into a run" eval '
    fails_with 1 "--restart" "$csilink" train tiny.yaml --out part --rate 0.01 &&
    fails_with 1 "learning_rate" "$csilink" train tiny.yaml --out part --rate 0.01 --resume &&
    train tiny.yaml --out part && same part'
law "a run resumes when only the comment at the top of its recipe differs" eval '
    sed -i "1s/.*/# As another version words it,\n# in more lines./" part/recipe.yaml &&
    train tiny.yaml --out part && same part'
law "another seed gives other weights" eval '
    train tiny.yaml --out part --seed 2 --restart && ! same part >/dev/null'

law "a run goes on from a pair that csilink trained" eval '
    train tiny.yaml --out tuned --start whole/cllwcsinet-cr16-tiny --scenario tuned --samples 200 \
        --rate 1e-5 && near "$(nmse 7 tuned)" "$(nmse 7 whole)" 0.2 &&
    [ -s tuned/cllwcsinet-cr16-tuned.decoder.onnx ]'
# Clean NMSE is a mean with a long tail: over 100 environments it still varies by half a dB.
law "fine-tuning a pair that PyTorch made begins where it was" eval '
    train --start csilink-net-cr8-indoor --scenario tuned --channel cost2100-indoor --pool 500 \
        --samples 512 --validation 2000 --rate 1e-6 --set optimizer.final=0 --out pytorch &&
    evaluate "$CSILINK_MODELS/csilink-net-cr8-indoor" &&
    near "$(nmse 7 pytorch)" "$("$python" -c "import json
print(json.load(open(\"eval.json\"))[\"rows\"][0][\"nmse_db\"])")" 1.5'

law "a larger network goes on from the weights of a smaller one" eval '
    train --architecture csilink-net --cr 16 --scenario small --channel cost2100-indoor --pool 400 \
        --samples 1024 --validation 200 --out small &&
    train --architecture csilink-net-xl --cr 16 --scenario large --channel cost2100-indoor \
        --pool 400 --samples 128 --validation 200 --rate 1e-9 --out large \
        --set "optimizer.final=0;weights=small/csilink-net-cr{cr}-small" &&
    near "$(nmse 7 large)" "$(nmse 7 small)" 0.01 && near "$(nmse 8 large)" "$(nmse 8 small)" 0.01'
law "weights of a pair for other codewords are refused" fails_with 1 "image size or CR" \
    "$csilink" train --architecture csilink-net-xl --cr 8 --scenario large --channel cost2100-indoor \
    --pool 400 --set weights=small/csilink-net-cr16-small --out x

law "a mistake in a recipe is named by its line" eval '
    sed "s/batch: 100/batch: many/" tiny.yaml >bad.yaml &&
    fails_with 1 "bad.yaml:7: key" "$csilink" train bad.yaml'
law "an unknown architecture fails by its name" \
    fails_with 1 "no-such-net" "$csilink" train tiny.yaml --architecture no-such-net --out x
law "an unknown channel fails by its name" \
    fails_with 1 "no-such-channel" "$csilink" train tiny.yaml --channel no-such-channel --out x
law "an impossible value is misuse" \
    fails_with 2 "--cr" "$csilink" train tiny.yaml --cr none
law "neither recipe nor options is misuse" fails_with 2 "architecture" "$csilink" train

law "a shortened make models trains, and skips what is finished" eval '
    QUICK=1 SAMPLES=800 MODELS_OUT="$work/models" "$make_models" >first 2>&1 || { cat first && false; } &&
    [ "$(ls models/*.onnx | wc -l)" -eq 6 ] && [ "$(ls models/*.md | wc -l)" -eq 2 ] &&
    QUICK=1 SAMPLES=800 MODELS_OUT="$work/models" "$make_models" >second 2>&1 &&
    [ "$(grep -c "is there" second)" -eq 2 ]'
law "every recipe that make models knows is there" eval '
    grep -v "^#" "$recipes/models.txt" | while read -r recipe cr extra; do
        [ -s "$recipes/$recipe.yaml" ] && [ "$cr" -gt 0 ] || exit 1
    done'
for net in vae-gdn deepcmc; do
    law "$net trains for bits by its recipe, and its pair is a codec of them" eval '
        "$csilink" train "$recipes/$net-bits-indoor.yaml" --samples 8 --batch 4 --threads 1 --pool 16 \
            --validation 4 --set "statistics=8;optimizer.warmup=0" --out bits-$net >bits.out 2>&1 &&
        "$csilink" eval --codec "entropy:bits-$net/$net-cr8-indoor-bits" --channel cost2100-indoor \
            --samples 4 --snr inf --json >bits.json 2>/dev/null &&
        holds "s[0][\"rows\"][0][\"bits_per_report\"] > 0" bits.json || { cat bits.out; return 1; }'
done
law "bench train measures both networks" eval '
    "$csilink" bench train --time 0.01 --json >bench.json && holds "
    len(s[0][\"rows\"]) == 2 and all(r[\"samples_per_s\"] > 0 and r[\"gflops\"] > 0 and
    r[\"resident_mb\"] > 1 for r in s[0][\"rows\"])" bench.json'
finish
