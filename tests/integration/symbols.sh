#!/bin/sh
# No program defines a function that the library has, too: the linker takes the program's without a
# word, and the library calls it with arguments that are not its own.
. "$(dirname "$0")/lib.sh"
build=$CSILINK_BIN/..

# defined FILE...: global functions and data that they define, each once.
defined() {
    nm --defined-only --extern-only "$@" 2>/dev/null | awk 'NF == 3 && $2 ~ /[TDBR]/ { print $3 }' |
        sort -u
}

defined "$build/libcommon.a" >"$work/library"
law "the library has symbols" test -s "$work/library"
for folder in cli monitor bs-server channel-sim ue-agent; do
    find "$build/obj/$folder" -name '*.o' -exec nm --defined-only --extern-only {} + 2>/dev/null |
        awk 'NF == 3 && $2 ~ /[TDBR]/ { print $3 }' | sort -u >"$work/$folder"
    law "$folder defines nothing that the library defines" eval '
        comm -12 "$work/library" "$work/$folder" >"$work/both" &&
        { ! [ -s "$work/both" ] || { sed "s/^/     /" "$work/both" && false; }; }'
done
finish
