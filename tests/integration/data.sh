#!/bin/sh
# csilink data: what is generated is what was asked for, whole and repeatable; what is no data set
# is refused; and cells of several channels.
. "$(dirname "$0")/lib.sh"
here=$PWD
cd "$work" || exit 1

# generate NAME options...: 200 samples of a channel into NAME; its page goes to NAME.txt.
generate() {
    out=$1
    shift
    "$csilink" data generate --samples 200 --out "$out" "$@" >"$out.txt" 2>"$out.err" ||
        { cat "$out.err" && return 1; }
}

info() { "$csilink" data info "$1" --json >"$1.json"; }

# The first four bytes of a file, in hexadecimal.
magic() { head -c 4 "$1" | od -An -tx1 | tr -d ' \n'; }

# between LOW HIGH FILE: its size in bytes.
between() {
    size=$(wc -c <"$3")
    [ "$1" -le "$size" ] && [ "$size" -le "$2" ] || { echo "     $3 has $size bytes" && false; }
}

for channel in rayleigh:eva cost2100-indoor uma-nlos; do
    law "$channel: samples are generated and are what they should be" eval '
        generate "$channel.mat" --channel "$channel" && info "$channel.mat" && holds "
        s[0][\"samples\"] == 200 and s[0][\"empty\"] == 0 and s[0][\"nt\"] == s[0][\"ni\"] == 32
        and abs(sum(s[0][\"tap\"]) - 1) < 1e-6 and abs(sum(s[0][\"angle\"]) - 1) < 1e-6
        and all(a[\"nmse_db\"] < b[\"nmse_db\"] < 0 for a, b in
                zip(s[0][\"sparsity\"], s[0][\"sparsity\"][1:]))" "$channel.mat.json"'
done
law "one seed gives the same bytes with 1 and with 3 threads" eval '
    generate t1.mat --channel uma-nlos --threads 1 && generate t3.mat --channel uma-nlos \
    --threads 3 && cmp t1.mat t3.mat'
law "another seed gives another file" eval '
    generate s2.mat --channel uma-nlos --seed 2 && ! cmp -s t1.mat s2.mat'
law "version 7.3 and .npy hold the same samples as version 5" eval '
    generate v73.mat --channel uma-nlos --format v7.3 && generate t1.npy --channel uma-nlos &&
    for f in t1.mat v73.mat t1.npy; do info "$f"; done && holds "
    s[0][\"tap\"] == s[1][\"tap\"] == s[2][\"tap\"]" t1.mat.json v73.mat.json t1.npy.json'

law "a split gives disjoint parts that together are the whole" eval '
    generate part.npy --channel cost2100-indoor --split 0.7,0.2,0.1 &&
    generate whole.npy --channel cost2100-indoor &&
    for part in train val test; do tail -c +129 part_$part.npy; done >joined &&
    tail -c +129 whole.npy | cmp - joined'
law "its parts share no environment of 20 UEs" eval '
    grep -q "UEs 0-139, environments 0-6 " part.npy.txt &&
    grep -q "UEs 140-179, environments 7-8 " part.npy.txt &&
    grep -q "UEs 180-199, environments 9-9 " part.npy.txt'
law "shares are rounded to whole environments" eval '
    generate odd.npy --channel cost2100-indoor --split 0.55,0.45 && grep -q "UEs 0-119" odd.npy.txt'
law "--cost2100-names gives the names of the public files, with HF_all beside the test set" eval '
    mkdir field && generate field --channel cost2100-outdoor --cost2100-names --hf-all &&
    [ "$(ls field | sort | tr "\n" " ")" = \
    "DATA_HtestFout_all.mat DATA_Htestout.mat DATA_Htrainout.mat DATA_Hvalout.mat " ]'
# 20 samples x 4000 complex numbers of 8 bytes, and the header of a variable.
law "HF_all is n x 4000 complex numbers" between 640000 641000 field/DATA_HtestFout_all.mat
law "HF_all is the DFT of the test set's delay axis, filled to 257 taps: 125 subcarriers" \
    "$python" - <<'PYTHON'
import numpy as np
def plane(name, rows, columns, last):  # the last plane of a version 5 file, or the one before it
    data, n = open(name, "rb").read(), 4 * rows * columns
    end = len(data) - (0 if last else n + 8)
    return np.frombuffer(data[end - n:end], "<f4").reshape(columns, rows).T.astype(float)
x = plane("field/DATA_Htestout.mat", 20, 2048, True) - 0.5
h = (x[:, :1024] + 1j * x[:, 1024:]).reshape(20, 32, 32)
want = np.fft.fft(h, 257, axis=2)[:, :, :125].reshape(20, -1)
got = plane("field/DATA_HtestFout_all.mat", 20, 4000, False) + \
    1j * plane("field/DATA_HtestFout_all.mat", 20, 4000, True)
assert abs(got - want).max() < 1e-5 * abs(want).max()  # sums of 32 floats
PYTHON
law "a sequence gives its UEs' steps in a row, and the same first step as no sequence" eval '
    generate seq.npy --channel uma-nlos --speed 30 --sequence 3 --period 5 &&
    generate one.npy --channel uma-nlos --speed 30 && tail -c +129 seq.npy | head -c 8192 >a &&
    tail -c +129 one.npy | head -c 8192 | cmp - a && between 4915328 4915328 seq.npy &&
    tail -c +129 seq.npy | tail -c +8193 | head -c 8192 >b && ! cmp -s a b'
law "a sequence in a .mat says what its rows are" eval '
    generate seq.mat --channel uma-nlos --speed 30 --sequence 3 --period 5 &&
    grep -q "3 rows each, 5 ms apart" seq.mat.txt && LC_ALL=C grep -q steps seq.mat'
law "other antennas give rows of their width" eval '
    generate nt8.mat --channel uma-nlos --nt 8 && info nt8.mat && holds "s[0][\"nt\"] == 8 and
    len(s[0][\"angle\"]) == 8" nt8.mat.json'

law "eval takes a generated file, every sample once" eval '
    "$csilink" eval --data t1.mat --snr 10 --json >data.json &&
    holds "s[0][\"rows\"][0][\"samples\"] == 200" data.json'
law "a .npy file is the same data set" eval '
    "$csilink" eval --data t1.npy --snr 10 --json >npy.json &&
    holds "s[0][\"rows\"][0][\"nmse_db\"] == s[1][\"rows\"][0][\"nmse_db\"]" data.json npy.json'
law "standing UEs of a model are one for each sample: as many channels as samples" eval '
    "$csilink" eval --channel uma-nlos --samples 200 --snr 10 --estimation none --json >ch.json &&
    holds "s[0][\"ues\"] == 200 and abs(s[0][\"rows\"][0][\"nmse_db\"] -
           s[1][\"rows\"][0][\"nmse_db\"]) < 0.5" ch.json data.json'

if command -v gnuplot >/dev/null; then
    law "a contact sheet is a PNG of plausible size" eval '
        "$csilink" data plot uma-nlos.mat --out sheet.png --samples 5 &&
        [ "$(magic sheet.png)" = 89504e47 ] && between 5000 1000000 sheet.png'
    law "and an SVG where its name says so" eval '
        "$csilink" data plot t1.npy --out sheet.svg && grep -q "<svg" sheet.svg'
    law "a folder that is not there is named" fails_with 1 "no/such/x.png" \
        "$csilink" data plot t1.npy --out no/such/x.png
else
    skip "contact sheets: gnuplot is not installed"
fi
mkdir empty
law "without gnuplot, plot says what to install" fails_with 1 "apt-get install gnuplot-nox" \
    env PATH="$work/empty" "$csilink" data plot t1.npy --out nothing.png

# --- comparing ----------------------------------------------------------------------------------

compare() { "$csilink" data compare "$@" --json >compared.json; }
law "a set compared with itself is at no distance" eval '
    compare --to t1.mat t1.mat && holds "
    s[0][\"compared\"][0][\"samples\"] == 200
    and all(k[\"nmse_db\"] == k[\"target_db\"] < -1 for k in s[0][\"compared\"][0][\"kept\"])
    and s[0][\"compared\"][0][\"tap\"][\"elsewhere\"] == 0
    and s[0][\"compared\"][0][\"angle\"][\"elsewhere\"] == 0" compared.json'
law "a channel is what was generated from it" eval '
    generate rural.mat --channel cost2100-outdoor --seed 3 &&
    compare --to rural.mat cost2100-outdoor --seed 3 --samples 200 && holds "
    all(abs(k[\"nmse_db\"] - k[\"target_db\"]) < 1e-5
        for k in s[0][\"compared\"][0][\"kept\"])" compared.json'
law "published figures are found by name, and channels are told apart by them" eval '
    compare --to cost2100-public-indoor.json cost2100-indoor uma-nlos --samples 300 && holds "
    [k[\"entries\"] for k in s[0][\"compared\"][0][\"kept\"]] == [13, 55, 221]
    and abs(s[0][\"compared\"][0][\"kept\"][0][\"nmse_db\"] + 8.73) < 1
    and s[0][\"compared\"][0][\"tap\"][\"elsewhere\"] <
        s[0][\"compared\"][1][\"tap\"][\"elsewhere\"]" compared.json'
law "as text, with a line for each figure" eval '
    "$csilink" data compare --to cost2100-public-indoor.json t1.mat --axes >compared.txt &&
    grep -q "keeping the 221 strongest entries .* target  -25.75" compared.txt &&
    grep -q "sparsities that agree: . of 3" compared.txt && grep -q "^     31 " compared.txt'
critics=${CSILINK_REFERENCE_DATA:-../shared/data}/critics
case $critics in /*) ;; *) critics=$here/$critics ;; esac
if [ -d "$critics" ]; then
    law "a critic has the NMSE that eval finds" eval '
        compare --to cost2100-public-outdoor.json --critics "$critics" rural.mat &&
        "$csilink" eval --encoder "$critics/fistanet-cr16-outdoor.encoder.onnx" --decoder \
            "$critics/fistanet-cr16-outdoor.decoder.onnx" --data rural.mat --snr inf --json >e.json &&
        holds "abs(s[0][\"compared\"][0][\"critics\"][\"fistanet-cr16-outdoor\"][\"nmse_db\"]
            - s[1][\"rows\"][0][\"nmse_db\"]) < 1e-3" compared.json e.json'
else
    skip "there are no critics in $critics"
fi
law "compare: no channel" fails_with 2 "CHANNEL" "$csilink" data compare --to t1.mat
law "compare: figures of a name that is none" fails_with 1 "nowhere.json" \
    "$csilink" data compare --to nowhere.json t1.mat
law "compare: a folder without critics" fails_with 2 "NAME.encoder.onnx" \
    "$csilink" data compare --critics empty t1.mat
echo '{"kept_db": {"3000": -1}}' >much.json
law "compare: more entries than a sample has" fails_with 2 "3000" \
    "$csilink" data compare --to much.json t1.mat

law "a file that is not there" fails_with 1 "nowhere.mat" "$csilink" data info nowhere.mat
head -c 100000 t1.mat >cut.mat
law "a cut .mat" fails_with 1 "damaged or cut short" "$csilink" data info cut.mat
head -c 100000 t1.npy >cut.npy
law "a cut .npy says how many values were expected" fails_with 1 "409600 numbers of 4 bytes" \
    "$csilink" data info cut.npy
{ head -c 1128 t1.npy && printf '\000\000\300\177' && tail -c +1133 t1.npy; } >nan.npy
law "NaN is refused by place" fails_with 1 "range at element 250" \
    "$csilink" data info nan.npy
law "a file of another shape says what was expected" fails_with 1 "not real [n x 2048]" \
    "$csilink" eval --data nt8.mat
law "a file without HT lists what it has" fails_with 1 "it has HF_all" \
    "$csilink" data info field/DATA_HtestFout_all.mat
law "generate: what it needs" fails_with 2 "--channel, --samples and --out" \
    "$csilink" data generate --channel rayleigh
law "generate: an unknown channel lists what exists" fails_with 2 "uma-nlos" \
    "$csilink" data generate --channel wormhole --samples 1 --out x.mat
law "generate: a data set is no channel" fails_with 2 "already" \
    "$csilink" data generate --channel t1.mat --samples 1 --out x.mat
law "generate: shares that are none" fails_with 2 "such as 0.7,0.2,0.1" \
    "$csilink" data generate --channel rayleigh --samples 9 --out x.mat --split 0.7,x
law "generate: too few to split" fails_with 2 "at least 20 UEs" "$csilink" data generate \
    --channel cost2100-indoor --samples 30 --out x.mat --split 1,1,1
law "generate: a sequence of standing UEs" fails_with 2 "--speed" "$csilink" data generate \
    --channel rayleigh --samples 9 --out x.mat --sequence 3
law "generate: more than version 5 holds" fails_with 2 "up to 131072" "$csilink" data generate \
    --channel rayleigh --samples 200000 --out x.mat
law "generate: a folder that is not there" fails_with 1 "no/such" "$csilink" data generate \
    --channel rayleigh --samples 9 --out no/such/x.mat
start interrupted "$csilink" data generate --channel uma-nlos --samples 4000000 --out long.npy
within eval 'ls long.npy.$pid.part.*.part >/dev/null 2>&1'
kill -INT "$pid"
wait "$pid"
status=$?
law "an interrupted job ends with 1 and leaves nothing" eval \
    '[ "$status" -eq 1 ] && ! ls | grep -q "^long.npy" &&
    grep -q "nothing was written" interrupted.log'
law "no mistake left a file behind" eval '! ls -R | grep -q "^x\.\|\.part$\|nothing.png"'

# cell NAME options...
cell() {
    name=$1
    shift
    "$csilink" run --runs "$work/$name" --json --timeout $((5 * slow)) --duration 1 --period 25ms \
        --snr 10 --seed 7 "$@" >"$name.json" 2>"$name.err" || { cat "$name.err" && return 1; }
}
mixed=3@rayleigh:eva,5@uma-nlos
law "a cell of two channels runs, its accounting closes" eval \
    'cell mixed --ues "$mixed" --model csilink-net-cr8-universal && holds "$closes and s[0][\"reports\"][\"sent\"] == 320" mixed.json'
law "its groups are told apart, and add up to the whole" holds '
    [(g["channel"], g["first_ue"], g["ues"], g["reports"]) for g in s[0]["per_group"]] ==
        [("rayleigh:eva", 0, 3, 120), ("uma-nlos", 3, 5, 200)]
    and abs(sum(g["acked"] * 10 ** (g["nmse_db"] / 10) for g in s[0]["per_group"]) /
            s[0]["reports"]["acked"] - 10 ** (s[0]["quality"]["nmse_db"] / 10)) < 1e-9' mixed.json
law "three agents give every UE the channel that one agent gives it" eval '
    cell split --ues "$mixed" --model csilink-net-cr8-universal --agents 3 && holds "all(abs(a[\"nmse_db\"] - b[\"nmse_db\"]) < 1e-6
    for a, b in zip(s[0][\"per_ue\"], s[1][\"per_ue\"]))" mixed.json split.json'
law "UEs of a group see what they see where the whole cell is of that channel" eval '
    cell alone --ues 8 --channel uma-nlos --model csilink-net-cr8-universal && holds "all(abs(a[\"nmse_db\"] - b[\"nmse_db\"]) < 1e-6
    for a, b in list(zip(s[0][\"per_ue\"], s[1][\"per_ue\"]))[3:])" mixed.json alone.json'
law "run and eval give one NMSE on a channel with options" eval '
    cell options --ues 4 --channel uma-nlos --carrier 28e9 --speed 10 --bandwidth 40e6 --nc 512 &&
    "$csilink" eval --ues 4 --channel uma-nlos --carrier 28e9 --speed 10 --bandwidth 40e6 --nc 512 \
    --period 25ms --samples 160 --snr 10 --seed 7 --json >options.eval.json &&
    holds "abs(s[0][\"quality\"][\"nmse_db\"] - s[1][\"rows\"][0][\"nmse_db\"]) < 1e-6" \
    options.json options.eval.json'
law "run: a group of an unknown channel" fails_with 2 "unknown channel 'wormhole'" \
    "$csilink" run --ues 1@rayleigh,1@wormhole
law "run: groups and --channel" fails_with 2 "leave --channel out" \
    "$csilink" run --ues 1@rayleigh,1@uma-nlos --channel rayleigh
law "run: antennas that the model does not have" fails_with 2 "--nt asks for 64" \
    "$csilink" run --nt 64
law "eval: antennas that the model does not have" fails_with 1 "--nt asks for 64" \
    "$csilink" eval --nt 64
finish
