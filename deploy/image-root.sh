#!/bin/sh
# image-root.sh ROOT: lays out what the image holds under ROOT: the programs as `make install` lays
# them out, the shared libraries that they load, the licences of both, and what a libc looks up.
set -eu
root=$1

make install-files DESTDIR="$root" PREFIX=/usr INSTALL_PROGRAM="install -s"

# Files for building other programs, and for Python, are left out.
rm -rf "$root/usr/include" "$root"/usr/lib/libcsilink.* "$root/usr/lib/pkgconfig" "$root"/usr/lib/python3*

# Pairs of the zoo are for comparisons and take up to 60 MB: only with ZOO=yes.
if [ "${ZOO:-no}" != yes ]; then
    grep -v -e '^#' -e '^$' models/recipes/zoo/zoo.txt | while read -r net _; do
        rm -f "$root/usr/share/csilink/models/$net"-cr*
    done
fi

# First the loader's directories: /lib and /lib64 point into /usr, as in Debian.
mkdir -p "$root/usr/lib" "$root/usr/lib64" "$root/etc" "$root/run/csilink" "$root/run/keys" \
    "$root/var/lib/csilink"
ln -s usr/lib "$root/lib"
ln -s usr/lib64 "$root/lib64"
for program in ue-agent channel-sim bs-server csilink; do
    ldd "$root/usr/bin/$program"
done | sed -n 's|^[^/]*\(/[^ ]*\) (0x.*|\1|p' | sort -u >/tmp/libraries

# Each library under its soname; its package's licence and, for scanners, the
# package's entry.
while read -r library; do
    mkdir -p "$root${library%/*}"
    cp -L "$library" "$root$library"
    file=$(readlink -f "$library")
    package=$(dpkg -S "$file" 2>/dev/null || dpkg -S "${file#/usr}")
    echo "${package%%:*}"
done </tmp/libraries | sort -u >/tmp/packages
mkdir -p "$root/var/lib/dpkg/status.d"
while read -r package; do
    mkdir -p "$root/usr/share/doc/$package"
    cp -L "/usr/share/doc/$package/copyright" "$root/usr/share/doc/$package/"
    dpkg -s "$package" >"$root/var/lib/dpkg/status.d/$package"
done </tmp/packages

echo 'csilink:x:65532:65532:csilink:/var/lib/csilink:/usr/sbin/nologin' >"$root/etc/passwd"
echo 'csilink:x:65532:' >"$root/etc/group"
echo 'hosts: files dns' >"$root/etc/nsswitch.conf"
# Volumes mounted there inherit this owner.
chown 65532:65532 "$root/run/csilink" "$root/run/keys" "$root/var/lib/csilink"
