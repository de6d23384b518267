#!/bin/sh
# The library for others: what it exports, its examples, and a program elsewhere that is linked to what
# `make install` puts there.
. "$(dirname "$0")/lib.sh"
root=$(cd "$(dirname "$0")/../.." && pwd)
build=$(cd "$CSILINK_BIN/.." && pwd)
shared=$build/lib/libcsilink.so static=$build/lib/libcsilink.a
examples=$build/examples
cd "$root" || exit 1

# declared: every function of the header.
declared() { sed -n 's/^CSL_API [^(]*\(csl_[a-z_]*\)(.*/\1/p' include/csilink.h | sort; }
exported() { nm -D --defined-only "$1" | awk 'NF == 3 { print $3 }' | sort; }

law "the header declares functions" eval '[ "$(declared | wc -l)" -gt 40 ]'
if nm -D "$shared" | grep -q ' [Uw] __[a-z]*san_init'; then
    skip "what is exported: a sanitizer adds names of its own"
else
    law "the shared library exports what the header declares, and nothing else" eval \
        'declared >"$work/declared"; exported "$shared" | diff "$work/declared" -'
    law "so does the static one" eval 'nm --defined-only --extern-only "$static" |
        awk "NF == 3 { print \$3 }" | sort | diff "$work/declared" -'
fi
law "its name ends in the number of the ABI" eval '
    readelf -d "$shared" | grep -q "SONAME.*\[libcsilink.so.$(sed -n "s/^#define CSL_ABI //p" \
        include/csilink.h)\]"'
law "the header, library and sources have one version" eval \
    'grep -q "^#define CSL_VERSION \"$(cat VERSION)\"$" include/csilink.h &&
     grep -q "^__version__ = \"$(cat VERSION)\"$" python/csilink/__init__.py'
law "the library needs no library of sockets, loops or pages" eval \
    '! readelf -d "$shared" | grep NEEDED | grep "zmq\|libuv\|microhttpd\|cyaml"'

# prints TEXT COMMAND...: the command succeeds and prints the text.
prints() {
    pattern=$1
    shift
    "$@" >"$work/out" 2>&1 && grep -q -e "$pattern" "$work/out" ||
        { sed 's/^/     /' "$work/out"; return 1; }
}
fails() {
    pattern=$1
    shift
    ! "$@" >"$work/out" 2>&1 && grep -q -e "$pattern" "$work/out" ||
        { sed 's/^/     /' "$work/out"; return 1; }
}
law "example channels: mean power 1" prints "antenna: 1.0000" "$examples/channels" 20 3
law "it repeats" eval '"$examples/channels" 20 3 >"$work/a" && "$examples/channels" 20 3 |
    cmp - "$work/a"'
law "example pair: a shipped pair over a noisy uplink" \
    prints "at 10 dB: NMSE -1[0-9]" "$examples/pair" csilink-net-cr8-indoor 10
law "example onnx: any ONNX file" \
    prints "^s \[3, 8, 1, 32\]" "$examples/onnx" models/csilink-net-cr8-indoor.encoder.onnx 3
law "example own_codec: registered, evaluated beside another" \
    prints "^signs:40 .* NMSE  *-[0-9.]* dB" "$examples/own_codec" 40
law "what is wrong is said: channels" fails "speed=fast" "$examples/channels" 20 fast
law "pair" fails "nopair" "$examples/pair" nopair
law "onnx" fails "VERSION" "$examples/onnx" VERSION
law "own_codec" fails "1 to 1024 taps" "$examples/own_codec" 0

if nm "$examples/pair" | grep -q ' __[a-z]*san_init'; then
    skip "a program elsewhere: it would need the sanitizer"
    finish
fi
prefix=$work/prefix
law "make install puts the library, its header, pkg-config's file and the package there" eval '
    make -s --no-print-directory install-files BUILD="$build" PREFIX="$prefix" >"$work/out" 2>&1 &&
    test -e "$prefix/include/csilink.h" -a -e "$prefix/lib/libcsilink.so" &&
    test -e "$prefix/lib/libcsilink.a" -a -e "$prefix/lib/pkgconfig/csilink.pc"'
PKG_CONFIG_PATH=$prefix/lib/pkgconfig
export PKG_CONFIG_PATH
cc=${CC:-cc}
mkdir "$work/elsewhere" && cd "$work/elsewhere" || exit 1
law "a program elsewhere compiles with pkg-config and runs" eval '
    $cc -std=c17 "$root/examples/pair.c" $(pkg-config --cflags --libs csilink) -lm -o pair &&
    LD_LIBRARY_PATH="$prefix/lib" prints "NMSE" ./pair'
law "it finds the installed models from anywhere" eval '(unset CSILINK_MODELS
    LD_LIBRARY_PATH="$prefix/lib" prints "NMSE" ./pair csilink-net-cr16-indoor)'
law "linked to the static library it runs alone" eval '
    $cc -std=c17 "$root/examples/onnx.c" -I"$prefix/include" "$prefix/lib/libcsilink.a" \
        $(pkg-config --static --libs csilink | sed "s/-lcsilink//") -o onnx &&
    prints "^s " ./onnx "$prefix/share/csilink/models/csilink-net-cr8-indoor.encoder.onnx"'
# sizes LANGUAGE: of every structure that goes between C and Python, in one order.
structures="dims codec_info payload codec_sizes codec_table uplink_info air arrival evaluation figures
port tensor"
sizes_in_c() {
    {
        printf '%s\n' '#include <csilink.h>' '#include <stdio.h>' 'int main(void)' '{'
        for name in $structures; do
            printf 'printf("%%zu\\n", sizeof(csl_%s));\n' "$name"
        done
        echo '}'
    } >sizes.c && $cc -std=c17 sizes.c -I"$prefix/include" -o sizes && ./sizes
}
if "$python" -c 'import numpy' 2>/dev/null; then
    law "structures are as large in Python as in C" eval 'sizes_in_c >in-c &&
        PYTHONDONTWRITEBYTECODE=1 PYTHONPATH="$root/python" "$python" -c "
from ctypes import sizeof
from csilink import _library as l
for s in (l.Dims_, l.CodecInfo, l.Payload, l.CodecSizes, l.CodecTable, l.UplinkInfo, l.Air, l.ARRIVAL,
          l.Evaluation, l.Figures, l.PortInfo, l.Tensor):
    print(s.itemsize if s is l.ARRIVAL else sizeof(s))" | diff in-c - && [ "$(wc -l <in-c)" -eq 12 ]'
fi
if command -v c++ >/dev/null; then
    law "the header compiles as C++" eval \
        'printf "%s\n" "#include <csilink.h>" "int main() { return csl_abi(); }" >main.cpp &&
         c++ -Wall -Wextra -Werror main.cpp $(pkg-config --cflags --libs csilink) -o main &&
         LD_LIBRARY_PATH="$prefix/lib" ./main'
else
    skip "C++: there is no compiler"
fi
if "$python" -c 'import numpy' 2>/dev/null; then
    law "the installed package finds the installed library, models and programs" eval '
        (unset CSILINK_MODELS; PYTHONDONTWRITEBYTECODE=1 prints "^(1, 32, 32) $prefix/lib/.* True" \
        env PYTHONPATH="$(dirname "$prefix"/lib/python3*/dist-packages/csilink)" "$python" -c "
import csilink, csilink.link
a = csilink.channel(\"cost2100-indoor\").sample(1, domain=\"angle-delay\")
c = csilink.codec(\"csilink-net-cr8-indoor\")
print(c.decode(c.encode(a)).shape, csilink.library_path(),
      csilink.link.program_path().startswith(\"$prefix\"))")'
else
    skip "the installed package: python3-numpy is not installed"
fi
finish
