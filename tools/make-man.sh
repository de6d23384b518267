#!/bin/sh
# Makes the manual pages: what the programs tell of themselves (--help=man), with the written
# sections of docs/man/PAGE.man and, for every page, docs/man/common.man.
#
#   tools/make-man.sh FOLDER-OF-PROGRAMS FOLDER-OF-PAGES
#
# The date of the pages is SOURCE_DATE_EPOCH, or that of the last commit, or of the file VERSION.
set -eu
bin=$1
pages=$2
cd "$(dirname "$0")/.."
written=docs/man
version=$(cat VERSION)
if [ -n "${SOURCE_DATE_EPOCH:-}" ]; then
    seconds=$SOURCE_DATE_EPOCH
elif [ ! -e .git ] || ! seconds=$(git log -1 --format=%ct 2>/dev/null); then
    seconds=$(stat -c %Y VERSION)
fi
date=$(date -u -d "@$seconds" +%Y-%m-%d)

mkdir -p "$pages"
rm -f "$pages"/*.1

# Sections in the order of man-pages(7); parts of one section in the order of the files. Text is
# folded, examples are not.
merge() {
    awk '
        function fold(line,    cut) {
            while (length(line) > 79) {
                cut = 79
                while (cut > 1 && substr(line, cut, 1) != " ")
                    cut--
                if (cut == 1)
                    break
                print substr(line, 1, cut - 1)
                line = substr(line, cut + 1)
                if (line ~ /^[.]|^\047/)
                    line = "\\&" line
            }
            print line
        }
        function show(section,    lines, n, i, as_is) {
            print ".SH " (section ~ / / ? "\"" section "\"" : section)
            n = split(text[section], lines, "\n")
            for (i = 1; i < n; i++) {
                as_is = lines[i] == ".EX" || (as_is && lines[i] != ".EE")
                if (as_is || lines[i] ~ /^[.]/)
                    print lines[i]
                else
                    fold(lines[i])
            }
        }
        BEGIN {
            n = split("NAME|SYNOPSIS|DESCRIPTION|COMMANDS|OPTIONS|EXIT STATUS|ENVIRONMENT|FILES|" \
                      "EXAMPLES|SEE ALSO", order, "|")
        }
        /^\.SH / {
            section = substr($0, 5)
            gsub(/"/, "", section)
            if (section in text)
                text[section] = text[section] ".PP\n"
            next
        }
        section != "" { text[section] = text[section] $0 "\n" }
        END {
            for (i = 1; i <= n; i++)
                if (order[i] in text)
                    show(order[i])
        }' "$@"
}

# page PROGRAM [COMMAND...]: its page, and those of its commands.
page() {
    program=$1
    shift
    name=$(echo "$program" "$@" | tr ' ' -)
    told=$pages/$name.told
    "$bin/$program" "$@" --help=man >"$told"
    {
        echo ".\\\" Made by tools/make-man.sh from $program --help=man and $written."
        echo ".TH $(echo "$name" | tr a-z A-Z) 1 $date \"csilink $version\" \"csilink manual\""
        # Usages are long words: lines of them have no spaces to stretch.
        echo ".ad l"
        set -- "$told"
        [ ! -e "$written/$name.man" ] || set -- "$@" "$written/$name.man"
        merge "$@" "$written/common.man" | grep -vxF ".BR $(echo "$name" | sed 's/-/\\-/g') (1),"
    } >"$pages/$name.1"
    commands=$(sed -n '/^\.SH COMMANDS/,/^\.SH EX/s/^\\fB'"$program"'\\-\(.*\)\\fR(1)$/\1/p' "$told" |
        sed 's/\\//g')
    rm "$told"
    for command in $commands; do
        # Below the top, the menu's names hold the whole path: data-generate.
        page "$program" $(echo "$command" | tr - ' ')
    done
}

for program in csilink ue-agent channel-sim bs-server; do
    page "$program"
done
