#!/bin/sh
# `make install`: what it puts under DESTDIR and PREFIX works from there, from any folder, and
# `make uninstall` takes all of it away.
. "$(dirname "$0")/lib.sh"
unset CSILINK_MODELS # what is installed must find its own
sources=$(cd "$(dirname "$0")/../.." && pwd)
build=$(cd "$CSILINK_BIN/.." && pwd)
root=$work/root prefix=/opt/csi
installed=$root$prefix

# The programs are those under test: nothing is built here.
make_in_sources() {
    make -s --no-print-directory -C "$sources" "$@" BUILD="$build" DESTDIR="$root" \
        PREFIX="$prefix" >"$work/out" 2>&1 || { sed 's/^/     /' "$work/out"; return 1; }
}

law "make install puts everything under DESTDIR and PREFIX" eval 'make_in_sources install-files &&
    [ "$(find "$root" -type f | wc -l)" -gt 40 ] &&
    [ "$(find "$root" -type f | wc -l)" -eq "$(find "$installed" -type f | wc -l)" ]'
for file in bin/csilink bin/ue-agent bin/channel-sim bin/bs-server; do
    law "$file is there, and may be run" test -x "$installed/$file"
done
law "nothing but programs may be run, nothing may be written by others" eval \
    '! find "$installed" -type f -perm /022 | grep . &&
     ! find "$installed" -type f -perm /111 ! -path "*/bin/*" | grep .'

# debhelper ends a build that leaves an installed file to no package. The multiarch folder and /lib
# are Debian's own.
cat "$sources"/deploy/debian/*.install | sed 's|^usr/lib/\*/|usr/lib/|; s|^lib/|usr/lib/|' \
    >"$work/packaged"
unpackaged() {
    find "$installed" ! -type d | sed "s|^$installed/|usr/|; s|^usr/lib/python3[.0-9]*/|usr/lib/python3/|" |
        while read -r file; do
            while read -r pattern; do
                # shellcheck disable=SC2254 # they are patterns
                case $file in $pattern | $pattern/*) continue 2 ;; esac
            done <"$work/packaged"
            echo "     $file"
        done
}
law "each file is part of a Debian package" eval '[ -z "$(unpackaged)" ] || { unpackaged; false; }'

mkdir "$work/elsewhere"
cd "$work/elsewhere" || exit 1
csilink=$installed/bin/csilink
law "run starts the installed programs, with the installed model" eval \
    '"$csilink" run --ues 2 --duration 0.5 --json >"$work/summary" &&
     holds "s[0][\"reports\"][\"acked\"] > 0 and s[0][\"quality\"][\"nmse_db\"] < -5" \
         "$work/summary"'
law "a scenario is found by its name" eval \
    '"$csilink" run first-look --duration 0.2 --runs "$work/runs" >"$work/out"'
law "and by its place in the sources" eval \
    '"$csilink" run scenarios/first-look.yaml --duration 0.2 --runs "$work/runs" >"$work/out"'
law "a manual page of every program is there" eval '
    for page in csilink csilink-run ue-agent channel-sim bs-server; do
        test -s "$installed/share/man/man1/$page.1" || return 1
    done'
law "a scenario of one's own goes before an installed one" eval \
    'echo "groups: [{name: own, count: 1, channel: rayleigh}]" >first-look.yaml &&
     "$csilink" run first-look.yaml --duration 0.1 --runs "$work/runs" >"$work/out" &&
     grep -q "name: own" "$work/runs/latest/scenario.yaml"'
law "eval finds model and channel" eval '"$csilink" eval --samples 20 >"$work/out"'
law "model info looks into an installed model" eval '"$csilink" model info \
    "$installed/share/csilink/models/csilink-net-cr8-indoor.encoder.onnx" >"$work/out"'
law "train finds recipe and architecture by their names" eval '"$csilink" train \
    csilink-net-indoor --cr 64 --samples 256 --batch 64 --pool 64 --validation 32 \
    --validate-every 256 --set statistics=64 --out "$work/trained" >"$work/out" 2>&1 &&
    ls "$work"/trained/*.encoder.onnx >"$work/out"'
law "a link to the program finds its files, too" eval 'ln -s "$csilink" "$work/link" &&
    "$work/link" run --ues 1 --duration 0.2 --runs "$work/runs" >"$work/out"'
law "the tree may be moved as a whole" eval 'mv "$root" "$work/moved" &&
    "$work/moved$prefix/bin/csilink" run --ues 1 --duration 0.2 --runs "$work/runs" >"$work/out" &&
    mv "$work/moved" "$root"'
if command -v bash >/dev/null; then
    law "bash completes the names of installed scenarios" eval '
        bash -c ". \"\$0\" && COMP_WORDS=(\"\$1\" run snr) && COMP_CWORD=2 && _csilink &&
            echo \"\${COMPREPLY[@]}\"" "$installed/share/bash-completion/completions/csilink" \
            "$csilink" | grep -qx "snr-ramp"'
else
    skip "the completion: there is no bash"
fi

touch "$installed/share/csilink/models/of-a-user.onnx" "$installed/bin/other"
law "make uninstall leaves only what it did not install" eval 'make_in_sources uninstall &&
    [ "$(cd "$installed" && find . -type f | sort | tr "\n" " ")" = \
        "./bin/other ./share/csilink/models/of-a-user.onnx " ]'
finish
