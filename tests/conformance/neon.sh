#!/bin/sh
# The kernels on aarch64, cross-compiled and run under emulation: the integer ones with the dot
# products of bytes (sdot) and without, and those of floats at the same levels. Where the machine is
# one itself, the unit tests do that.
#
# The programs are unit tests that need no library but libc; CUnit's part is tests/cunit_bare.c.
cd "$(dirname "$0")/../.." || exit 1
build=${CSILINK_BUILD:-build}
: "${CSILINK_BIN:=$build/bin}"
. tests/integration/lib.sh

cc=aarch64-linux-gnu-gcc
emulator=$(command -v qemu-aarch64 || command -v qemu-aarch64-static)
if [ "$(uname -m)" = aarch64 ]; then
    skip "kernels on aarch64: this machine is one, and its unit tests run them"
    finish
elif ! command -v $cc >/dev/null || [ ! -d /usr/aarch64-linux-gnu/include ]; then
    skip "kernels on aarch64: no gcc-aarch64-linux-gnu and libc6-dev-arm64-cross to build them"
    finish
elif [ -z "$emulator" ]; then
    skip "kernels on aarch64: no qemu-user to run them"
    finish
fi

# objects SOURCE...: where the Makefile puts them; a *_simd.c has one for each level.
objects() {
    for source; do
        name=$build/aarch64/obj/${source%.c}
        case $source in
        *_simd.c) echo "$name.base.o" "$name.dotprod.o" ;;
        *) echo "$name.o" ;;
        esac
    done
}

programs="test_int8 test_kernels test_rng"
shared=$(objects common/base/cpu.c common/base/error.c common/base/rng.c common/base/rng_simd.c \
    common/nn/quantize.c common/nn/int8/*.c common/nn/kernels/conv.c \
    common/nn/kernels/conv_layout.c common/nn/kernels/conv_reference.c \
    common/nn/kernels/conv_direct_simd.c \
    tests/harness.c tests/cunit_bare.c)

# With the Makefile's flags; those of this build's variant (sanitizers, clang) are left out.
build_all() (
    unset MAKEFLAGS MFLAGS CFLAGS
    own=
    for program in $programs; do
        own="$own $(objects "tests/unit/$program.c")"
    done
    make -j2 CC=$cc SAN= DEBUG= PKG_CFLAGS= BUILD="$build/aarch64" $shared $own \
        >"$work/make.log" 2>&1 || { tail -n 20 "$work/make.log"; exit 1; }
    for program in $programs; do
        $cc -static -pthread $(objects "tests/unit/$program.c") $shared -lm \
            -o "$build/aarch64/$program" || exit 1
    done
)

# on PROCESSOR PROGRAM [LEVEL]: at most CSILINK_CPU=LEVEL. What it says goes to $work/said.
on() {
    CSILINK_CPU=${3:-} "$emulator" -cpu "$1" "$build/aarch64/$2" >"$work/said" 2>&1 && return 0
    sed 's/^/    /' "$work/said"
    return 1
}

path_is() {
    grep -q "^    path: $1" "$work/said"
}

law "aarch64: kernels and their tests compile at the levels base and dotprod" build_all
[ "$failed" -eq 0 ] || finish

law "a processor without dot products: integers are exact" on cortex-a72 test_int8
law "and it takes the path of pairs" path_is "pairs base"
law "a processor with them: integers are exact, with and without them" on neoverse-n1 test_int8
law "and it takes the path of sdot" path_is "quads dotprod"
law "CSILINK_CPU=base: integers are exact" on neoverse-n1 test_int8 base
law "and sdot is left alone" path_is "pairs base"
law "convolutions of floats: both levels are the definition" on neoverse-n1 test_kernels
law "random numbers: both levels give the same bits" on neoverse-n1 test_rng
finish
