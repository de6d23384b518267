#!/bin/sh
# Runs every test of a build (CSILINK_BUILD, default build) and closes with one line of totals.
# Unit and conformance tests are programs; integration tests are scripts that drive the real
# programs. Each ends with "N passed, N failed, N skipped", within CSILINK_TEST_LIMIT seconds (900).
# CSILINK_TESTS, a list of names such as "test_link restart.sh", runs only those.
set -u
build=${CSILINK_BUILD:-build}
mkdir -p "$build/bin" # a selection of unit tests needs no program
CSILINK_BIN=$(cd "$build/bin" && pwd)
export CSILINK_BUILD="$build" CSILINK_BIN
export TSAN_OPTIONS="${TSAN_OPTIONS:-suppressions=$(cd "$(dirname "$0")" && pwd)/tsan.supp}"
log=$(mktemp) times=$(mktemp)
trap 'rm -f "$log" "$times"' EXIT

total_passed=0 total_failed=0 total_skipped=0
wanted() {
    [ -x "$1" ] || return 1
    [ -n "${CSILINK_TESTS:-}" ] || return 0
    case " $CSILINK_TESTS " in *" ${1##*/} "*) return 0 ;; esac
    return 1
}

run_one() {
    begin=$(date +%s)
    timeout -k 10 "${CSILINK_TEST_LIMIT:-900}" ${CSILINK_WRAP:-} "$@" >"$log" 2>&1
    status=$?
    echo "$(($(date +%s) - begin)) ${1##*/}" >>"$times"
    cat "$log"
    set -- "$1" $(tail -n 1 "$log" | tr -cd '0-9 ')
    if [ "$#" -ne 4 ] || { [ "$status" -ne 0 ] && [ "$3" -eq 0 ]; }; then
        echo "  FAIL  $1 ended with status $status before it could count its tests"
        total_failed=$((total_failed + 1))
        return
    fi
    total_passed=$((total_passed + $2))
    total_failed=$((total_failed + $3))
    total_skipped=$((total_skipped + $4))
}

for program in "$build"/test/test_*; do
    wanted "$program" && run_one "$program"
done
for script in tests/conformance/*.sh tests/integration/*.sh; do
    wanted "$script" && run_one "$script"
done

echo "longest, in seconds: $(sort -rn "$times" | head -n 8 | sed 's/\([0-9]*\) \(.*\)/\2 \1/' | paste -sd ,)"
echo "$total_passed passed, $total_failed failed, $total_skipped skipped"
[ "$total_failed" -eq 0 ] && [ "$total_passed" -gt 0 ]
