#!/bin/sh
# Keys: who has them gets in by its role, and nobody else: nothing comes in from strangers, and
# nothing goes out to them. A revoked peer is cut off while the others go on.
. "$(dirname "$0")/lib.sh"
stranger=$tools/stranger
keys=$work/keys
new() { "$csilink" keys new --keys "$keys" "$@" >>"$work/new.log"; }

# --- the command --------------------------------------------------------------------------------

law "certificates are made" eval 'new station controller watcher &&
    new agent-1 --ues 0-3 && new agent-2 --ues 4-7 && new agent-3 --ues 8-11,20'
law "secrets are their owner's alone, whatever the umask" eval '(umask 0 && new watcher-open) &&
    [ -z "$(find "$keys/secret" -name "*_secret" -perm /077)" ] &&
    [ "$(stat -c %a "$keys/secret")" = 700 ] &&
    [ -z "$(find "$keys/allowed" -type f -exec grep -l secret-key {} +)" ]'
law "show says who is who" eval '"$csilink" keys show --keys "$keys" >"$work/shown" &&
    grep -q "^agent-3 .* agent .* UEs 8-11,20" "$work/shown" &&
    [ "$(wc -l <"$work/shown")" -eq 7 ]'
law "a name is not made twice" fails_with 1 "already has a certificate called station" \
    "$csilink" keys new --keys "$keys" station
law "and --keep passes over it" "$csilink" keys new --keys "$keys" --keep station
law "a name without a role needs --role" fails_with 2 "give --role" \
    "$csilink" keys new --keys "$keys" bob
law "an agent needs UEs" fails_with 2 "give --ues" "$csilink" keys new --keys "$keys" agent-9
law "UE numbers have a range" fails_with 2 "from 0 to 999999" \
    "$csilink" keys new --keys "$keys" agent-9 --ues 0-1000000
law "a name is no path" fails_with 2 "is not a certificate's name" \
    "$csilink" keys new --keys "$keys" ../agent --ues 1
law "a secret certificate admits nobody" fails_with 1 "must stay with its owner" \
    "$csilink" keys allow --keys "$keys" "$keys/secret/agent-1_secret"
law "a file that is no certificate is named" fails_with 1 "lib.sh" \
    "$csilink" keys allow --keys "$keys" "$(dirname "$0")/lib.sh"
law "another key does not take a name that is there" eval '"$csilink" keys new agent-1 --ues 7 \
        --keys "$work/other" >"$work/out" && fails_with 1 "with another key or role" \
        "$csilink" keys allow --keys "$keys" "$work/other/secret/agent-1"'
law "who is not there cannot be revoked" fails_with 1 "no certificate called agent-9" \
    "$csilink" keys revoke --keys "$keys" agent-9

if "$python" -c 'import ctypes; ctypes.CDLL("libczmq.so.4")' 2>"$work/expected"; then
    law "czmq reads a certificate, and csilink one of czmq's" eval '"$python" - "$keys" "$work/theirs" <<"PYTHON" &&
import ctypes, sys
z, p = ctypes.CDLL("libczmq.so.4"), ctypes.c_void_p
z.zcert_load.restype = z.zcert_new.restype = p
for f in (z.zcert_public_txt, z.zcert_secret_txt, z.zcert_meta):
    f.restype = ctypes.c_char_p
def load(path):
    return p(z.zcert_load(path.encode()))
secret, public = load(sys.argv[1] + "/secret/agent-1"), load(sys.argv[1] + "/allowed/agent/agent-1")
assert secret and public and z.zcert_public_txt(secret) == z.zcert_public_txt(public)
assert z.zcert_secret_txt(secret).decode() in open(sys.argv[1] + "/secret/agent-1_secret").read()
assert z.zcert_secret_txt(public) == b"0" * 40
assert z.zcert_meta(public, b"role") == b"agent" and z.zcert_meta(public, b"ues") == b"0-3"
assert z.zcert_save(p(z.zcert_new()), sys.argv[2].encode()) == 0
PYTHON
        "$csilink" keys allow --keys "$work/other" "$work/theirs" --role agent --ues 3 >"$work/out"'
else
    skip "czmq reads the files: libczmq is not installed"
fi

# --- a run --------------------------------------------------------------------------------------

# run NAME options...
run() {
    name=$1
    shift
    "$csilink" run --ues 8 --agents 2 --duration 500ms --period 50ms --snr 10 --json --timeout $((5 * slow))s \
        --runs "$work/runs-$name" "$@" >"$work/$name.json" 2>"$work/$name.err" ||
        { cat "$work/$name.err"; return 1; }
}
law "over tcp a run makes keys of its own, and takes them away" eval 'run keyed --transport tcp &&
    private=$(sed -n "s/.*\"keys\":.*\"\(.*\)\".*/\1/p" "$work/runs-keyed/latest/link.json") &&
    [ -n "$private" ] && [ ! -e "$private" ]'
law "and without, where that is asked for" run plain --transport tcp --insecure
law "keys change no figure" eval 'holds "all(
    same(s[0][part], s[1][part]) for part in [\"quality\", \"reports\"])
    and s[0][\"reports\"][\"acked\"] == 80" "$work/keyed.json" "$work/plain.json"'
law "--insecure goes with tcp" fails_with 2 "goes with --transport tcp" \
    "$csilink" run --insecure --runs "$work/none"

# --- a link -------------------------------------------------------------------------------------

set -- $(free_ports 7)
bs_at=tcp://127.0.0.1:$1 sim_at=tcp://127.0.0.1:$2 control_at=tcp://127.0.0.1:$3
bs_says=tcp://127.0.0.1:$4 sim_says=tcp://127.0.0.1:$5 agent_says=tcp://127.0.0.1:$6
other_says=tcp://127.0.0.1:$7
bs() { "$CSILINK_BIN/bs-server" --keys "$keys" --listen $bs_at --telemetry $bs_says "$@"; }
sim() {
    "$CSILINK_BIN/channel-sim" --keys "$keys" --listen $sim_at --connect $bs_at \
        --control $control_at --telemetry $sim_says --snr 20 "$@"
}
start bs "$CSILINK_BIN/bs-server" --keys "$keys" --listen $bs_at --telemetry $bs_says
bs=$pid
start sim "$CSILINK_BIN/channel-sim" --keys "$keys" --listen $sim_at --connect $bs_at \
    --control $control_at --telemetry $sim_says --snr 20
sim=$pid
law "both ends are well, and say so to themselves" eval 'within bs --health >"$work/out" &&
    within sim --health >"$work/out"'

# agent NAME CERTIFICATE FIRST-UE TELEMETRY options...
agent() {
    name=$1 certificate=$2 first=$3 says=$4
    shift 4
    start "$name" "$CSILINK_BIN/ue-agent" --keys "$keys" --certificate "$certificate" \
        --connect $sim_at --telemetry "$says" --first-ue "$first" --ues 4 \
        --period $((50 * slow))ms --timeout $((2 * slow))s --record "$work/$name.json" "$@"
}
agent honest agent-1 0 $agent_says --duration $((1 * slow))s
law "an agent with a key is served" ends_well $pid
law "every report of it is acknowledged" holds "$closes and s[0]['counts']['acked'] == 80" \
    "$work/honest.json"
agent theirs agent-1 2 $agent_says --duration $((1 * slow))s
law "UEs that its certificate does not name are refused, the others are not" eval '
    ends_well $pid && holds "$closes and s[0][\"counts\"][\"acked\"] == 40
        and s[0][\"counts\"][\"refused\"] == 40
        and all(u[\"refused\"] == (0 if u[\"ue\"] < 4 else 20) for u in s[0][\"ues\"])" \
        "$work/theirs.json" &&
    grep -q "certificate agent-1 does not name UE 4; it names 0-3" "$work/sim.log"'

law "a controller changes the link" eval '"$csilink" ctl set snr 15 --endpoint $control_at \
    --keys "$keys" --certificate controller >"$work/out" && grep -q " 15 " "$work/out"'
law "a watcher does not" fails_with 1 "does it admit this certificate" \
    "$csilink" ctl set snr 5 --endpoint $control_at --keys "$keys" --certificate watcher
law "nor does an agent" fails_with 1 "does it admit this certificate" \
    "$csilink" ctl set snr 5 --endpoint $control_at --keys "$keys" --certificate agent-1
law "nor one without keys" fails_with 1 "no answer" \
    "$csilink" ctl set snr 5 --endpoint $control_at
law "and nothing was changed" eval '"$csilink" ctl get snr --endpoint $control_at --keys "$keys" \
    --certificate controller >"$work/out" && grep -q " 15 " "$work/out"'

# hears N ENDPOINT [FOLDER NAME]
hears() {
    want=$1
    shift
    "$stranger" hear "$@" >"$work/heard" && [ "$(cat "$work/heard")" = "heard $want" ] ||
        { cat "$work/heard"; return 1; }
}
law "watchers and controllers hear telemetry" eval 'hears 5 $sim_says "$keys" watcher &&
    hears 5 $bs_says "$keys" controller'
law "agents and stations do not" eval 'hears 0 $sim_says "$keys" agent-1 &&
    hears 0 $bs_says "$keys" agent-1'
law "nor does who has no key" eval 'hears 0 $sim_says && hears 0 $bs_says'
# The same names, the right key of the station, keys that nobody knows.
"$csilink" keys new --keys "$work/wrong" station agent-1 controller watcher --ues 0-3 >"$work/out"
cp "$keys/allowed/station/station" "$work/wrong/allowed/station/station"
law "nor who has one that nobody admitted" hears 0 $sim_says "$work/wrong" watcher
silent() {
    said=$("$stranger" "$@") && [ "$said" = silence ] || { echo "     $said"; return 1; }
}
law "what strangers send finds no ear" eval 'silent send $sim_at && silent send $bs_at &&
    silent ask $control_at && silent send $sim_at "$work/wrong" agent-1 &&
    silent send $bs_at "$work/wrong" station && silent ask $control_at "$work/wrong" controller'
law "nor what comes from the wrong role" eval 'silent send $sim_at "$keys" controller &&
    silent send $sim_at "$keys" station && silent send $bs_at "$keys" agent-1 &&
    silent ask $control_at "$keys" agent-1'
law "who is turned away is named" grep -q \
    "a peer at 127.0.0.1 was turned away: its key .* is not among those of agents" "$work/sim.log"

# --- revoked ------------------------------------------------------------------------------------

count_of() { sed -n "s/.*\"$2\":\([0-9]*\).*/\1/p" "$1" | head -1; }
agent goes agent-1 0 $agent_says --duration $((8 * slow))s
goes=$pid
agent stays agent-2 4 $other_says --duration $((8 * slow))s
stays=$pid
start watch "$stranger" hear "agent-1@$agent_says" "$keys" watcher
law "an agent's telemetry is heard by the name of its certificate" eval 'ends_well $pid &&
    grep -q "heard 5" "$work/watch.log"'
"$csilink" keys revoke --keys "$keys" agent-1 >"$work/out"
law "who is revoked is cut off" within grep -q "1 connection to $sim_at cut off" "$work/sim.log"
law "its agent ends, its reports unanswered" eval 'ends_well $goes && holds "$closes and
    s[0][\"counts\"][\"acked\"] >= 1 and
    s[0][\"counts\"][\"acked\"] < 0.6 * s[0][\"counts\"][\"sent\"]" "$work/goes.json"'
law "every report of the other is acknowledged" eval 'ends_well $stays && holds "$closes and
    s[0][\"counts\"][\"acked\"] == s[0][\"counts\"][\"sent\"] == 640" "$work/stays.json"'
agent again agent-1 0 $agent_says --duration $((8 * slow))s
again=$pid
sleep 1
"$csilink" keys allow --keys "$keys" "$keys/revoked/agent-1" >"$work/out"
law "who is allowed again is served again, without a restart" eval 'ends_well $again &&
    holds "$closes and s[0][\"counts\"][\"acked\"] >= 1" "$work/again.json"'

start cut "$stranger" stay $sim_says "$keys" watcher-open
cut=$pid
start on "$stranger" stay $sim_says "$keys" watcher
within grep -q hears "$work/cut.log" && within grep -q hears "$work/on.log"
"$csilink" keys revoke --keys "$keys" watcher-open >"$work/out"
law "a watcher that is revoked while it listens hears nothing more" ends_well $cut
law "others hear on" kill -0 $pid
law "it does not come back" hears 0 $sim_says "$keys" watcher-open
kill $pid
law "who is not admitted reads why in its log" grep -q \
    "$sim_at does not admit the certificate agent-1; trying again" "$work/again.log"

# The other way round: an agent whose own folder no longer names the station leaves it.
mkdir -p "$work/far/allowed/station" "$work/far/secret"
cp -p "$keys/secret/agent-1_secret" "$work/far/secret/"
cp "$keys/allowed/station/station" "$work/far/allowed/station/"
start leaves "$CSILINK_BIN/ue-agent" --keys "$work/far" --connect $sim_at --telemetry $agent_says \
    --ues 4 --period $((50 * slow))ms --duration $((6 * slow))s --record "$work/leaves.json" \
    --timeout $((2 * slow))s
leaves=$pid
sleep $slow
rm "$work/far/allowed/station/station"
law "an agent leaves a station that its folder does not name any more" eval 'ends_well $leaves &&
    grep -q "$sim_at is left" "$work/leaves.log" && holds "$closes and
    s[0][\"counts\"][\"refused\"] > 0.4 * s[0][\"counts\"][\"sent\"]" "$work/leaves.json"'

kill -TERM $sim $bs
law "both ends stop with 0" eval 'ends_well $sim && ends_well $bs'

# --- open addresses -----------------------------------------------------------------------------

for address in 'tcp://*:5999' tcp://0.0.0.0:5999 'tcp://[::]:5999' tcp://10.255.255.1:5999; do
    law "$address without keys is refused" fails_with 2 "is open to other machines" \
        "$CSILINK_BIN/bs-server" --listen "$address" --telemetry "ipc://$work/t"
done
law "so is an open control address" fails_with 2 "let everybody who reaches it change the link" \
    "$CSILINK_BIN/channel-sim" --control 'tcp://*:5999' --telemetry "ipc://$work/t"
law "so is open telemetry of an agent" fails_with 2 "let everybody who reaches it watch it" \
    "$CSILINK_BIN/ue-agent" --telemetry 'tcp://*:5999'
law "keys and --insecure exclude each other" fails_with 2 "exclude each other" \
    "$CSILINK_BIN/bs-server" --listen 'tcp://*:5999' --keys "$keys" --insecure
start open "$CSILINK_BIN/bs-server" --listen 'tcp://*:0' --telemetry "ipc://$work/open" --insecure
law "--insecure serves, and says what it opens" within grep -q \
    "warning: --insecure: everybody who reaches tcp://\*:0 may report as any UE" "$work/open.log"
kill -TERM $pid
law "a folder without certificates is named" fails_with 1 "csilink keys new" \
    "$CSILINK_BIN/bs-server" --keys "$work/none" --listen "ipc://$work/x"
chmod 644 "$keys/secret/station_secret"
law "a secret that others may read is refused" fails_with 1 "chmod 600" \
    "$CSILINK_BIN/bs-server" --keys "$keys" --certificate station --listen "ipc://$work/x" \
    --telemetry "ipc://$work/t"
finish
