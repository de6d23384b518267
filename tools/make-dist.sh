#!/bin/sh
# Makes csilink-VERSION.tar.gz in the given folder. In a checkout it holds the last commit, whatever
# else lies about; elsewhere, such as in an unpacked tarball, the files without what was built. The
# same commit, or the same tree, gives the same bytes.
set -eu
out=$1
cd "$(dirname "$0")/.."
name=csilink-$(cat VERSION)
mkdir -p "$out"
if [ -e .git ]; then
    [ -z "$(git status --porcelain)" ] || echo "changes that are not committed are left out" >&2
    git archive --format=tar --prefix="$name/" HEAD
else
    tar -c --sort=name --owner=0 --group=0 --numeric-owner --format=pax \
        --pax-option=exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime \
        --mtime="@$(stat -c %Y VERSION)" --exclude=./build --exclude=./runs \
        --transform="s|^\.|$name|" .
fi | gzip -9n >"$out/$name.tar.gz.part"
mv "$out/$name.tar.gz.part" "$out/$name.tar.gz"
echo "$out/$name.tar.gz"
