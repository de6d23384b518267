#!/bin/sh
# Runs the fuzz targets (tests/fuzz/README.md); called by `make fuzz`.
#
#   tools/fuzz.sh available CC     succeeds where that compiler has libFuzzer; else says what it lacks
#   tools/fuzz.sh run BUILD        runs each target of BUILD/fuzz for FUZZ_SECONDS, two at a time
#
# FUZZ_TARGETS, a list of names such as "fuzz_message fuzz_http", runs only those; FUZZ_SEED, a number,
# makes other inputs than those of this commit. What reached new code is kept in BUILD/fuzz-corpus, an
# input that breaks a target in BUILD/fuzz-found. Fails where a target found something.
set -u
root=$(cd "$(dirname "$0")/.." && pwd) && cd "$root" || exit 1

available() {
    work=$(mktemp -d) || exit 1
    trap 'rm -rf "$work"' EXIT
    cat >"$work/empty.c" <<'C'
#include <stddef.h>
#include <stdint.h>
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) { return data[0] > size; }
C
    "$1" -fsanitize=fuzzer,address "$work/empty.c" -o "$work/empty" 2>"$work/why" && return 0
    echo "fuzz: skipped, $1 cannot link libFuzzer here (Debian: clang, libclang-rt-dev):" \
        "$(head -n 1 "$work/why")"
    return 1
}

# One target. An input may take 10 s here, and 256 MiB at once: CI's machines are slow, and the
# sanitizers' own memory counts in the process's.
run_one() {
    name=$1
    mkdir -p "$build/fuzz-corpus/$name" "$build/fuzz-found"
    seed=${FUZZ_SEED:-$(printf '%d' "0x$(git rev-parse --short=7 HEAD 2>/dev/null || echo 1)")}
    log=$build/fuzz-found/$name.log
    set -- "$build/fuzz-corpus/$name"
    [ ! -d "tests/fuzz/corpus/$name" ] || set -- "$@" "tests/fuzz/corpus/$name"
    if "$build/fuzz/$name" -max_total_time="$FUZZ_SECONDS" -seed="$seed" -timeout=10 \
        -malloc_limit_mb=256 -rss_limit_mb=2048 -max_len=16384 -print_final_stats=1 \
        -artifact_prefix="$build/fuzz-found/$name-" "$@" >"$log" 2>&1; then
        echo "  ok    $name: $(sed -n 's/stat::number_of_executed_units: *//p' "$log") inputs"
        rm -f "$log"
    else
        echo "  FAIL  $name: see $log"
        grep -a -m 3 -E 'broken:|ERROR:|runtime error|SUMMARY' "$log" | sed 's/^/        /'
        return 1
    fi
}

run() {
    build=$1
    if [ -z "${FUZZ_SECONDS:-}" ]; then
        echo "fuzz: the targets are in $build/fuzz; FUZZ_SECONDS=10 runs them"
        return 0
    fi
    [ -n "${FUZZ_TARGETS:-}" ] || FUZZ_TARGETS=$(ls "$build/fuzz")
    # shellcheck disable=SC2086 # a list of names
    printf '%s\n' $FUZZ_TARGETS |
        FUZZ_SECONDS=$FUZZ_SECONDS xargs -P 2 -n 1 tools/fuzz.sh one "$build"
}

case ${1:-} in
available) available "$2" ;;
run) run "$2" ;;
one) build=$2 && run_one "$3" ;;
*) sed -n '2,9s/^# \{0,1\}//p' "$0" >&2 && exit 2 ;;
esac
