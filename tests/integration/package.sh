#!/bin/sh
# What packages are made of: the source tarball, the systemd units, the Debian changelog.
. "$(dirname "$0")/lib.sh"
sources=$(cd "$(dirname "$0")/../.." && pwd)
name=csilink-$(cat "$sources/VERSION")

law "a program tells the version of the sources" eval \
    '[ "$("$CSILINK_BIN/bs-server" --version)" = "bs-server ${name#csilink-}" ]'
law "the Debian changelog begins with that version" eval \
    'head -n 1 "$sources/deploy/debian/changelog" | grep -q "^csilink (${name#csilink-}-[0-9]*) "'

# packages FILE START END: the names of Debian packages between two lines.
packages() {
    awk -v start="$2" -v end="$3" \
        '$0 ~ start { on = 1 } on { print } on && $0 ~ end { exit }' "$1" |
        tr -cs 'a-z0-9.-' '\n' | grep -- '-dev$\|-compiler$\|^pkg-config$' | sort
}
packages "$sources/tools/install-deps.sh" '^packages=' '"$' >"$work/needed"
packages "$sources/deploy/debian/control" '^Build-Depends:' '^Standards' >"$work/asked"
law "the Debian package builds with what install-deps.sh installs for a build" eval \
    '[ -s "$work/needed" ] && diff "$work/needed" "$work/asked"'

law "make dist makes a tarball" eval '"$sources/tools/make-dist.sh" "$work/a" >"$work/out" 2>&1'
law "the same sources give the same bytes" eval \
    '"$sources/tools/make-dist.sh" "$work/b" >"$work/out" 2>&1 &&
     cmp "$work/a/$name.tar.gz" "$work/b/$name.tar.gz"'
tar -tf "$work/a/$name.tar.gz" >"$work/list"
law "everything is in one folder, nothing that was built" eval \
    '! grep -v "^$name/" "$work/list" && ! grep "^$name/build/\|^$name/runs/\|\.o$" "$work/list"'
law "what a build and an installation need is there" eval '
    for file in Makefile VERSION LICENSE proto/csilink.proto tools/install.mk common/ui/option.c \
        tests/run.sh models/replay-cost2100-indoor.mat deploy/debian/rules; do
        grep -qx "$name/$file" "$work/list" || { echo "     no $file"; return 1; }
    done'
# A tarball of what a tarball holds, which has no commits.
law "an unpacked tarball makes a tarball of the same files" eval '
    tar -xf "$work/a/$name.tar.gz" -C "$work" && mkdir "$work/$name/build" &&
    "$work/$name/tools/make-dist.sh" "$work/c" >"$work/out" 2>&1 &&
    tar -tf "$work/c/$name.tar.gz" | sort >"$work/again" && sort "$work/list" | cmp - "$work/again"'

# exposed_at_most UNIT TENTHS: systemd's measure of what a unit may do, 100 being all.
exposed_at_most() {
    tenths=$(systemd-analyze security --offline=true --no-pager "$1" 2>/dev/null |
        sed -n 's/.*Overall exposure level for .*: \([0-9]*\)\.\([0-9]\).*/\1\2/p')
    [ -n "$tenths" ] && [ "$tenths" -le "$2" ] && return
    echo "     exposure ${tenths:-unknown}"
    return 1
}
if systemd-analyze security --help >/dev/null 2>&1; then
    for server in bs-server channel-sim; do
        unit=$work/csilink-$server.service
        sed "s|@bindir@|$CSILINK_BIN|" "$sources/deploy/systemd/csilink-$server.service.in" >"$unit"
        law "systemd has nothing to say of csilink-$server.service" eval \
            'systemd-analyze verify --man=no "$unit" >"$work/out" 2>&1 && [ ! -s "$work/out" ] ||
             { cat "$work/out"; return 1; }'
        law "csilink-$server.service may do little" exposed_at_most "$unit" 15
    done
else
    skip "the units: systemd-analyze is not installed"
fi
for server in bs-server channel-sim; do
    sed -n 's/^#\(CSILINK_[A-Z]*\)=.*/\1/p' "$sources/deploy/systemd/$server.env" >"$work/names"
    law "every variable in $server.env is an option" eval '
        while read -r variable; do
            option=$(echo "${variable#CSILINK_}" | tr A-Z_ a-z-)
            "$CSILINK_BIN/$server" --help | grep -q "^  --$option " || return 1
        done <"$work/names" && [ -s "$work/names" ]'
done
finish
