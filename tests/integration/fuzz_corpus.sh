#!/bin/sh
# Every fuzz target handles every input of its corpus, found-* among them, and some changed forms of
# each; the same ones in every run. tests/fuzz/README.md.
. "$(dirname "$0")/lib.sh"
root=$(cd "$(dirname "$0")/../.." && pwd)
replay=$(cd "$CSILINK_BIN/../replay" && pwd)
variants=${CSILINK_FUZZ_VARIANTS:-20}
cd "$root" || exit 1

# run TARGET: silent unless something fails.
run() {
    "$replay/$1" --variants "$variants" "tests/fuzz/corpus/$1" >"$work/out" 2>&1 && return 0
    tail -n 20 "$work/out" | sed 's/^/        /'
    return 1
}

for source in tests/fuzz/fuzz_*.c; do
    target=$(basename "$source" .c)
    if [ ! -d "tests/fuzz/corpus/$target" ]; then
        law "$target has a corpus" false
        continue
    fi
    law "$target handles its corpus and $variants changed forms of each input" run "$target"
done

# The driver itself: what breaks a target is named, and does not hide what comes behind it.
finds_a_broken_input() {
    mkdir "$work/corpus"
    printf 'good' >"$work/corpus/a"
    printf 'break' >"$work/corpus/b"
    printf 'good' >"$work/corpus/c"
    "$replay/self_test" --keep "$work" "$work/corpus" >"$work/out" 2>&1
    [ $? -eq 1 ] && grep -q "corpus/b: ended by signal 6" "$work/out" &&
        grep -q "3 files, 3 inputs, 1 failures" "$work/out" && cmp "$work/b-0" "$work/corpus/b"
}
law "an input that breaks a target is named and kept" finds_a_broken_input
finish
