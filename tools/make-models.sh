#!/bin/sh
# Trains the models of models/recipes/models.txt from nothing, one at a time, the most important
# first. What is finished is skipped and what was interrupted goes on, so it can be stopped and
# started at will.
#
#   MODELS_OUT  where finished pairs and their cards go (build/models), each run in runs/ below it
#   ONLY        a pattern (grep -E) of the lines of models.txt to train: ONLY='indoor 8$'
#   SAMPLES     a length for all of them in place of the recipes' (then build/models-SAMPLES)
#   QUICK=1     two models for a few seconds each, to see that everything works (build/models-quick)
#   OPTIONS     more options of csilink train, such as "--threads 1"
#   CSILINK_BIN folder of the programs (build/bin)
#
# Relative folders are those of the repository, so that cards name no machine's.
set -eu
cd "$(dirname "$0")/.."
recipes=models/recipes
csilink=${CSILINK_BIN:-build/bin}/csilink
options=${OPTIONS:-}
only=${ONLY:-.}
samples=${SAMPLES:-}
default_out=build/models${samples:+-$samples}
if [ "${QUICK:-0}" != 0 ]; then
    only=${ONLY:-'^csilink-net-indoor 16$|^cllwcsinet-outdoor 8$'}
    samples=${samples:-2k}
    default_out=build/models-quick
    options="--pool 500 --validation 100 --validate-every $samples --set statistics=400;optimizer.warmup=0 $options"
fi
out=${MODELS_OUT:-$default_out}
[ -x "$csilink" ] || { echo "there is no $csilink: run make first" >&2; exit 1; }

list=$(grep -v -e '^#' -e '^$' "$recipes/models.txt" | grep -E "$only") ||
    { echo "no line of $recipes/models.txt matches '$only'" >&2; exit 1; }
total=$(echo "$list" | wc -l)

# The encoder in 8-bit integers, unless the recipe trained one.
quantize() { # ENCODER
    base=${1%.encoder.onnx}
    [ -e "$base.encoder.int8.onnx" ] ||
        "$csilink" quantize --wide input --encoder "$1" --decoder "$base.decoder.onnx" \
            --out "$base.encoder.int8.onnx" >"$base.int8.txt" </dev/null
}

number=0
echo "$list" | while read -r recipe cr extra; do
    number=$((number + 1))
    run=$out/runs/$recipe-cr$cr
    if [ -e "$run/finished" ]; then
        echo "$number of $total: $recipe CR $cr is there"
    else
        echo "$number of $total: $recipe CR $cr"
        # A recipe that begins with another one's weights finds the pair made here before the shipped.
        # Standard input is the list. $extra and $options are split on purpose.
        # shellcheck disable=SC2086
        CSILINK_MODELS=$out "$csilink" train "$recipes/$recipe.yaml" --cr "$cr" --out "$run" \
            $extra ${samples:+--samples "$samples"} $options </dev/null
        quantize "$run"/*-cr"$cr"-*.encoder.onnx
        cp "$run"/*-cr"$cr"-*.encoder*.onnx "$run"/*-cr"$cr"-*.decoder.onnx \
            "$run"/*-cr"$cr"-*.md "$out/"
        touch "$run/finished"
    fi
done
echo "$total models in $out"
