# lib.sh: what the integration tests share; sourced, not run.
#
# CSILINK_BIN       folder of the programs
# CSILINK_MODELS    folder of the models; by itself, the repository's
# CSILINK_TEST_SLOW multiplies every time-out: 1 by itself, more for sanitizers and valgrind

set -u
: "${CSILINK_BIN:?folder of the programs}"
slow=${CSILINK_TEST_SLOW:-1}
patience=$((20 * slow)) # seconds until something that should happen counts as not happening
passed=0 failed=0 skipped=0
work=$(mktemp -d /tmp/csilink-test-XXXXXX)
children=
csilink=$CSILINK_BIN/csilink
tools=$CSILINK_BIN/../test-tools # of the same build
: "${CSILINK_MODELS:=$(cd "$(dirname "$0")/../.." && pwd)/models}"
export CSILINK_MODELS
python=/usr/bin/python3

clean_up() {
    for pid in $children; do
        kill -9 "$pid" 2>/dev/null
    done
    rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 1' INT TERM

# A function of its own, so that `return 1` in a command that eval runs ends the command, not law.
attempt() { "$@"; }

# law "what holds" command...: the command's exit status says whether it does.
law() {
    text=$1
    shift
    if attempt "$@"; then
        echo "  ok    $text"
        passed=$((passed + 1))
    else
        echo "  FAIL  $text"
        failed=$((failed + 1))
    fi
}

skip() {
    echo "  skip  $1"
    skipped=$((skipped + 1))
}

finish() {
    echo "$passed passed, $failed failed, $skipped skipped"
    [ "$failed" -eq 0 ]
    exit
}

# holds EXPRESSION FILE...: a Python expression over the files' JSON, s[0], s[1], ... same(a, b): equal
# but for the last digits of numbers. A summary sums over reports as they arrive, in any order.
holds() {
    expression=$1
    shift
    "$python" - "$expression" "$@" <<'PYTHON'
import json, math, sys
s = []
for name in sys.argv[2:]:
    with open(name) as f:
        s.append(json.load(f))
def same(a, b):
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(a[k], b[k]) for k in a)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, float) and isinstance(b, float):
        return math.isclose(a, b, rel_tol=1e-9)
    return a == b
try:
    good = eval("(" + sys.argv[1] + ")")
except (KeyError, TypeError, IndexError, SyntaxError) as e:
    good = False
    print("    ", repr(e))
if not good:
    print("     does not hold:", " ".join(sys.argv[1].split()))
sys.exit(0 if good else 1)
PYTHON
}

# fails_with STATUS HINT command...: exits so, with one line on standard error that has HINT.
fails_with() {
    want=$1 hint=$2
    shift 2
    "$@" >"$work/out" 2>"$work/err"
    got=$?
    if [ "$got" -ne "$want" ] || [ "$(wc -l <"$work/err")" -ne 1 ] ||
        ! grep -qF -e "$hint" "$work/err"; then
        echo "     status $got; standard error:"
        sed 's/^/     /' "$work/err"
        return 1
    fi
}

# start NAME command...: in the background; its process id is in $pid, its output in NAME.log.
start() {
    name=$1
    shift
    "$@" >>"$work/$name.log" 2>&1 &
    pid=$!
    children="$children $pid"
}

# within command...: tries until it succeeds, for as long as patience lasts.
within() {
    deadline=$(($(date +%s) + patience))
    while [ "$(date +%s)" -le "$deadline" ]; do
        "$@" && return 0
        sleep 0.1
    done
    echo "     waited $patience s for: $*"
    return 1
}

# free_ports N: ports of 127.0.0.1 that stay free for a test's programs.
free_ports() { "$python" "$(dirname "$0")/../ports.py" "$1"; }

gone() { ! kill -0 "$1" 2>/dev/null; }

# ends_well PID: the process ends within patience, with status 0.
ends_well() {
    within gone "$1" || return 1
    wait "$1"
    status=$?
    [ "$status" -eq 0 ] || echo "     ended with status $status"
    return "$status"
}

# The accounting of a record or summary closes, in all and, in a summary, at every UE.
closes='all(r["sent"] == r["acked"] + r["lost_channel"] + r["timed_out"] + r["refused"] +
                           r["not_decoded"] and 0 <= r["needs_key"] <= r["not_decoded"]
            for f in s for r in [f.get("reports") or f["counts"]] +
                                [u.get("counts", u) for u in f.get("per_ue") or f["ues"]])'
