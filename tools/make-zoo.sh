#!/bin/sh
# Trains the networks of models/recipes/zoo/zoo.txt alike, the cheapest first, and measures each pair. What
# is finished is skipped and what was interrupted goes on, so it can be stopped and started at will.
#
#   ZOO           which networks, by name ("csinet crnet"); by itself all of the list
#   ZOO_CR        compression ratios (4)
#   ZOO_CHANNEL   of indoor, outdoor and uma-nlos (indoor)
#   ZOO_NOISE     of noisy and clean (both): the recipes of models/recipes/zoo
#   ZOO_DATA      a folder with DATA_Htestin.mat and DATA_Htestout.mat, to measure over these whole
#                 sets; without it, or for uma-nlos, over ZOO_MEASURE samples of the channel (4000)
#   ZOO_INT8      networks whose encoder is also made one of 8-bit integers, NAME.encoder.int8.onnx: those that
#                 the published table of quantized networks has (acrnet-1x acrnet-10x)
#   ZOO_SHIP      a folder, such as models: each finished pair goes there with its weights as float16, with its
#                 card and its 8-bit encoder; never more than ZOO_SHIP_MB in all (60). The folder's README.md
#                 gets a table of them, where it has a place for one (tools/zoo-shipped)
#   ZOO_OUT       where it all goes (build/zoo): pairs, cards, results.csv, results.md, runs/
#   SAMPLES       a length for all of them in place of the recipes' (then build/zoo-SAMPLES)
#   OPTIONS       more options of csilink train, such as "--threads 1"
#   CSILINK_BIN   folder of the programs (build/bin)
set -eu
cd "$(dirname "$0")/.."
recipes=models/recipes/zoo
csilink=${CSILINK_BIN:-build/bin}/csilink
samples=${SAMPLES:-}
options=${OPTIONS:-}
out=${ZOO_OUT:-build/zoo${samples:+-$samples}}
[ -x "$csilink" ] || { echo "there is no $csilink: run make first" >&2; exit 1; }

list=$(grep -v -e '^#' -e '^$' "$recipes/zoo.txt")
known=$(echo "$list" | cut -d' ' -f1 | tr '\n' ' ')
# one_of WHAT WORD ALLOWED
one_of() {
    case " $3 " in *" $2 "*) ;; *) echo "$1 '$2' is not one of: $3" >&2 && exit 1 ;; esac
}
for net in ${ZOO:-}; do one_of ZOO "$net" "$known"; done
for cr in ${ZOO_CR:=4}; do one_of ZOO_CR "$cr" "4 8 16 32 64"; done
for channel in ${ZOO_CHANNEL:=indoor}; do one_of ZOO_CHANNEL "$channel" "indoor outdoor uma-nlos"; done
for noise in ${ZOO_NOISE:=noisy clean}; do one_of ZOO_NOISE "$noise" "noisy clean"; done

# The pair of a run as it was written, by the link's own functions and with its encoder in float.
measure() { # RUN NAME CHANNEL
    case $3 in *indoor) file=DATA_Htestin.mat ;; *outdoor) file=DATA_Htestout.mat ;; *) file= ;; esac
    if [ -n "${ZOO_DATA:-}" ] && [ -n "$file" ]; then
        set -- "$1" "$2" --data "$ZOO_DATA/$file"
    else
        set -- "$1" "$2" --channel "$3" --samples "${ZOO_MEASURE:-4000}"
    fi
    run=$1 name=$2
    shift 2
    CSILINK_MODELS=$run "$csilink" eval --table --model "$name" --precision float \
        --estimation none --snr inf,20,10,0,-5 --out "$run/eval" "$@" >/dev/null </dev/null
}

# The encoder of PREFIX.encoder.onnx in 8-bit integers. Its dense layer is nearly all of it.
quantize() { # PREFIX CHANNEL
    "$csilink" quantize --encoder "$1.encoder.onnx" --decoder "$1.decoder.onnx" --calibrate "$2" \
        --out "$1.encoder.int8.onnx" >"$1.int8.txt" </dev/null
}
is_quantized() { # NET
    case " ${ZOO_INT8-acrnet-1x acrnet-10x} " in *" $1 "*) ;; *) return 1 ;; esac
}

# ship NET NAME CHANNEL: what is in $ship already stays.
ship() {
    [ -n "${ZOO_SHIP:-}" ] && [ ! -e "$ZOO_SHIP/$2.decoder.onnx" ] || return 0
    made=$out/ship
    rm -rf "$made"
    "$csilink" model pair --weights float16 --encoder "$out/$2.encoder.onnx" \
        --decoder "$out/$2.decoder.onnx" --name "$2" --out "$made" >/dev/null
    is_quantized "$1" && quantize "$made/$2" "$3"
    rm -f "$made/$2.int8.txt"
    cp "$out/$2.md" "$made/"
    printf '\nIts weights are stored as float16.\n' >>"$made/$2.md"
    mkdir -p "$ZOO_SHIP"
    # Of names as the zoo gives them; what else is in the folder does not count.
    used=$(for n in $known; do cat "$ZOO_SHIP/$n"-cr*.onnx 2>/dev/null || :; done | wc -c)
    new=$(cat "$made"/*.onnx | wc -c)
    if [ $((used + new)) -gt $((${ZOO_SHIP_MB:-60} * 1000000)) ]; then
        echo "$2 is not shipped: with its $new bytes the zoo in $ZOO_SHIP would have more than ${ZOO_SHIP_MB:-60} MB"
    else
        # The decoder last: by it a pair is known to be there.
        for file in "$made/$2".md "$made/$2".encoder*.onnx "$made/$2.decoder.onnx"; do
            mv "$file" "$ZOO_SHIP/"
        done
        echo "$2 is in $ZOO_SHIP: $new bytes"
    fi
    rm -rf "$made"
}

# What is made of a trained pair, where it is not there yet.
finish() { # NET NAME CHANNEL
    if is_quantized "$1" && [ ! -e "$out/$2.encoder.int8.onnx" ]; then
        quantize "$out/runs/$2/$2" "$3"
        cp "$out/runs/$2/$2.encoder.int8.onnx" "$out/"
    fi
    ship "$@"
}

# train NET CR CHANNEL NOISE [OPTION...]
train() {
    net=$1 cr=$2 channel=$3 noise=$4
    shift 4
    scenario=$channel source=$channel
    [ "$noise" = noisy ] || scenario=$channel-$noise
    [ "$channel" = uma-nlos ] || source=cost2100-$channel
    run=$out/runs/$net-cr$cr-$scenario
    if [ -e "$run/finished" ]; then
        echo "$net CR $cr $channel, $noise: is there"
        finish "$net" "$net-cr$cr-$scenario" "$source"
        return
    fi
    echo "$net CR $cr $channel, $noise"
    # shellcheck disable=SC2086 # $options is several
    "$csilink" train "$recipes/$noise.yaml" --architecture "$net" --cr "$cr" \
        --scenario "$scenario" --channel "$source" --out "$run" "$@" \
        ${samples:+--samples "$samples"} $options </dev/null
    measure "$run" "$net-cr$cr-$scenario" "$source"
    cp "$run/$net-cr$cr-$scenario".encoder.onnx "$run/$net-cr$cr-$scenario".decoder.onnx \
        "$run/$net-cr$cr-$scenario".md "$out/"
    touch "$run/finished"
    tools/zoo-table "$out" >/dev/null
    finish "$net" "$net-cr$cr-$scenario" "$source"
}

mkdir -p "$out"
for channel in $ZOO_CHANNEL; do
    for cr in $ZOO_CR; do
        echo "$list" | while read -r net extra; do
            case " ${ZOO:-$known} " in *" $net "*) ;; *) continue ;; esac
            for noise in $ZOO_NOISE; do
                # shellcheck disable=SC2086 # $extra is several
                train "$net" "$cr" "$channel" "$noise" $extra
            done
        done
    done
done
if [ -n "${ZOO_SHIP:-}" ] && grep -qs '<!-- zoo -->' "$ZOO_SHIP/README.md"; then
    tools/zoo-shipped "$ZOO_SHIP"
fi
tools/zoo-table "$out"
