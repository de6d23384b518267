#!/bin/sh
# The documents against the tree: files that they and comments name exist, commands that they show
# have the options that the programs know, examples in C compile. Each check notices when not.
. "$(dirname "$0")/lib.sh"
root=$(cd "$(dirname "$0")/../.." && pwd)
cd "$work" || exit 1

law "every file that a document or a comment names exists" "$root/tools/check-paths"
law "every option of a command that a document shows is known" \
    "$root/tools/check-commands" "$CSILINK_BIN"
law "figures that are marked with the command that makes them are what it gives" \
    "$root/tools/check-docs" --quick "$CSILINK_BIN"

# The blocks of C of docs/adding.md, each a file of its own.
awk '/^```c$/ { n++; inside = 1; next } /^```/ { inside = 0 } inside { print > ("block" n ".c") }' \
    "$root/docs/adding.md"
compiles() {
    "${CC:-cc}" -std=c17 -D_GNU_SOURCE -Wall -Wextra -Wshadow -Wconversion -Werror -fsyntax-only \
        -I"$root/common" "$1"
}
for block in block*.c; do
    law "docs/adding.md, block ${block%.c}: the example compiles" compiles "$block"
done
law "docs/adding.md has an example of a channel model, a codec and an uplink" eval \
    'grep -q "fading_model_ops fading_" block*.c && grep -q "codec_kind codec_" block*.c &&
     grep -q "uplink_kind uplink_" block*.c'

# reported PATTERN CHECK...: the check fails, and some line of what it prints has the pattern.
reported() {
    pattern=$1
    shift
    if "$@" >out; then
        echo "     nothing was reported"
        return 1
    fi
    grep -q -F -e "$pattern" out || { sed 's/^/     /' out && return 1; }
}

mkdir -p tree/docs tree/common/base
echo '/* base/gone.h */' >tree/common/base/here.c
printf 'common/base/here.c\n\n    csilink run --uess 4 \\\n        --snr 3\n' >tree/docs/page.md
: >tree/README.md
law "a comment that names a missing file is reported with its line" \
    reported "common/base/here.c:1: base/gone.h" "$root/tools/check-paths" tree
echo 'common/base/gone.c' >>tree/docs/page.md
law "so is a document" reported "docs/page.md:5: common/base/gone.c" "$root/tools/check-paths" tree
law "an unknown option of a command is reported with its line" reported \
    "docs/page.md:3: csilink run has no option --uess" \
    "$root/tools/check-commands" "$CSILINK_BIN" tree

# figures TEXT...: a tree with a page of these lines, and what the check of its figures says.
figures() {
    mkdir -p figures/docs
    : >figures/README.md
    printf '%s\n' "$@" >figures/docs/page.md
    "$root/tools/check-docs" "$CSILINK_BIN" figures
}
table='| a | NMSE |
|---|--:|
| one | -1.25 |'
law "a table agrees with the lines of its command to the digits shown" \
    figures '<!-- check: printf "one -1.2537\ntwo 3\n" -->' '' "$table"
law "a figure that is off by more than half of its last digit is reported with its line" \
    reported "docs/page.md:5: not what its command gives: one -1.25" \
    figures '<!-- check: echo one -1.256 -->' '' "$table"
law "unless the mark allows for it" figures '<!-- check (within 0.01): echo one -1.256 -->' '' "$table"
law "a row that its command does not give is reported" reported "page.md:5" \
    figures '<!-- check: echo two -1.25 -->' '' "$table"
law "in a paragraph, what the command gives must stand" \
    figures '<!-- check: echo 2,000 reports -->' 'Here are 2000' 'reports.'
law "and is reported where it does not" reported "it does not show: 2,000 reports" \
    figures '<!-- check: echo 2,000 reports -->' 'Here are 200' 'reports.'
law "three dots stand for anything" figures '<!-- check (has): echo one ... 7 -->' '    one, two: 7'
law "a command that fails, or prints nothing, is reported" eval \
    'reported "ends with status 3" figures "<!-- check: exit 3 -->" one &&
     reported "prints nothing" figures "<!-- check: true -->" one'
law "so is a mark with nothing behind it, or with an unknown option" eval \
    'reported "nothing stands behind" figures "<!-- check: true -->" &&
     reported "unknown option" figures "<!-- check (slowly): true -->" one'

finish
