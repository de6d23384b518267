#!/bin/sh
# Manual pages: one for each program and command, each option in it, and nothing that the readers of
# manual pages complain of.
. "$(dirname "$0")/lib.sh"
sources=$(cd "$(dirname "$0")/../.." && pwd)
man=$work/man
law "the pages are made" "$sources/tools/make-man.sh" "$(cd "$CSILINK_BIN" && pwd)" "$man"

# has_options PAGE command...: what --help lists is what the page lists.
has_options() {
    page=$1
    shift
    "$@" --help | sed -n 's/^  --\([a-z0-9-]*\).*/\1/p' >"$work/told"
    sed -n 's/^\\fB\\-\\-\([a-z0-9\\-]*\)\\fR.*/\1/p' "$man/$page" | sed 's/\\//g' >"$work/listed"
    cmp -s "$work/told" "$work/listed" || { diff "$work/told" "$work/listed"; return 1; }
}

for program in ue-agent channel-sim bs-server; do
    law "$program.1 has every option" has_options "$program.1" "$CSILINK_BIN/$program"
done
commands=$("$csilink" --help | sed -n '/^commands:/,/^$/s/^  \([a-z]*\) .*/\1/p')
for command in $commands; do
    law "csilink-$command.1 has every option" has_options "csilink-$command.1" "$csilink" "$command"
done
law "parts of a command have a page" test -s "$man/csilink-data-generate.1"
law "text that troff would take for requests is text" eval \
    '[ "$(grep -c "^\\.SH NAME" "$man/csilink-ctl.1")" -eq 1 ] && ! grep -n "^\\.\\." "$man"/*.1'
law "the same commit gives the same pages" eval \
    'SOURCE_DATE_EPOCH=1700000000 "$sources/tools/make-man.sh" "$CSILINK_BIN" "$work/a" &&
     SOURCE_DATE_EPOCH=1700000000 "$sources/tools/make-man.sh" "$CSILINK_BIN" "$work/b" &&
     diff -r "$work/a" "$work/b" && grep -q "2023-11-14" "$work/a/csilink.1"'

# silent command...: it succeeds, and says nothing.
silent() {
    "$@" >"$work/said" 2>&1 && [ ! -s "$work/said" ] || { head -5 "$work/said"; return 1; }
}
if command -v mandoc >/dev/null; then
    law "mandoc has nothing to say" silent mandoc -Tlint "$man"/*.1
else
    skip "mandoc is not installed"
fi
if command -v groff >/dev/null; then
    law "groff has nothing to warn of" silent groff -man -Tutf8 -ww -z "$man"/*.1
else
    skip "groff is not installed"
fi
finish
