#!/bin/sh
# The golden digits: every point of tests/golden gives the figures that it gave, to the last digit on
# the machine that they were made on. tests/golden/README.md says what to do where one is meant to
# change.
. "$(dirname "$0")/lib.sh"
GOLDEN_WORK=$work
export GOLDEN_WORK CSILINK_BIN

golden() { "$python" "$(dirname "$0")/../golden/golden.py" "$@"; }

law "the output names the machine and the tolerance" golden machine
law "each point has its digits, and each of the digits a point" golden complete
names=$(golden names)
law "there are points" test -n "$names"
for name in $names; do
    law "$name gives its digits" golden check "$name"
done
finish
