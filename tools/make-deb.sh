#!/bin/sh
# Makes a Debian package of the source tarball, in BUILD/deb, and lets lintian look at it. Installs
# what that needs from Debian.
#
#   tools/make-deb.sh BUILD
set -eu
build=$1
# What the make that called was told is not for the package.
unset MAKEFLAGS MFLAGS MAKELEVEL BUILD SAN DEBUG V PREFIX DESTDIR CFLAGS CPPFLAGS LDFLAGS
cd "$(dirname "$0")/.."
version=$(cat VERSION)
packaged=$(sed -n '1s/^csilink (\(.*\)-[0-9]*) .*/\1/p' deploy/debian/changelog)
[ "$packaged" = "$version" ] || {
    echo "deploy/debian/changelog begins with version $packaged, VERSION says $version" >&2
    exit 1
}
tools/install-deps.sh build debhelper dh-python dpkg-dev lintian python3

rm -rf "$build/deb"
mkdir -p "$build/deb"
tarball=$(tools/make-dist.sh "$build/deb")
cd "$build/deb"
mv "$tarball" "csilink_$version.orig.tar.gz"
tar -xf "csilink_$version.orig.tar.gz"
cd "csilink-$version"
cp -r deploy/debian debian
echo "building the package; what it says is in $build/deb/build.log"
dpkg-buildpackage --build=full --no-sign >../build.log 2>&1 || {
    tail -n 30 ../build.log >&2
    exit 1
}
cd ..
rm -rf "csilink-$version"
lintian --fail-on error,warning --allow-root ./*.changes
ls "$PWD"/*.deb
