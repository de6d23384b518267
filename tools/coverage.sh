#!/bin/sh
# Which lines of common/ the tests run: `make coverage`. Builds with gcc's --coverage into build/coverage, runs
# the unit and conformance tests, corpora of the fuzz targets and the scripts below, and prints gcovr's
# table, the worst files first, and its totals. build/coverage/html/lines.html shows each line.
#
#   tools/coverage.sh [MAKE]        CSILINK_TESTS: other tests, by name
set -eu
make=${1:-make}
cd "$(dirname "$0")/.."
build=build/coverage

# The scripts that go where unit tests do not: sockets, files, whole runs.
scripts="design.sh digital.sh directions.sh eval.sh fuzz_corpus.sh golden.sh hostile.sh keys.sh latency.sh
    manual.sh memory.sh network.sh quantize.sh record.sh restart.sh run.sh scenario.sh train.sh uplinks.sh"
tests=${CSILINK_TESTS:-$(ls tests/unit/test_*.c tests/conformance/test_*.c | sed 's|.*/\(.*\)\.c|\1|') $scripts}
tests=$(echo $tests) # on one line

[ ! -d $build ] || find $build -name '*.gcda' -delete
status=0
$make --no-print-directory COVERAGE=1 CSILINK_TEST_SLOW=4 CSILINK_TESTS="$tests" test || status=$?
mkdir -p $build/html
gcovr --root . --filter 'common/' --exclude-throw-branches --gcov-ignore-parse-errors --sort-percentage \
    --html-details $build/html/lines.html --print-summary $build
exit $status
