#!/bin/sh
# The Python package over the library of this build: tests/python.
. "$(dirname "$0")/lib.sh"
root=$(cd "$(dirname "$0")/../.." && pwd)
library=$(cd "$CSILINK_BIN/../lib" && pwd)/libcsilink.so.0

if ! "$python" -c 'import numpy' 2>/dev/null; then
    skip "the Python package: python3-numpy is not installed"
    finish
fi
# A sanitizer wants to be loaded before the interpreter is.
if nm -D "$library" | grep -q ' U __[a-z]*san_init'; then
    skip "the Python package: the library has a sanitizer in it"
    finish
fi
rm -rf "$work" # the last line below ends this script
PYTHONPATH=$root/python CSILINK_LIBRARY=$library CSILINK_PROGRAM=$csilink PYTHONDONTWRITEBYTECODE=1
export PYTHONPATH CSILINK_LIBRARY CSILINK_PROGRAM PYTHONDONTWRITEBYTECODE
exec "$python" "$root/tests/python/run.py"
