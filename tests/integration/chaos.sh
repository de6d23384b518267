#!/bin/sh
# One minute of `make test-chaos`: kills, stops, floods, full disks and changes of the air, all at once.
# Runs alone: it judges what is left in /tmp and how late honest reports are.
exec /usr/bin/python3 "$(dirname "$0")/../chaos/chaos.py" --bin "${CSILINK_BIN:?folder of the programs}" \
    --seconds "${CSILINK_CHAOS_SECONDS:-60}" --seed "${CSILINK_CHAOS_SEED:-1}"
