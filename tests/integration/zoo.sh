#!/bin/sh
# make zoo: networks trained alike, one at a time, and the table of what is finished.
. "$(dirname "$0")/lib.sh"
root=$(cd "$(dirname "$0")/../.." && pwd)
cd "$work" || exit 1

# zoo VARIABLE=VALUE...: a zoo of tiny runs
zoo() {
    env ZOO="acrnet-1x-cl" ZOO_NOISE=noisy ZOO_OUT="$work/zoo" SAMPLES=200 ZOO_MEASURE=400 \
        OPTIONS="--pool 200 --validation 50 --batch 50 --set statistics=100;optimizer.warmup=0" \
        ${1:+"$@"} "$root/tools/make-zoo.sh" >out 2>err || { cat out err; return 1; }
}
row() { # FIELD: of the table's first row
    "$python" -c "import csv, sys
print(list(csv.DictReader(open('zoo/results.csv')))[0][sys.argv[1]])" "$1"
}

law "a network is trained, measured and its pair kept" eval '
    zoo && [ -s zoo/acrnet-1x-cl-cr4-indoor.encoder.onnx ] &&
    [ -s zoo/acrnet-1x-cl-cr4-indoor.decoder.onnx ] && [ -s zoo/acrnet-1x-cl-cr4-indoor.md ]'
law "the result file has it, and the table as documents show it" eval '
    [ "$(row net) $(row cr) $(row channel) $(row training) $(row samples)" = \
        "acrnet-1x-cl 4 indoor noisy 200" ] && grep -q "^| acrnet-1x-cl | 4 |" zoo/results.md'
# 50 and 400 other samples of one channel, hardly trained: some tenths of a dB.
law "what is measured of the exported pair is about what training found" "$python" -c "
import csv
run = 'zoo/runs/acrnet-1x-cl-cr4-indoor/'
trained = float(list(csv.reader(open(run + 'log.csv')))[-1][6])
measured = [float(r['nmse_db']) for r in csv.DictReader(open(run + 'eval.csv'))
            if r['snr_db'] == 'inf']
assert abs(trained - measured[0]) < 1, (trained, measured)"
law "called again it trains nothing" eval '
    zoo && grep -q "acrnet-1x-cl CR 4 indoor, noisy: is there" out && ! grep -q "^complete" out'
law "a run that was stopped goes on" eval '
    rm zoo/runs/*/finished && zoo && grep -q "^complete" out && [ -e zoo/runs/*/finished ]'
law "a pair is shipped with its weights in 16 bits, half as large, under its own name" eval '
    zoo ZOO_SHIP="$work/ship" && grep -q "acrnet-1x-cl-cr4-indoor is in" out &&
    [ $(($(wc -c <ship/acrnet-1x-cl-cr4-indoor.decoder.onnx) * 10)) -lt \
        $(($(wc -c <zoo/acrnet-1x-cl-cr4-indoor.decoder.onnx) * 9)) ] &&
    grep -q float16 ship/acrnet-1x-cl-cr4-indoor.md &&
    CSILINK_MODELS=$work/ship "$csilink" eval --model acrnet-1x-cl-cr4-indoor \
        --channel cost2100-indoor --samples 20 --snr inf'
law "once, and never beyond the limit" eval '
    zoo ZOO_SHIP="$work/ship" && ! grep -q "is in $work/ship" out &&
    zoo ZOO_SHIP="$work/none" ZOO_SHIP_MB=0 && grep -q "is not shipped" out && ! ls none/*.onnx'
law "an encoder in 8-bit integers is made where it is asked for, of the shipped pair, too" eval '
    rm -r ship && zoo ZOO_SHIP="$work/ship" ZOO_INT8="acrnet-1x-cl" &&
    [ -s zoo/acrnet-1x-cl-cr4-indoor.encoder.int8.onnx ] &&
    CSILINK_MODELS=$work/ship "$csilink" eval --model acrnet-1x-cl-cr4-indoor --precision int8 \
        --channel cost2100-indoor --samples 20 --snr inf'
law "a network that is not in the list is named" eval '
    ! zoo ZOO="csinet cnet" >said && grep -q "ZOO .cnet. is not one of" said'
law "so is an unknown channel" eval '
    ! zoo ZOO_CHANNEL=moon >said && grep -q "ZOO_CHANNEL .moon. is not one of" said'
law "the table goes into a page between its marks, and nowhere else" eval '
    printf "head\n<!-- results -->\nold\n<!-- end of results -->\ntail\n" >page.md &&
    "$root/tools/zoo-table" zoo page.md >/dev/null && [ "$(sed -n 1p page.md)" = head ] &&
    [ "$(tail -n 1 page.md)" = tail ] && grep -q "^| acrnet-1x-cl" page.md && ! grep -q old page.md'
law "models/README.md has a table of the zoo's pairs there, and no other" "$root/tools/zoo-shipped" --check
law "the table is written where there is a place for it, once, and names pairs of the zoo alone" eval '
    cp ship/acrnet-1x-cl-cr4-indoor.encoder.onnx ship/other-cr4-indoor.encoder.onnx &&
    cp ship/acrnet-1x-cl-cr4-indoor.decoder.onnx ship/other-cr4-indoor.decoder.onnx &&
    printf "head\n<!-- zoo -->\nold\n<!-- end of zoo -->\ntail\n" >ship/README.md &&
    ! "$root/tools/zoo-shipped" --check ship 2>err && zoo ZOO_SHIP="$work/ship" &&
    "$root/tools/zoo-shipped" --check ship &&
    grep -q "^| acrnet-1x-cl-cr4-indoor | cost2100-indoor | with noise | 200 | 7,.* | yes |$" ship/README.md &&
    [ "$(grep -c "^| " ship/README.md)" -eq 2 ] && [ "$(sed -n 1p ship/README.md)" = head ] &&
    [ "$(tail -n 1 ship/README.md)" = tail ]'
# What names models may not stop at some number of them.
law "among hundreds of pairs the nearest name is found" eval '
    mkdir many && for i in $(seq 300); do : >"many/net-$i-cr8-indoor.encoder.onnx"; done &&
    ! CSILINK_MODELS=$work/many "$csilink" eval --model net-277-cr8-indor --samples 2 2>err &&
    grep -q "did you mean net-277-cr8-indoor?" err'
law "each network of the list has an architecture and is in docs/zoo.md" eval '
    grep -v -e "^#" -e "^$" "$root/models/recipes/zoo/zoo.txt" | while read -r net extra; do
        [ -s "$root/models/architectures/$net.yaml" ] || { echo "     no $net.yaml"; exit 1; }
        grep -q "\`$net\`" "$root/docs/zoo.md" || { echo "     docs/zoo.md lacks $net"; exit 1; }
    done'
finish
