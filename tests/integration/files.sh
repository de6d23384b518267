#!/bin/sh
# Files are written beside, synced and renamed: whatever a disk has room for, a file is the old one
# or the new one, whole, a command that could not write fails, and nothing else is left.
. "$(dirname "$0")/lib.sh"
root=$(cd "$(dirname "$0")/../.." && pwd)

law "no source writes a file in any other way" "$root/tools/check-writes"
mkdir -p "$work/tree"
(cd "$root" && tar -c tools $(find common api train ue-agent channel-sim bs-server cli monitor \
    -name '*.c')) | tar -x -C "$work/tree"
spoiled() {
    echo "$1" >"$work/tree/common/io/spoiled.c"
    ! "$root/tools/check-writes" "$work/tree" >"$work/out" &&
        grep -q "common/io/spoiled.c:1: $2 writes a file past io/file.h" "$work/out"
}
law "the check notices a stray fopen, open, rename and others" eval '
    spoiled "    f = fopen(path, \"w\");" fopen && spoiled "    FILE *f = fopen(path, mode);" fopen &&
    spoiled "    int fd = open(path, O_RDWR | O_CREAT, 0666);" open &&
    spoiled "    if (rename(a, b) != 0)" rename && spoiled "    fd = mkostemp(name, 0);" creat &&
    spoiled "    return Mat_CreateVer(path, NULL, MAT_FT_MAT5);" Mat_CreateVer'
rm "$work/tree/common/io/spoiled.c"
law "and a line of its table that nothing needs" eval '
    rm "$work/tree/cli/train/log.c" && ! "$root/tools/check-writes" "$work/tree" >"$work/out" &&
    grep -q "cli/train/log.c fopen: nothing needs this line" "$work/out"'

mkdir "$work/disk" "$work/whole"
if ! mount -t tmpfs -o size=1m none "$work/disk" 2>/dev/null; then
    skip "small disks: no tmpfs can be mounted here"
    finish
fi
umount "$work/disk"
disk=
trap '[ -z "$disk" ] || umount "$work/disk"; clean_up' EXIT

# on_disk KIB FILES command...: runs it with $place as a disk of that size on which old files lie.
# True where it ended with 0 and all files are as on a large disk, or with 1, one line, and all files
# are as before; and nothing else is there.
on_disk() {
    kib=$1 files=$2
    shift 2
    mount -t tmpfs -o size=${kib}k none "$work/disk" || return 1
    disk=1
    for file in $files; do
        echo old >"$work/disk/$file" || return 1
    done
    (cd "$work/disk" && "$@") >"$work/out" 2>"$work/err"
    got=$?
    good=1
    for file in $files; do
        if [ $got -eq 0 ]; then
            same "$file" || good=0
        elif [ "$(cat "$work/disk/$file")" != old ] && ! same "$file"; then
            good=0
        fi
    done
    [ $got -eq 0 ] || { [ $got -eq 1 ] && [ -s "$work/err" ]; } || good=0
    [ "$(ls "$work/disk" | wc -l)" -eq "$(echo $files | wc -w)" ] || good=0
    if [ $good -eq 0 ]; then
        echo "     $kib KiB: status $got, $(ls -s "$work/disk" | tr '\n' ' ')"
        sed 's/^/     /' "$work/err"
    fi
    umount "$work/disk"
    disk=
    [ $got -eq 0 ] && succeeded=1 || refused=1
    [ $good -eq 1 ]
}
# The bytes of a version 7.3 file are its library's affair, and a table holds a time: their size and
# lines tell.
same() {
    case $1 in
    t.md | t.csv) [ "$(wc -l <"$work/disk/$1")" -eq "$(wc -l <"$work/whole/$1")" ] ;;
    *.v73.mat) [ "$(stat -c %s "$work/disk/$1")" -eq "$(stat -c %s "$work/whole/$1")" ] ;;
    *) cmp -s "$work/disk/$1" "$work/whole/$1" ;;
    esac
}
on_large_disk() { (cd "$work/whole" && "$@" >/dev/null 2>"$work/err"); }
# small_disks "what" FILES SIZES command...: on each size; some must be too small, some not.
small_disks() {
    what=$1 files=$2 sizes=$3
    shift 3
    succeeded=0 refused=0
    law "$what: a large disk" on_large_disk "$@"
    for kib in $sizes; do
        attempt on_disk "$kib" "$files" "$@" && continue
        law "$what on a disk of $kib KiB" false
        return
    done
    law "$what: the old file or the new one, whole, on disks of $sizes KiB" \
        [ $succeeded$refused -eq 11 ]
}

generate="$csilink data generate --channel rayleigh:eva --speed 30 --samples 5 --sequence 2 --seed 3"
small_disks "a .mat of version 5" x.mat "16 40 72 80 88 92 100 180 400" $generate --out x.mat
small_disks "a .mat of version 5 with HF_all" "x.mat" "92 180 240 320 400 1000" $generate --hf-all --out x.mat
small_disks "a .mat of version 7.3" x.v73.mat "16 40 72 80 88 92 96 100 180 400" $generate \
    --format v7.3 --out x.v73.mat
small_disks "a .npy" x.npy "16 40 72 80 84 88 92 180" $generate --out x.npy
small_disks "several files" "x_train.npy x_val.npy x_test.npy" "16 40 72 88 100 400" $generate \
    --split 0.6,0.2,0.2 --out x.npy

"$csilink" data generate --channel rayleigh:eva --samples 40 --seed 3 --out "$work/set.mat" >/dev/null 2>&1
"$csilink" data generate --channel rayleigh:eva --samples 5 --seed 3 --out "$work/five.mat" >/dev/null 2>&1
encoder=$CSILINK_MODELS/csilink-net-cr8-indoor.encoder.onnx
if command -v gnuplot >/dev/null; then
    small_disks "an SVG" x.svg "4 16 40 60 80 100 160 400" "$csilink" data plot "$work/set.mat" --out x.svg
    small_disks "a PNG" x.png "4 8 16 24 32 48 64 128" "$csilink" data plot "$work/set.mat" --out x.png
    small_disks "a table, its CSV and its pictures" "t.md t.csv t.svg t.png" "20 28 36 44 52 64 80 128 400" \
        "$csilink" eval --model csilink-net-cr8-indoor --channel "$work/set.mat" --snr 0,10,20 \
        --samples 40 --out t --table
else
    skip "pictures: no gnuplot"
fi
small_disks "a quantized model" q.encoder.int8.onnx "16 64 128 256 600 2000" "$csilink" quantize \
    --encoder "$encoder" --calibrate "$work/set.mat" --samples 20 --out q.encoder.int8.onnx

# What was counted by an agent, records and sweeps: ends.sh, record.sh, sweep.sh.

law "a limit on the size of files is such a disk: SIGXFSZ ends nothing" eval '
    cd "$work" && echo old >limit.mat &&
    (ulimit -f 32; $generate --out limit.mat >out 2>err); [ $? -eq 1 ] && [ -s err ] &&
    [ "$(cat limit.mat)" = old ] && ! ls | grep "^limit.mat.*part"'
finish
