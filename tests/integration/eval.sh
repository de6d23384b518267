#!/bin/sh
# `csilink eval` against the running link, and the exit statuses of eval and model.
set -u
csilink=${CSILINK_BIN:-build/bin}/csilink
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
passed=0 failed=0

check() { # law, command...
    law=$1
    shift
    if "$@"; then
        passed=$((passed + 1))
        echo "  ok    $law"
    else
        failed=$((failed + 1))
        echo "  FAIL  $law"
    fi
}

first_nmse() {
    grep -m 1 '"nmse_db"' "$1" | tr -cd '0-9.-'
}

slow=${CSILINK_TEST_SLOW:-1}
same_nmse() { # reports in all, options that run and eval share...
    samples=$1
    shift
    "$csilink" run "$@" --duration 1 --period 20 --runs "$scratch" --json \
        >"$scratch/run.json" 2>/dev/null || return 1
    "$csilink" eval "$@" --samples "$samples" --period 20 --json >"$scratch/eval.json" || return 1
    run=$(first_nmse "$scratch/run.json")
    eval=$(first_nmse "$scratch/eval.json")
    # Sums over the same reports in another order: the last digits may differ.
    awk -v a="$run" -v b="$eval" 'BEGIN { exit !(a != "" && a - b < 1e-9 && b - a < 1e-9) }' ||
        { echo "    run $run, eval $eval"; return 1; }
}

ends_with() { # status, text that standard error must contain, command...
    wanted=$1
    text=$2
    shift 2
    "$@" >"$scratch/out" 2>"$scratch/err"
    status=$?
    [ "$status" -eq "$wanted" ] && grep -q -- "$text" "$scratch/err" && return 0
    echo "    status $status: $(cat "$scratch/err")"
    return 1
}

same_evals() { # options of one and of the other; both follow `evals`
    "$csilink" eval $evals $1 --json >"$scratch/one.json" &&
        "$csilink" eval $evals $2 --json >"$scratch/other.json" || return 1
    one=$(first_nmse "$scratch/one.json") other=$(first_nmse "$scratch/other.json")
    [ -n "$one" ] && [ "$one" = "$other" ] || { echo "    $one, $other"; return 1; }
}

echo "eval"
"$csilink" data generate --channel cost2100-outdoor --samples 24 --out "$scratch/set.npy" \
    >/dev/null 2>&1 || echo "    no set"
evals="--data $scratch/set.npy --snr 10"
pair=csilink-net-cr16-outdoor
check "--sequence 1 over a data set: a codec with memory sends keys, and is its pair" \
    same_evals "--sequence 1 --codec delta-net:$pair" "--sequence 1 --codec $pair"
check "--sequence of all rows is a UE of the whole set" \
    same_evals "--sequence 24 --codec dpcm" "--codec dpcm"
check "where UEs have several rows, the memory decides" \
    eval '! same_evals "--sequence 6 --codec dpcm" "--codec dpcm" >/dev/null'
evals="--channel cost2100-outdoor --carrier 300e6 --speed 3 --period 5 --samples 40 --snr 10"
check "--sequence T over a channel is samples / T UEs" \
    same_evals "--sequence 10 --codec delta-net:$pair" "--ues 4 --codec delta-net:$pair"
check "an uplink that adapts begins anew with each UE" same_evals \
    "--sequence 8 --codec $pair --uplink digital:uses=256" "--ues 5 --codec $pair --uplink digital:uses=256"
check "--sequence and --ues exclude each other" \
    ends_with 2 "exclude each other" "$csilink" eval --sequence 4 --ues 2
check "run and eval of one command give one NMSE (replay)" \
    same_nmse 400 --ues 8 --snr 10
check "run and eval of one command give one NMSE (fading, noisy pilots, another seed)" \
    same_nmse 150 --ues 3 --snr 2 --channel rayleigh:eva --speed 30 --dl-snr 12 --seed 9
check "run and eval of one command give one NMSE (no SNR input, known channel, no noise)" \
    same_nmse 100 --ues 2 --snr inf --model cllwcsinet-cr8-indoor --estimation none
check "run and eval of one command give one NMSE (4-bit codewords)" \
    same_nmse 150 --ues 3 --snr 8 --codeword u4 --channel rayleigh:eva
check "run and eval of one command give one NMSE (mu-law of 3 bits, no noise)" \
    same_nmse 100 --ues 2 --snr inf --codeword mu3 --estimation none
check "run and eval of one command give one NMSE (Rice code of 4 bits)" \
    same_nmse 100 --ues 2 --snr 12 --codeword r4
check "run and eval of one command give one NMSE (float16)" \
    same_nmse 100 --ues 2 --snr 20 --codeword float16
check "a report that its codec refuses, though it passed the check, counts as not decoded" eval \
    '"$csilink" eval --codec transform:bits=512 --uplink digital:64qam --seed 2 --snr 5 \
        --channel cost2100-indoor --samples 300 | grep -q "300 of 300 reports were not decoded"'
check "and so it does on the running link: nothing is refused" eval \
    '"$csilink" run --codec transform:bits=128 --uplink digital:64qam --seed 2 --snr 5 --ues 20 \
        --period 20ms --duration 5 --timeout $((5 * slow)) --runs "$scratch" --json \
        >"$scratch/run.json" 2>/dev/null &&
    grep -q "\"refused\":[[:space:]]*0," "$scratch/run.json" &&
    grep -q "\"not_decoded\":[[:space:]]*5000" "$scratch/run.json"'
check "run and eval of one command give one NMSE (soft thresholding at the UE)" \
    same_nmse 100 --ues 2 --snr 10 --denoise soft --dl-snr 0
check "run and eval of one command give one NMSE (a denoiser of the codeword)" \
    same_nmse 100 --ues 2 --snr 0 --model cllwcsinet-cr16-outdoor \
    --denoise-payload models/cllwcsinet-cr16-outdoor.denoiser
check "a denoiser of the codeword for a codec of bits is a usage error" \
    ends_with 2 "sends only bits" "$csilink" eval --codec transform:bits=256 \
    --denoise-payload models/cllwcsinet-cr16-outdoor.denoiser
check "so it is of run, by the key" \
    ends_with 2 "--denoise-payload: codec transform-256 sends only bits" "$csilink" run \
    --codec transform:bits=256 --denoise-payload models/cllwcsinet-cr16-outdoor.denoiser
check "one of another codec is refused, with both names" \
    ends_with 1 "codewords of cllwcsinet-cr16-outdoor.*not of csilink-net-cr8" "$csilink" eval \
    --model csilink-net-cr8-indoor --denoise-payload models/cllwcsinet-cr16-outdoor.denoiser
two_denoisers() {
    printf '%s\n' "duration: 1s" "channel: rayleigh" "model: cllwcsinet-cr16-outdoor" "groups:" \
        "  - {name: a, count: 1, denoise-payload: cllwcsinet-cr16-outdoor.denoiser}" \
        "  - {name: b, count: 1, precision: float}" >"$scratch/two.yaml"
    ends_with 2 "in group a and none in group b" "$csilink" run "$scratch/two.yaml" &&
        ends_with 1 "in one group and none in another" "${CSILINK_BIN:-build/bin}/bs-server" \
            --scenario "$scratch/two.yaml" --listen tcp://127.0.0.1:0 --insecure
}
check "groups of one codec have one denoiser" two_denoisers
check "a denoiser where the UE knows its channel is a usage error" \
    ends_with 2 "use estimation ls" "$csilink" eval --denoise mmse --estimation none
check "so it is of run" \
    ends_with 2 "use estimation ls" "$csilink" run --denoise soft --estimation none
check "a denoiser without taps to find the noise in is a usage error of run" \
    ends_with 2 "nc must be above 32" "$csilink" run --denoise soft --channel rayleigh --nc 32
check "an unknown codeword format is a usage error, and what there is gets listed" \
    ends_with 2 "r2 to r8" "$csilink" eval --codeword u9
check "so it is of run" ends_with 2 "r2 to r8" "$csilink" run --codeword int4
check "an unknown model is a failure, and what there is gets listed" \
    ends_with 1 "unknown model .nonsense.; there are " "$csilink" eval --model nonsense
check "an SNR that is no number is a usage error" ends_with 2 "--snr" "$csilink" eval --snr 1,x
check "one half of a pair is a usage error" \
    ends_with 2 "go together" "$csilink" eval --encoder models/csilink-net-cr8-indoor.encoder.onnx
check "ends of two pairs are refused" \
    ends_with 1 "different pairs" "$csilink" eval \
    --encoder models/csilink-net-cr8-indoor.encoder.onnx \
    --decoder models/cllwcsinet-cr8-indoor.decoder.onnx
check "a file that is no model is a failure with its name" \
    ends_with 1 README.md "$csilink" model info models/README.md
check "model info gives the bytes of a UE's memory" eval '
    "$csilink" model info tests/data/memory/toy.encoder.onnx >"$scratch/info" &&
    grep -q "^memory  *48 bytes of each UE" "$scratch/info" &&
    "$csilink" model info models/csilink-net-cr8-indoor.encoder.onnx >"$scratch/info" &&
    ! grep -q "^memory" "$scratch/info"'
check "a channel model is not a data set" \
    ends_with 2 "data set" "$csilink" eval --data rayleigh:eva
check "an unknown part of model is a usage error" ends_with 2 "info" "$csilink" model inform

echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" -eq 0 ]
