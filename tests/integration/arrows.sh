#!/bin/sh
# The shape of the source: every include follows an arrow of docs/architecture.md, no files depend on
# each other in a circle, and the two checks notice when that no longer holds.
. "$(dirname "$0")/lib.sh"
root=$(cd "$(dirname "$0")/../.." && pwd)
objects=$CSILINK_BIN/../obj

law "every include follows an arrow of docs/architecture.md" "$root/tools/check-arrows"
law "no files depend on each other in a circle" "$root/tools/check-circles" "$objects"

# A copy of the source, to be spoiled: fresh, each time.
spoil() {
    rm -rf "$work/tree"
    mkdir "$work/tree"
    (cd "$root" && tar -c docs/architecture.md tools $(find common api train ue-agent channel-sim \
        bs-server cli monitor examples -name '*.[ch]')) | tar -x -C "$work/tree"
    cd "$work/tree" || exit 1
}

# reported PATTERN...: the check fails, and some line of what it prints has every pattern.
reported() {
    if tools/check-arrows "$work/tree" >"$work/out"; then
        echo "     nothing was reported"
        return 1
    fi
    cp "$work/out" "$work/lines"
    for pattern in "$@"; do
        grep -F -e "$pattern" "$work/lines" >"$work/fewer"
        mv "$work/fewer" "$work/lines"
    done
    [ -s "$work/lines" ] && return
    sed 's/^/     /' "$work/out"
    return 1
}

# into TABLE-HEADING LINE: puts a line below a heading of the page's table.
into() { sed -i "s|^$1\$|&\n    $2|" docs/architecture.md; }

spoil
law "a copy of the source passes as the source does" tools/check-arrows "$work/tree"

printf '#include "base/error.h"\n#include "nn/nn.h"\n' >common/csi/spoiled.c
law "an include without an arrow is named with file, line, arrow and table" \
    reported "common/csi/spoiled.c:2:" "csi -> nn" docs/architecture.md

spoil
into "lower floor" "csi -> payload"
law "an arrow that no include uses is named with its line" \
    reported "docs/architecture.md:$(grep -n 'csi -> payload' docs/architecture.md | cut -d: -f1):" \
    "csi -> payload"

spoil
into "lower floor" "base -> ui"
echo '#include "ui/option.h"' >common/base/spoiled.c
law "no table lets an arrow go up" reported docs/architecture.md: "base -> ui" "does not go down"

spoil
sed -i "s|^lower floor\$|upper floor\n    ui -> base\nlower floor\n    base -> ui|" docs/architecture.md
law "no table lets the lower floor include the upper" \
    reported docs/architecture.md: "base -> ui" "from the lower floor to the upper"

spoil
echo '#include "cli/model/model.h"' >cli/plot/spoiled.c
law "a folder inside another has arrows of its own" \
    reported cli/plot/spoiled.c:1: "cli/plot -> cli is not allowed"

spoil
into "lower floor" "fading -> codec"
echo '#include "codec/codec.h"' >common/fading/spoiled.c
law "no table allows an arrow that must never be" reported "fading -> codec" never

spoil
echo '#include "codec/codec.h"' >common/base/spoiled.h
echo '#include "base/spoiled.h"' >channel-sim/spoiled.c
law "never holds through the headers of a third folder, and the way is shown" reported \
    "channel-sim/spoiled.c -> common/base/spoiled.h -> common/codec/codec.h"

spoil
echo '#include "nn/ops/ops.h"' >train/spoiled.c
law "a folder with doors is entered by them alone" \
    reported train/spoiled.c:1: nn/ops/ops.h nn.h, grad.h, quant.h

spoil
echo '#include <csilink.pb-c.h>' >monitor/spoiled.c
law "a private header is included by its own folder alone" \
    reported monitor/spoiled.c:1: csilink.pb-c.h "only wire"

spoil
mkdir common/spoiled
echo '#include "base/error.h"' >common/spoiled/spoiled.c
law "a folder that the table does not know is named" reported docs/architecture.md "spoiled -> "

spoil
echo '#include "base/two.h"' >common/base/one.h
echo '#include "base/one.h"' >common/base/two.h
law "headers that include each other are named" \
    reported "common/base/one.h -> common/base/two.h -> common/base/one.h"

spoil
echo 'base -> codec' >>tools/open-arrows
law "an open entry that is cured has to go" reported tools/open-arrows: "base -> codec"

# Circles, in a tree of two files and their objects.
compile() {
    mkdir -p "$work/objects/$(dirname "$1")"
    "${CC:-cc}" -c "$1.c" -o "$work/objects/$1.o"
}

circles() { "$root/tools/check-circles" "$work/objects" "$work/tree" >"$work/out"; }

rm -rf "$work/tree"
mkdir -p "$work/tree/cli/x" "$work/tree/monitor" "$work/tree/ue-agent" "$work/tree/tools"
cd "$work/tree" || exit 1
echo 'int lower(void); int upper(void); int upper(void) { return lower(); }' >cli/x/upper.c
echo 'int lower(void); int lower(void) { return 1; }' >cli/x/lower.c
echo 'int upper(void); int lower(void); int lower(void) { return upper(); }' >ue-agent/other.c
law "a source without its object is named" eval '! circles && grep -q cli/x/lower.c "$work/out"'
for file in cli/x/upper cli/x/lower ue-agent/other; do
    compile $file
done
law "calls down, and a name that stands in two programs, are no circle" circles
echo 'int lower(void); int upper(void); int lower(void) { return upper(); }' >cli/x/lower.c
compile cli/x/lower
law "a circle is printed with the symbols that make it" eval \
    '! circles && grep -q "cli/x/lower -> cli/x/upper: upper$" "$work/out" &&
     grep -q "cli/x/upper -> cli/x/lower: lower$" "$work/out"'
echo 'circle cli/x/*' >tools/open-arrows
law "a circle that is listed as open passes" circles
echo 'int lower(void); int lower(void) { return 1; }' >cli/x/lower.c
compile cli/x/lower
law "an open circle that is broken has to go" eval \
    '! circles && grep -q "tools/open-arrows:1:.*cli/x" "$work/out"'
finish
