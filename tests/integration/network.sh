#!/bin/sh
# Addresses, and peers that hold up others by what they do on the network alone.
. "$(dirname "$0")/lib.sh"
stranger=$tools/stranger

# --- addresses ----------------------------------------------------------------------------------

long=$("$python" -c 'print("ipc:///" + "x" * 107)')
for program in bs-server channel-sim; do
    law "$program: a port beyond the last" fails_with 2 "the port '99999' is not a number" \
        "$CSILINK_BIN/$program" --listen tcp://127.0.0.1:99999
    law "$program: no port" fails_with 2 "it has no port; write one such as tcp://host:5601" \
        "$CSILINK_BIN/$program" --listen tcp://host
    law "$program: no path" fails_with 2 "it has no path" "$CSILINK_BIN/$program" --listen ipc://
    law "$program: a path that is too long" fails_with 2 "up to 107" \
        "$CSILINK_BIN/$program" --telemetry "$long"
done
law "channel-sim: nobody connects to every address" fails_with 2 "--connect: 'tcp://*:5602'" \
    "$CSILINK_BIN/channel-sim" --connect 'tcp://*:5602'
law "ue-agent: an IPv6 address without brackets" fails_with 2 "[::1]" \
    "$CSILINK_BIN/ue-agent" --connect tcp://::1:5601
law "ctl: an address of another kind" fails_with 2 "tcp://host:port" \
    "$csilink" ctl show --endpoint udp://127.0.0.1:5603
law "monitor: the second of several" fails_with 2 "'tcp://b:0'" \
    "$csilink" monitor --telemetry tcp://a:1,tcp://b:0
law "a variable is checked, too" fails_with 2 "CSILINK_CONNECT: 'tcp://:5'" \
    env CSILINK_CONNECT=tcp://:5 "$CSILINK_BIN/ue-agent"

# cell HOST: a base station, a channel-sim and an agent there; the agent's record is in cell.json.
cell() {
    set -- "$1" $(free_ports 3)
    start bs "$CSILINK_BIN/bs-server" --listen "tcp://$1:$2" --telemetry "ipc://$work/t0"
    bs=$pid
    start sim "$CSILINK_BIN/channel-sim" --listen "tcp://$1:$3" --connect "tcp://$1:$2" \
        --control "tcp://$1:$4" --telemetry "ipc://$work/t1" --snr 20
    sim=$pid sim_port=$3 bs_port=$2
    within "$csilink" ctl show --endpoint "tcp://$1:$4" >"$work/out" 2>&1 || return 1
    start agent "$CSILINK_BIN/ue-agent" --connect "tcp://$1:$3" --ues 4 --period 50 \
        --duration 500ms --telemetry "ipc://$work/t2" --record "$work/cell.json"
    # Reports of the time in which the two have not found each other yet are refused.
    ends_well $pid && holds "$closes and s[0]['counts']['acked'] > 0" "$work/cell.json"
}
if "$python" -c 'import socket; socket.socket(socket.AF_INET6).bind(("::1", 0))' 2>"$work/expected"
then
    law "a cell over IPv6" cell '[::1]'
    kill $bs $sim
else
    skip "no IPv6 here: a cell over [::1]"
fi
law "a cell over localhost, by name" cell localhost

# --- identities that are claimed ----------------------------------------------------------------

# Whoever knows the next number that a ROUTER gives makes libzmq abort when the next peer connects.
start claim "$stranger" claim "$sim_port" 64
claiming=$pid
start claim-bs "$stranger" claim "$bs_port" 64
claiming_bs=$pid
law "strangers claim the identities that come first without a seed" eval \
    'within grep -q claimed "$work/claim.log" && within grep -q claimed "$work/claim-bs.log"'
start after "$CSILINK_BIN/ue-agent" --connect "tcp://localhost:$sim_port" --ues 4 --period 50 \
    --duration 500ms --telemetry "ipc://$work/t3" --record "$work/after.json"
law "an honest agent is served all the same" eval 'ends_well $pid &&
    holds "$closes and s[0][\"counts\"][\"acked\"] == 40" "$work/after.json"'
law "both programs are still there" kill -0 $sim $bs

# --- silence ------------------------------------------------------------------------------------

# By itself libzmq waits 30 s for a greeting, which is longer than patience lasts.
start wait "$stranger" wait "$sim_port"
law "a connection that says nothing is ended" within grep -q closed "$work/wait.log"
kill $sim $bs
law "both stop with 0" eval 'ends_well $sim && ends_well $bs'

# --- a name that nobody answers for -------------------------------------------------------------

# In a network of its own the resolver is this tool, which answers nothing.
cat >"$work/deaf.sh" <<'DEAF'
ip link set lo up && mount --bind "$work/resolv.conf" /etc/resolv.conf || exit 9
"$stranger" deaf 53 >"$work/deaf.log" &
deaf=$!
for i in 1 2 3 4 5 6 7 8 9 10; do grep -q ready "$work/deaf.log" && break || sleep 0.5; done
"$CSILINK_BIN/channel-sim" --listen "ipc://$work/deaf-sim" --connect tcp://nobody.example:5602 \
    --control "ipc://$work/deaf-control" --telemetry "ipc://$work/deaf-t" >"$work/deaf-sim.log" 2>&1 &
sim=$!
for i in 1 2 3 4 5 6 7 8 9 10; do grep -q asked "$work/deaf.log" && break || sleep 0.5; done
grep -q asked "$work/deaf.log" || exit 8
"$CSILINK_BIN/csilink" ctl show --endpoint "ipc://$work/deaf-control" && 
    "$CSILINK_BIN/ue-agent" --connect "ipc://$work/deaf-sim" --ues 2 --duration 100ms \
        --channel rayleigh --telemetry "ipc://$work/deaf-ue" --record "$work/deaf.json"
status=$?
kill -9 $sim $deaf
exit $status
DEAF
printf 'nameserver 127.0.0.1\noptions timeout:30 attempts:1\n' >"$work/resolv.conf"
export work stranger
apart() { unshare --user --map-root-user --net --mount "$@"; }
if apart sh -c 'ip link set lo up && mount --bind "$work/resolv.conf" /etc/resolv.conf' \
    2>"$work/expected"; then
    law "channel-sim serves control and agents while a name is looked up in vain" eval '
        apart sh "$work/deaf.sh" >"$work/deaf.out" 2>&1 ||
            { echo "     status $?"; tail -3 "$work/deaf.out"; false; }'
    law "it refuses their reports, with the reason" eval 'holds "$closes
        and s[0][\"counts\"][\"refused\"] == s[0][\"counts\"][\"sent\"] > 0" "$work/deaf.json"'
else
    skip "no network or mount namespaces here: a resolver that does not answer"
fi

# --- ports --------------------------------------------------------------------------------------

# Where the system has few ports to give, a run's connections would take those of its listeners.
cat >"$work/few.sh" <<'FEW'
ip link set lo up && echo "40000 40055" >/proc/sys/net/ipv4/ip_local_port_range || exit 9
"$CSILINK_BIN/csilink" run --transport tcp --insecure --agents 8 --ues 8 --period 20 \
    --duration 300ms --json --record none --runs "$work/few" >"$work/few.json"
FEW
if apart sh -c 'ip link set lo up && test -w /proc/sys/net/ipv4/ip_local_port_range' \
    2>"$work/expected"; then
    for again in 1 2 3; do
        law "run keeps its ports for its programs, $again" eval '
            apart sh "$work/few.sh" >"$work/few.out" 2>&1 &&
                holds "$closes and s[0][\"reports\"][\"sent\"] > 0" "$work/few.json" ||
                { tail -3 "$work/few.out"; false; }'
    done
else
    skip "no network namespaces here: run keeps its ports"
fi
finish
