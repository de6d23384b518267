#!/bin/sh
# Runs every test of a build (CSILINK_BUILD, default build) and closes with one line of totals.
# Unit and conformance tests are programs; integration tests are scripts that drive the real
# programs. Each ends with "N passed, N failed, N skipped", within CSILINK_TEST_LIMIT seconds (900).
# CSILINK_TESTS, a list of names such as "test_link restart.sh", runs only those.
#
# CSILINK_TEST_JOBS tests run at a time, and print when they end: by default half as many again as there
# are processors, since scripts mostly wait for runs whose length is set (memory.sh, keys.sh, ends.sh).
# A script whose head has the line "# Runs alone: WHY" runs after the others, by itself.
set -u
build=${CSILINK_BUILD:-build}
mkdir -p "$build/bin" # a selection of unit tests needs no program
CSILINK_BIN=$(cd "$build/bin" && pwd)
export CSILINK_BUILD="$build" CSILINK_BIN
export TSAN_OPTIONS="${TSAN_OPTIONS:-suppressions=$(cd "$(dirname "$0")" && pwd)/tsan.supp}"

# One test, by a process of its own: its output in one piece, its counts and its seconds as a line of
# $results/NAME: "PASSED FAILED SKIPPED SECONDS".
run_one() {
    name=${1##*/} log=$results/$name.log begin=$(date +%s)
    timeout -k 10 "${CSILINK_TEST_LIMIT:-900}" ${CSILINK_WRAP:-} "$1" >"$log" 2>&1
    status=$?
    seconds=$(($(date +%s) - begin)) test=$1
    # A line of another form, the last of a test that was ended, has no counts.
    set -- $(tail -n 1 "$log" | sed -n 's/^\([0-9]*\) passed, \([0-9]*\) failed, \([0-9]*\) skipped$/\1 \2 \3/p')
    if [ "$#" -ne 3 ] || { [ "$status" -ne 0 ] && [ "$2" -eq 0 ]; }; then
        echo "  FAIL  $test ended with status $status before it could count its tests" >>"$log"
        set -- 0 1 0
    fi
    echo "$1 $2 $3 $seconds" >"$results/$name.counts"
    flock "$results" cat "$log"
}

if [ "${1:-}" = --one ]; then
    results=$2 && run_one "$3"
    exit 0
fi

results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT
trap 'exit 1' INT TERM
wanted() {
    [ -x "$1" ] || return 1
    [ -n "${CSILINK_TESTS:-}" ] || return 0
    case " $CSILINK_TESTS " in *" ${1##*/} "*) return 0 ;; esac
    return 1
}
alone() { grep -q '^# Runs alone: ' "$1"; }
# The names of tests have no spaces.
run_all() { xargs -r -P "$1" -n 1 "$0" --one "$results"; }

# Begun first, so that none of them is left when all others have ended. The longest of a suite are on its
# last line but one; a name that is not here costs time, nothing else.
longest="memory.sh test_klt_numpy keys.sh sweep.sh restart.sh hostile.sh ends.sh train.sh streams.sh
    scenario.sh monitor.sh league.sh run.sh record.sh"
is_long() {
    case " $(echo $longest) " in *" ${1##*/} "*) return 0 ;; esac
    return 1
}

for test in tests/conformance/*.sh tests/integration/*.sh "$build"/test/test_*; do
    wanted "$test" || continue
    if [ "${test%.sh}" != "$test" ] && alone "$test"; then
        echo "$test" >>"$results/alone"
    elif is_long "$test"; then
        echo "$test" >>"$results/first"
    else
        echo "$test" >>"$results/together"
    fi
done
touch "$results/first" "$results/together" "$results/alone"
for name in $longest; do
    grep "/$name\$" "$results/first"
done | cat - "$results/together" | run_all "${CSILINK_TEST_JOBS:-$((($(nproc) * 3 + 1) / 2))}"
run_all 1 <"$results/alone"

cd "$results" && touch none.counts || exit 1
echo "longest, in seconds: $(grep . ./*.counts | sed 's|^\./\(.*\)\.counts:.* \([0-9]*\)$|\2 \1|' |
    sort -rn | head -n 8 | sed 's/\([0-9]*\) \(.*\)/\2 \1/' | paste -sd ,)"
cat ./*.counts | awk '{ p += $1; f += $2; s += $3 }
    END { printf "%d passed, %d failed, %d skipped\n", p, f, s; exit !(f == 0 && p > 0) }'
