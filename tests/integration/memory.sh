#!/bin/sh
# A codec with memory on a moving channel: figures repeat under loss whoever carries the UEs, nothing
# but a base station that lost its memory makes a report need a key, and each end recovers when the
# other starts anew. Reports in outage are not decoded, and counted.
. "$(dirname "$0")/lib.sh"

period=$((25 * slow))
speed=$(awk "BEGIN { print 10 / $slow }") # the channel moves as far from report to report
moving="--codec dpcm --channel rayleigh:eva --speed $speed --snr 10 --seed 3 --ues 4"
# 40 reports a UE.
cell="$moving --duration $slow --period ${period}ms --timeout $((5 * slow))"

# run NAME options...: quietly; its summary goes to NAME.json.
run() {
    name=$1
    shift
    "$csilink" run --runs "$work/$name" --json "$@" >"$work/$name.json" 2>"$work/$name.err" ||
        { cat "$work/$name.err" && return 1; }
}

# csv EXPRESSION RUN...: a Python expression over the runs' rows (r[0], ...) and summaries (s[0]).
# of(rows, column, status) are the cells that are not empty, by (UE, seq), of that status or of all.
csv() {
    expression=$1
    shift
    "$python" - "$expression" "$work" "$@" <<'PYTHON'
import csv, json, math, sys
folders = [f"{sys.argv[2]}/{name}/latest" for name in sys.argv[3:]]
r = [list(csv.DictReader(open(f + "/reports.csv"))) for f in folders]
s = [json.load(open(f + "/summary.json")) for f in folders]


def of(rows, column, status=None):
    return {(int(x["ue"]), int(x["seq"])): x[column] for x in rows
            if x[column] and status in (None, x["status"])}


def counted(rows, status):
    return sum(x["status"] == status for x in rows)


def closes(f):
    return all(n["sent"] == n["acked"] + n["lost_channel"] + n["timed_out"] + n["refused"]
               + n["not_decoded"] for n in [f["reports"]] + f["per_ue"])


def kinds(f):
    return {k: f["throughput"][k] for k in ("keys", "innovations")}


# To the last bit in whole numbers; channel uses are added up in each agent's order.
def same_kinds(f, g):
    return all(math.isclose(x[n], y[n], rel_tol=1e-12 if n == "channel_uses" else 0)
               for x, y in zip(kinds(f).values(), kinds(g).values()) for n in x)


def kinds_add_up(f):
    k = kinds(f).values()
    return (sum(x["sent"] for x in k) == f["reports"]["sent"]
            and sum(x["acked"] for x in k) == f["reports"]["acked"]
            and all(math.isclose(sum(x["acked"] * x[n] for x in k if x["acked"]),
                                 f["reports"]["acked"] * f["throughput"][n], rel_tol=1e-12)
                    for n in ("bits_per_report", "channel_uses")))


good = eval("(" + sys.argv[1] + ")")
if not good:
    print("     does not hold:", " ".join(sys.argv[1].split()))
sys.exit(0 if good else 1)
PYTHON
}

# --- figures repeat -------------------------------------------------------------------------------

for delay in 1 3; do
    law "a run under loss, acknowledgements counting after $delay" run one$delay $cell --loss 0.1 \
        --ack-delay $delay --workers 1
    law "again, with two workers" run two$delay $cell --loss 0.1 --ack-delay $delay --workers 2
    law "again, on two agents" run agents2$delay $cell --loss 0.1 --ack-delay $delay --agents 2 \
        --workers 2
    law "again, an agent for each UE" run agents4$delay $cell --loss 0.1 --ack-delay $delay \
        --agents 4 --workers 1
    law "the NMSE of every report is the same each time, in all its digits" csv '
        all(of(x, "nmse_db") == of(r[0], "nmse_db") for x in r)
        and len(of(r[0], "nmse_db", "acked")) == s[0]["reports"]["acked"] > 100' \
        one$delay two$delay agents2$delay agents4$delay
    law "so is what became of it: a tenth is lost, and no loss makes a report need a key" csv '
        all(of(x, "status") == of(r[0], "status") for x in r)
        and {x["status"] for x in r[0]} == {"acked", "lost_channel"}
        and 4 <= counted(r[0], "lost_channel") <= 36 and all(map(closes, s))' \
        one$delay two$delay agents2$delay agents4$delay
    law "without loss, too" run whole$delay $cell --ack-delay $delay --agents 2
    law "without loss the link is the evaluation" eval '
        "$csilink" eval $moving --samples 160 --period ${period}ms --ack-delay $delay --json \
            >"$work/eval.json" && holds "s[0][\"reports\"][\"acked\"] == 160
            and abs(s[0][\"quality\"][\"nmse_db\"] - s[1][\"rows\"][0][\"nmse_db\"]) < 1e-9" \
            "$work/whole$delay.json" "$work/eval.json"'
    # A report whose predecessors all arrived builds on the same with and without loss.
    law "up to the first loss of a UE its reports are those of the run without loss" csv '
        all(of(r[0], "nmse_db")[u, q] == of(r[1], "nmse_db")[u, q]
            for u in range(4)
            for q in range(min(x[1] for x in of(r[0], "ue", "lost_channel") if x[0] == u)))
        and of(r[0], "nmse_db") != of(r[1], "nmse_db", "acked")' one$delay whole$delay
done
law "the memory is used: the delay decides the figures" csv '
    s[0]["quality"]["nmse_db"] < s[1]["quality"]["nmse_db"] - 0.1' whole1 whole3
law "with acknowledgements as they come the link works, though it does not repeat" run asap $cell \
    --loss 0.1 --ack-delay 0 --agents 2
law "its losses are those of the others, and its accounting closes" csv '
    of(r[0], "status") == of(r[1], "status") and closes(s[0])' asap one1

# delta-klt and delta-net: golden in the same sense, whoever carries the UEs; and as the evaluation
# under loss, bits and channel uses of keys and of the others included.
slow_moving="--channel uma-nlos --carrier 300e6 --speed $speed --snr 10 --seed 3 --ues 4"
slow_cell="$slow_moving --duration $slow --period ${period}ms --timeout $((5 * slow)) --loss 0.15"
for codec in "delta-klt:klt-uma-nlos,bits=200,key-bits=400,gop=15" delta-klt:klt-uma-nlos,cr=8 \
    "delta-net:csilink-net-cr16-uma-nlos,values=64,gop=15"; do
    for agents in 1 2 4; do
        law "$codec under loss on $agents agents" run delta$agents $slow_cell --codec "$codec" \
            --agents $agents --key-age 4
    done
    law "every report has the same NMSE and bits each time, and none needs a key" csv '
        all(of(x, "nmse_db") == of(r[0], "nmse_db") and of(x, "bits") == of(r[0], "bits") for x in r)
        and counted(r[0], "lost_channel") > 8 and counted(r[0], "needs_key") == 0
        and all(map(closes, s))' delta1 delta2 delta4
    law "keys and innovations are all that was sent, and their means make the mean of all" csv '
        kinds_add_up(s[0]) and kinds(s[0])["keys"]["sent"] >= 4
        and kinds(s[0])["innovations"]["sent"] > 0
        and all(same_kinds(x, s[0]) for x in s)' delta1 delta2 delta4
    law "and they are the evaluation's" eval '
        "$csilink" eval $slow_moving --samples 160 --period ${period}ms --loss 0.15 --key-age 4 \
            --codec "$codec" --json >"$work/eval.json" &&
        holds "s[0][\"reports\"][\"lost_channel\"] == s[1][\"rows\"][0][\"lost\"]
            and abs(s[0][\"quality\"][\"nmse_db\"] - s[1][\"rows\"][0][\"nmse_db\"]) < 1e-9
            and all(abs(s[0][\"throughput\"][x] - s[1][\"rows\"][0][x]) < 1e-9
                for x in (\"bits_per_report\", \"channel_uses\"))" \
            "$work/delta1.json" "$work/eval.json"'
done

# The digital uplink: a key and an innovation are charged their own lengths.
for codec in "delta-klt:klt-uma-nlos,bits=200,key-bits=400,gop=15" \
    "delta-net:csilink-net-cr16-uma-nlos,values=64,gop=15"; do
    digital="--codec $codec --uplink digital:r3,qpsk,rate=1/3"
    for agents in 1 2; do
        law "$codec over digital under loss on $agents agents" run coded$agents $slow_cell $digital \
            --agents $agents
    done
    law "each kind takes the symbols of its own bits, and an innovation the fewer" csv '
        all(k["channel_uses"] == 8 + math.ceil(1.5 * k["bits_per_report"])
            for k in kinds(s[0]).values())
        and kinds(s[0])["innovations"]["bits_per_report"] < kinds(s[0])["keys"]["bits_per_report"]
        and {float(x) for x in of(r[0], "bits", "acked").values()}
            == {k["bits_per_report"] for k in kinds(s[0]).values()}
        and kinds_add_up(s[0]) and same_kinds(s[1], s[0]) and all(map(closes, s))
        and of(r[0], "nmse_db") == of(r[1], "nmse_db")
        and counted(r[0], "lost_channel") > 8 and counted(r[0], "acked") > 120' coded1 coded2
    law "and they are the evaluation's" eval '
        "$csilink" eval $slow_moving --samples 160 --period ${period}ms --loss 0.15 $digital \
            --json >"$work/eval.json" &&
        holds "abs(s[0][\"quality\"][\"nmse_db\"] - s[1][\"rows\"][0][\"nmse_db\"]) < 1e-9
            and all(abs(s[0][\"throughput\"][x] - s[1][\"rows\"][0][x]) < 1e-9
                for x in (\"bits_per_report\", \"channel_uses\"))" \
            "$work/coded1.json" "$work/eval.json"'
done

# Where the channel code fails, the UE builds on an earlier report, in the link as in an evaluation.
failing="--channel uma-nlos --carrier 300e6 --speed $speed --snr 9 --seed 3 --ues 4"
failing="$failing --codec delta-klt:klt-uma-nlos,bits=200,key-bits=400,gop=15"
failing="$failing --uplink digital:r3,16qam,rate=2/3"
for action in hold use; do
    law "a code that fails, then $action" run failing $failing --duration $slow \
        --period ${period}ms --timeout $((5 * slow)) --on-failure $action
    law "a failed report is not built on, and the figures are the evaluation's" eval '
        "$csilink" eval $failing --samples 160 --period ${period}ms --on-failure $action --json \
            >"$work/eval.json" &&
        holds "s[0][\"reports\"][\"not_decoded\"] == s[1][\"rows\"][0][\"not_decoded\"] > 20
            and s[0][\"reports\"][\"acked\"] > 80
            and all(abs(s[0][\"quality\"][x] - s[1][\"rows\"][0][x]) < 1e-9
                for x in (\"nmse_db\", \"nmse_all_db\"))" "$work/failing.json" "$work/eval.json"'
done

# --- late acknowledgements ------------------------------------------------------------------------

cat >"$work/late.yaml" <<YAML
groups:
  - {name: cell, count: 4}
timeline:
  - {at: 0, ue: 3, set: {delay: $((4 * period))ms}}
YAML
moving_cell=$(echo "$cell" | sed 's/--ues 4//')
law "a UE's acknowledgements take four periods" run late "$work/late.yaml" $moving_cell
law "no figure depends on it" csv 'of(r[0], "nmse_db") == of(r[1], "nmse_db") and closes(s[0])
    and s[0]["reports"]["acked"] == 160' late whole1
law "its own reports wait for them; those of the others are long through" csv '
    max(float(t) for (u, q), t in of(r[0], "settled_s").items() if u != 3)
    < min(float(t) for (u, q), t in of(r[0], "settled_s").items() if u == 3 and q >= 25)' late

# --- a base station that starts anew --------------------------------------------------------------

for delay in 1 3; do
    cat >"$work/crash.yaml" <<YAML
groups:
  - {name: cell, count: 4}
timeline:
  - {at: ${slow}s, restart: bs-server, down: $((8 * period))ms}
YAML
    long="$moving --duration $((4 * slow)) --period ${period}ms --timeout $slow"
    long_cell=$(echo "$long" | sed 's/--ues 4//')
    law "the base station is killed and starts anew, acknowledgements counting after $delay" \
        run crash$delay "$work/crash.yaml" $long_cell --ack-delay $delay --agents 2
    law "the same without" run calm$delay $long --ack-delay $delay
    law "it costs each UE at most as many reports as may be in flight, and some UE one" csv "
        all(sum(k[0] == u for k in of(r[0], 'ue', 'needs_key')) <= $delay for u in range(4))
        and s[0]['reports']['needs_key'] == counted(r[0], 'needs_key') > 0
        and s[0]['reports']['not_decoded'] == counted(r[0], 'needs_key')" crash$delay
    law "every report ends in one way, and none after the restart is lost" csv '
        closes(s[0]) and s[0]["reports"]["sent"] == len(r[0]) == 640
        and all(of(r[0], "status")[u, q] == "acked" for u in range(4) for q in range(120, 160))' \
        crash$delay
    # What the base station forgot fades by half with each report; its SNR average by a seventh.
    law "the figures find back to those of a base station that never failed" csv '
        all(abs(float(of(r[0], "nmse_db")[u, q]) - float(of(r[1], "nmse_db")[u, q])) < 0.02
            for u in range(4) for q in range(140, 160))
        and any(of(r[0], "nmse_db").get(k) != x for k, x in of(r[1], "nmse_db").items())' \
        crash$delay calm$delay
done

# So slowly that what a UE would send after the outage still builds on what was before it.
bits=delta-klt:klt-indoor,bits=128
walk=$(awk "BEGIN { print 1 / $slow }")
for codec in "$bits" delta-net:csilink-net-cr16-indoor,values=256; do
    law "the same with $codec" run bitscrash "$work/crash.yaml" $(echo "$long_cell" |
        sed "s/--codec dpcm --channel rayleigh:eva/--channel cost2100-indoor --carrier 300e6/
            s/--speed $speed/--speed $walk/") \
        --codec "$codec" --agents 2
    law "every UE is back within two reports: one asks for a key, and the next is it" csv '
        s[0]["reports"]["needs_key"] == counted(r[0], "needs_key") > 0 and closes(s[0])
        and all(of(r[0], "status").get((u, q + 1)) == "acked" for (u, q) in of(r[0], "ue", "needs_key"))
        and all(sum(k[0] == u for k in of(r[0], "ue", "needs_key")) <= 1 for u in range(4))' bitscrash
done

# --- an agent that starts anew --------------------------------------------------------------------

# station NAME: a base station and its channel without noise, so that no SNR average remembers.
station() {
    mkdir "$work/$1"
    start "$1-bs" "$CSILINK_BIN/bs-server" --codec dpcm --listen "ipc://$work/$1/bs" \
        --telemetry "ipc://$work/$1/t0"
    bs=$pid
    start "$1-sim" "$CSILINK_BIN/channel-sim" --listen "ipc://$work/$1/sim" \
        --connect "ipc://$work/$1/bs" --control "ipc://$work/$1/control" \
        --telemetry "ipc://$work/$1/t1" --snr inf
    sim=$pid
    within test -S "$work/$1/bs" && within test -S "$work/$1/sim"
}
# agent NAME DELAY DURATION: UEs 0 to 3 at that station, always the same.
agent() {
    start "$1-agent" "$CSILINK_BIN/ue-agent" --connect "ipc://$work/$1/sim" --codec dpcm --ues 4 \
        --channel rayleigh:eva --speed $speed --ack-delay "$2" --duration "$3" --period ${period}ms \
        --timeout $((5 * slow)) --telemetry "ipc://$work/$1/t2" --record "$work/$1.json"
}
for delay in 1 3 7; do
    law "a base station" station first$delay
    agent first$delay $delay 600
    old=$pid
    sleep $slow
    kill -9 $old
    law "an agent that was killed comes back, with UEs that count from 0 (delay $delay)" eval '
        agent first$delay $delay $slow && ends_well $pid'
    kill -TERM $sim $bs
    law "another base station, which never saw the first agent" station fresh$delay
    law "the same agent there" eval 'agent fresh$delay $delay $slow && ends_well $pid'
    kill -TERM $sim $bs
    law "every report is reconstructed, with the same figures at both" holds "$closes
        and all(f['counts']['acked'] == 160 == f['sums']['reports'] for f in s)
        and [u['nmse'] for u in s[0]['ues']] == [u['nmse'] for u in s[1]['ues']]" \
        "$work/first$delay.json" "$work/fresh$delay.json"
done

# --- more UEs than there is room for --------------------------------------------------------------

# 33 KiB each of delta-klt in bits: 31 of 48 fit into 1 MiB, and those that report in turn push each
# other out. Keys need no memory; all that build on something find none.
law "a base station with 1 MiB for what it keeps of UEs" eval '
    mkdir "$work/small" &&
    start small-bs "$CSILINK_BIN/bs-server" --codec "$bits" --listen "ipc://$work/small/bs" \
        --telemetry "ipc://$work/small/t0" --ue-memory 1 && bs=$pid &&
    start small-sim "$CSILINK_BIN/channel-sim" --listen "ipc://$work/small/sim" \
        --connect "ipc://$work/small/bs" --control "ipc://$work/small/control" \
        --telemetry "ipc://$work/small/t1" && sim=$pid &&
    within test -S "$work/small/bs" && within test -S "$work/small/sim"'
# few NAME UES: an agent whose UEs report ten times each.
few() {
    start small-agent "$CSILINK_BIN/ue-agent" --connect "ipc://$work/small/sim" --codec "$bits" \
        --ues "$2" --channel cost2100-indoor --carrier 300e6 --speed 1 \
        --duration $((2 * slow)) --period $((200 * slow))ms --timeout $((5 * slow)) \
        --telemetry "ipc://$work/small/t2" --record "$work/$1.json"
    ends_well $pid
}
law "30 UEs fit, and none needs a key" eval 'few fits 30 && holds "$closes
    and s[0][\"counts\"][\"acked\"] == 300" "$work/fits.json"'
law "48 do not: every second report of a UE is a key, answered as one, and nothing is refused" eval '
    few many 48 && holds "$closes and s[0][\"counts\"][\"sent\"] == 480
    and s[0][\"counts\"][\"refused\"] == 0 and 200 <= s[0][\"counts\"][\"needs_key\"] <= 240
    and s[0][\"counts\"][\"acked\"] + s[0][\"counts\"][\"needs_key\"] == 480" "$work/many.json"'
kill -TERM $sim $bs

# --- reports in outage ----------------------------------------------------------------------------

still="--duration $slow --period ${period}ms --timeout $((5 * slow)) --seed 3"
for codec in dpcm onnx:csilink-net-cr8-indoor; do
    law "a run below the threshold, with $codec" run out $still --ues 4 --codec $codec --snr 0 \
        --uplink analog:outage=20
    law "no report is decoded; each is counted, and has neither NMSE nor latency" csv '
        closes(s[0]) and s[0]["reports"]["not_decoded"] == s[0]["reports"]["sent"] == 160
        and s[0]["reports"]["needs_key"] == 0 == s[0]["reports"]["acked"]
        and s[0]["quality"]["nmse_db"] is None
        and all(x["status"] == "not_decoded" and x["settled_s"] and x["nmse_db"] == "" ==
                x["total_us"] for x in r[0])' out
    law "a run of it can be shown" eval '"$csilink" show "$work/out/latest" >"$work/show.txt" &&
        grep -q "^  not decoded  *160" "$work/show.txt"'
done

cat >"$work/ramp.yaml" <<YAML
groups:
  - {name: plain, count: 2, uplink: analog}
  - {name: strict, count: 2, uplink: "analog:outage=10"}
timeline:
  - {at: 0, ramp: {snr: [-5, 25], over: ${slow}s}}
YAML
for codec in dpcm onnx:csilink-net-cr8-indoor; do
    law "a ramp across the threshold of one of two groups, with $codec" run ramp "$work/ramp.yaml" \
        $still --codec $codec
    law "reports of that group are not decoded below it and measured above, the others all" csv '
        closes(s[0]) and counted(r[0], "needs_key") == 0
        and {x["status"] for x in r[0] if int(x["ue"]) < 2} == {"acked"}
        and 20 < s[0]["reports"]["not_decoded"] == counted(r[0], "not_decoded") < 60
        and all(float(x["snr_estimated_db"]) > 9.999 for x in r[0]
                if int(x["ue"]) > 1 and x["status"] == "acked")
        and all(x["status"] == ("not_decoded" if int(x["seq"]) < 10 else "acked") for x in r[0]
                if int(x["ue"]) > 1 and not 10 <= int(x["seq"]) < 30)' ramp
done
at="--channel rayleigh:eva --speed $speed --snr 10 --seed 3 --ues 4 --uplink analog:outage=10"
law "an evaluation decodes and measures the same reports as the link" eval '
    run fair $at --duration $slow --period ${period}ms &&
    "$csilink" eval $at --samples 160 --period ${period}ms --json >"$work/eval.json" &&
    holds "20 < s[0][\"reports\"][\"not_decoded\"] == s[1][\"rows\"][0][\"not_decoded\"] < 140
        and abs(s[0][\"quality\"][\"nmse_db\"] - s[1][\"rows\"][0][\"nmse_db\"]) < 1e-9" \
        "$work/fair.json" "$work/eval.json"'
for action in hold zero use; do
    law "and goes on after those that fail as the link does, with $action" eval '
        run $action $at --duration $slow --period ${period}ms --on-failure $action &&
        "$csilink" eval $at --samples 160 --period ${period}ms --on-failure $action --json \
            >"$work/eval.json" &&
        holds "s[0][\"quality\"][\"bler\"] == s[1][\"rows\"][0][\"bler\"] > 0.1
            and abs(s[0][\"quality\"][\"nmse_db\"] - s[2][\"quality\"][\"nmse_db\"]) < 1e-9
            and abs(s[0][\"quality\"][\"nmse_all_db\"] - s[1][\"rows\"][0][\"nmse_all_db\"]) < 1e-9
            and abs(s[0][\"quality\"][\"se_bps_hz\"][\"all\"] - s[1][\"rows\"][0][\"se\"][\"all\"])
                < 1e-9" "$work/$action.json" "$work/eval.json" "$work/fair.json" &&
        "$csilink" show "$work/$action/latest" >"$work/show.txt" &&
        grep -q "^  block error rate  *0\.[0-9]*  *$" "$work/show.txt"'
done
law "the summary for people says what failed, and what that cost" eval '
    "$csilink" run --runs "$work/text" $at --on-failure zero --duration $slow \
        --period ${period}ms >"$work/text.txt" 2>"$work/text.err" &&
    grep -q "^  failures   BLER 0\.[0-9]*: the check failed for [0-9]* of 160 reports" "$work/text.txt" &&
    grep -q "^  with failed .*no CSI after failures" "$work/text.txt"'
law "hold with any number of workers and agents brings the same" eval '
    run one $at --duration $slow --period ${period}ms --workers 1 &&
    run many $at --duration $slow --period ${period}ms --workers 3 --agents 2 &&
    holds "abs(s[0][\"quality\"][\"nmse_all_db\"] - s[1][\"quality\"][\"nmse_all_db\"]) < 1e-9" \
        "$work/one.json" "$work/many.json"'
finish
