#!/bin/sh
# Scenarios: they repeat to the last digit, options lie over them, their timeline is seen in the
# figures, processes restart; those that are shipped run.
. "$(dirname "$0")/lib.sh"

root=$(cd "$(dirname "$0")/../.." && pwd)

# run NAME options...: quietly; its summary goes to NAME.json.
run() {
    name=$1
    shift
    "$csilink" run --runs "$work/$name" --json --timeout $((5 * slow)) "$@" >"$work/$name.json" \
        2>"$work/$name.err" || { cat "$work/$name.err" && return 1; }
}

cat >"$work/a.yaml" <<'YAML'
duration: 2s
seed: 5
channel: rayleigh:eva
period: 25ms
speed: 3
use-after: 4ms
snr: 20
groups:
  - {name: near, count: 2, model: csilink-net-cr8-indoor}
  - {name: far, count: 2, model: cllwcsinet-cr8-indoor, snr: 5}
timeline:
  - {at: 500ms, set: {snr: 0}}
  - {at: 1s, group: near, ramp: {snr: [0, 20], over: 500ms}}
  - {at: 1500ms, ue: 3, set: {loss: 1}}
YAML

law "a scenario runs" run first "$work/a.yaml"
law "a scenario runs again, its UEs on other agents and workers" run second "$work/a.yaml" \
    --agents 2 --workers 1 --transport tcp
law "a run's own scenario.yaml runs" run third "$work/first/latest/scenario.yaml"
# A UE's reports arrive in order, those of a group's UEs in any.
law "a scenario gives the same NMSE each time, a UE's to the last digit, whoever carries it" holds "
    all(f['per_ue'] == s[0]['per_ue'] and same(f['per_group'], s[0]['per_group']) for f in s)
    and $closes" "$work/first.json" "$work/second.json" "$work/third.json"
law "the base station decodes the models of all groups" holds '
    [g["model"] for g in s[0]["per_group"]] == ["csilink-net-cr8-indoor", "cllwcsinet-cr8-indoor"]
    and [g["name"] for g in s[0]["per_group"]] == ["near", "far"]
    and all(g["nmse_db"] is not None for g in s[0]["per_group"])' "$work/first.json"
# Of 80 reports a UE, 20 lie in each half second; far has 5 dB in the first, near a ramp in the
# third, which passes 4.5 to 5.5 dB. A ramp's points are those of whole dB.
law "the timeline decides the SNR of each report by when it was due" holds '
    40 <= sum(p["reports"] for p in s[0]["per_snr"] if p["snr_db"] == 5) < 50
    and sum(p["reports"] for p in s[0]["per_snr"] if p["snr_db"] >= 15) >= 80
    and any(0 < p["snr_db"] < 20 and p["snr_db"] != 5 for p in s[0]["per_snr"])
    and min(p["snr_db"] for p in s[0]["per_snr"]) == 0' "$work/first.json"
law "its points are in order, one for each whole dB of the ramp" holds '
    [p["snr_db"] for p in s[0]["per_snr"]] ==
        sorted({round(p["snr_db"]) for p in s[0]["per_snr"]}) and
    sum(p["reports"] for p in s[0]["per_snr"]) == s[0]["reports"]["acked"]' "$work/first.json"
law "each group has points of its own, which add up to those of all" holds '
    all(p["reports"] == sum(q["reports"] for g in s[0]["per_group"] for q in g["per_snr"]
                            if q["snr_db"] == p["snr_db"]) for p in s[0]["per_snr"])
    and all(sum(p["reports"] for p in g["per_snr"]) == g["acked"] for g in s[0]["per_group"])
    and len(s[0]["per_group"][0]["per_snr"]) > len(s[0]["per_group"][1]["per_snr"]) > 1' \
    "$work/first.json"
law "what is set for one UE meets that one: a quarter of its reports, those due from then on" holds '
    [u["lost_channel"] for u in s[0]["per_ue"]] == [0, 0, 0, 20]' "$work/first.json"

law "options lie over a scenario" run over "$work/a.yaml" --duration 0.5 --snr 30 --period 50ms
law "an option holds for every group" holds "$closes
    and s[0]['reports']['sent'] == 40 and [p['snr_db'] for p in s[0]['per_snr']] == [30]
    and s[0]['config']['seed'] == 5" "$work/over.json"
law "--ues over several groups is refused" fails_with 2 "has 2 groups" \
    "$csilink" run "$work/a.yaml" --ues 9
sed 's/near, ramp/nearby, ramp/' "$work/a.yaml" >"$work/bad.yaml"
law "a mistake is reported with file, line and key" fails_with 2 \
    "bad.yaml:13: key 'timeline[2].group': unknown group 'nearby'" "$csilink" run "$work/bad.yaml"
law "a file that is not there" fails_with 2 "nowhere.yaml" "$csilink" run "$work/nowhere.yaml"

cat >"$work/crash.yaml" <<'YAML'
duration: 5s
period: 20ms
snr: 20
groups:
  - {name: cell, count: 4}
timeline:
  - {at: 1s, restart: bs-server, down: 300ms}
  - {at: 2500ms, restart: channel-sim}
  - {at: 4s, set: {loss: 1}}
YAML
law "processes are killed and started anew, and the run ends well" run crash "$work/crash.yaml" \
    --timeout 1s
law "reports flow again after both, and each is accounted for" holds "$closes
    and s[0]['reports']['sent'] == 1000 and s[0]['reports']['acked'] > 300
    and s[0]['reports']['refused'] + s[0]['reports']['timed_out'] > 0" "$work/crash.json"
law "the timeline goes on behind a channel-sim that was started anew" holds "
    all(40 <= u['lost_channel'] <= 50 for u in s[0]['per_ue'])" "$work/crash.json"
law "what runs at the end has counted only what came after the restarts" eval '
    [ "$(sed -n "s/.*info: \([0-9]*\) reports in.*/\1/p" "$work/crash/latest/channel-sim.log")" \
        -lt 600 ]'

for wrong in "codeword: r9" "channel: moon" "channel: none.mat" "model: no-cr8-such"; do
    key=${wrong%%:*}
    printf 'duration: 1s\ngroups:\n  - {name: a, count: 1}\n  - {name: b, count: 1, %s}\n' \
        "$wrong" >"$work/wrong.yaml"
    law "what only a run can check is reported with its line, too: $wrong" fails_with 2 \
        "wrong.yaml:4: key 'groups[2].$key': " "$csilink" run "$work/wrong.yaml"
    printf '%s\ngroups:\n  - {name: a, count: 1}\n' "$wrong" >"$work/wrong.yaml"
    law "also at the top level" fails_with 2 "wrong.yaml:1: key '$key': " \
        "$csilink" run "$work/wrong.yaml"
done
law "a wrong option beside a scenario is reported as the option" fails_with 2 "--codeword: 'r9'" \
    "$csilink" run "$work/a.yaml" --codeword r9
law "of a scenario that is not there the message names those that are" eval '
    cd "$root" && fails_with 2 "csilink ships analog-and-digital, bad-hour, beams-ladder, cdl, denoised-codewords, first-look, " "$csilink" run no-such'
for file in "$root"/scenarios/*.yaml; do
    name=$(basename "$file" .yaml)
    law "$name is read, and says what it shows" eval 'grep -q "^# What to see" "$file"'
    law "$name runs, for a second, with the models at hand" eval '
        run "$name" "$file" --duration 1 --model csilink-net-cr8-indoor --denoise-payload none &&
        holds "$closes and s[0][\"reports\"][\"acked\"] > 0" "$work/$name.json"'
done
finish
