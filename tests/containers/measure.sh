#!/bin/sh
# What containers cost: the time from the start of a cell's three containers to its first
# acknowledged report, and the median latency of reports across containers on a bridge network beside
# that of the bare processes over tcp, in turns. Needs the image: run.sh builds it.
#
#   CSILINK_BIN=build/bin tests/containers/measure.sh [ROUNDS [SECONDS]]
cd "$(dirname "$0")/../.." || exit 1
. tests/integration/lib.sh
. tests/containers/engine.sh
rounds=${1:-5} seconds=${2:-4}
network=csilink-test-measure
podman image exists "$image" || without_engine "no $image: run tests/containers/run.sh first"
podman network create $network >/dev/null 2>&1
remove_all() {
    podman rm --force --time 0 $network-bs $network-sim $network-ue
    podman network rm --force $network
    clean_up
}
trap 'remove_all >/dev/null 2>&1' EXIT

# container NAME options... -- command...
container() {
    name=$network-$1
    shift
    podman run --name "$name" --network $network --read-only "$@" 2>&1
}
servers() {
    container bs --detach "$image" bs-server --listen 'tcp://*:5602' --insecure --workers 2 >/dev/null &
    container sim --detach "$image" channel-sim --listen 'tcp://*:5601' --insecure --snr 10 \
        --connect tcp://$network-bs:5602 >/dev/null &
}
stop_containers() { podman rm --force --time 0 $network-bs $network-sim $network-ue >/dev/null 2>&1; }

# Seconds from the first `podman run` to the log line of an agent that ended because its one report
# was acknowledged. Where the servers were not there yet the report was refused or timed out, and the
# agent is started again, as a deployment would: the time runs on.
first_ack() {
    start=$(date +%s.%N)
    servers
    until container ue --rm "$image" ue-agent --connect tcp://$network-sim:5601 --ues 1 \
        --duration 10ms --timeout 500ms >"$work/ue" && grep -q "1 acknowledged" "$work/ue"; do :; done
    end=$(sed -n 's/^\([0-9:.]*\) .*1 acknowledged.*/\1/p' "$work/ue")
    wait
    stop_containers
    "$python" -c "print('%.2f' % ($(date -u -d "$end" +%s.%N) - $start))"
}

# The median that an agent of 8 UEs, a report every 50 ms each, tells of its reports, in us.
median() { sed -n 's/.*latency p50 \([0-9]*\) .*/\1/p' "$1"; }
load="--ues 8 --period 50 --duration ${seconds}s --channel cost2100-indoor --workers 2"

bridged() {
    servers
    wait
    container ue --rm "$image" ue-agent --connect tcp://$network-sim:5601 $load >"$work/ue"
    stop_containers
    median "$work/ue"
}

bare() {
    "$CSILINK_BIN/bs-server" --workers 2 2>/dev/null &
    first=$!
    "$CSILINK_BIN/channel-sim" --snr 10 2>/dev/null &
    second=$!
    "$CSILINK_BIN/ue-agent" $load >"$work/ue" 2>&1
    kill $first $second
    wait
    median "$work/ue"
}

i=0
while [ $i -lt "$rounds" ]; do
    first_ack >>"$work/first"
    bare >>"$work/bare"
    bridged >>"$work/bridged"
    i=$((i + 1))
done
"$python" - "$work/first" "$work/bare" "$work/bridged" <<'PYTHON'
import statistics
import sys

first, bare, bridged = ([float(line) for line in open(name)] for name in sys.argv[1:])
print("start to first acknowledged report: %.2f s (median of %d), %.2f to %.2f s"
      % (statistics.median(first), len(first), min(first), max(first)))
print("median latency: bare over tcp %.0f us (%s), bridge %.0f us (%s): %.2f times"
      % (statistics.median(bare), " ".join("%.0f" % x for x in bare), statistics.median(bridged),
         " ".join("%.0f" % x for x in bridged), statistics.median(bridged) / statistics.median(bare)))
PYTHON
