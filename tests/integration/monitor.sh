#!/bin/sh
# csilink monitor: metrics, the page and control of a running link, and who is refused.
. "$(dirname "$0")/lib.sh"
here=$(cd "$(dirname "$0")" && pwd)

command -v curl >/dev/null || {
    skip "monitor: there is no curl to ask it with"
    finish
}

# 12,000 reports, the last after 12 s, or in proportion where everything is slow.
start run "$csilink" run --runs "$work/runs" --json --ues 50 --period $((50 * slow))ms \
    --duration $((12 * slow)) --snr 10 --timeout $((5 * slow)) --seed 3
run=$pid
latest=$work/runs/latest
within test -s "$latest/link.json"
start monitor "$csilink" monitor --run "$latest" --port 0
monitor=$pid
served() { grep -q "http://" "$work/monitor.log"; }
within served
url=$(sed -n 's/.*\(http:[^ ]*\)\/ .*/\1/p' "$work/monitor.log")

get() { curl -s -m 5 "$@" -o "$work/body" -w '%{http_code}' >"$work/status"; }

# answers STATUS TEXT curl's arguments...: the status, and a body that has the text.
answers() {
    want=$1 part=$2
    shift 2
    get "$@"
    [ "$(cat "$work/status")" = "$want" ] && grep -qF -e "$part" "$work/body" && return
    echo "     status $(cat "$work/status"): $(head -c 300 "$work/body")"
    return 1
}

# metric LINE-START: its value.
metric() { curl -s -m 5 "$url/metrics" | sed -n "s/^$1 //p" | head -n 1; }

# agrees PYTHON-CONDITION NAME=VALUE...: over numbers.
agrees() {
    condition=$1
    shift
    "$python" -c "
import sys
v = {k: float(x or 'nan') for k, x in (a.split('=') for a in sys.argv[2:])}
good = eval(sys.argv[1], v)
good or print('     does not hold:', sys.argv[1], sys.argv[2:])
sys.exit(not good)" "$condition" "$@"
}

post() { answers "$1" "$2" -X POST -H 'Content-Type: application/json' -d "$3" "$url/control"; }
refused() {
    answers 403 "$1" -X POST -H "$2" -H "$3" -d '{"snr_db":-20}' "$url/control"
}

flows() {
    agrees "n > 200" n="$(metric 'csilink_ue_reports_acked_total{process="ue-agent-2"}')" >/dev/null
}
law "counters of the agent are served" within flows
law "the metrics are clean Prometheus text" sh -c \
    "curl -s '$url/metrics' | $python '$here/metrics_check.py'"
if command -v promtool >/dev/null; then
    law "promtool finds nothing" sh -c "curl -s '$url/metrics' | promtool check metrics"
else
    skip "promtool: it is not installed"
fi
law "the Grafana dashboard asks for nothing that is not served" sh -c \
    "grep -oE 'csilink_[a-z_]+' '$here/../../deploy/grafana/csilink.json' | sort -u |
     { curl -s '$url/metrics' >'$work/metrics'
       while read -r name; do grep -q \"^\$name[ {]\" '$work/metrics' || { echo \"\$name\"; exit 1; }
       done; }"
law "every process is up" agrees "bs == sim == ue == 1" \
    bs="$(metric 'csilink_process_up{process="bs-server-0"}')" \
    sim="$(metric 'csilink_process_up{process="channel-sim-1"}')" \
    ue="$(metric 'csilink_process_up{process="ue-agent-2"}')"

law "the page comes with nothing from elsewhere" answers 200 "csilink monitor" "$url/"
law "it may load from itself only" sh -c \
    "curl -s -D - -o /dev/null '$url/' | grep -q \"^Content-Security-Policy: default-src 'none'\""
law "its script and charts come from the same program" eval \
    'answers 200 EventSource "$url/monitor.js" && answers 200 uPlot "$url/uPlot.js"'
law "what is not there is not found" answers 404 "no such page" "$url/../etc/passwd"
events() {
    curl -s -N -m 2 "$url/events" >"$work/events"
    agrees "n >= 10" n="$(grep -c '^data: {.*"nmse_db"' "$work/events")"
}
law "at least five events a second" events
# The last event: bits and channel uses of a report, as the counters have them, and codec and uplink.
law "the page shows a report's cost, with its codec and uplink" eval '
    grep "^data: {.*\"nmse_db\"" "$work/events" | tail -n 1 | cut -c 7- >"$work/event"
    curl -s "$url/metrics" >"$work/metrics"
    total() { sed -n "s/^csilink_ue_$1_total{process=\"ue-agent-2\"} //p" "$work/metrics"; }
    holds "s[0][\"bits_per_report\"] > 32 and s[0][\"channel_uses\"] > 32
        and abs(s[0][\"bits_per_report\"] - $(total report_bits) / $(total reports_counted)) < 1
        and [p[\"encoder\"][\"uplink\"] for p in s[0][\"processes\"] if \"encoder\" in p] ==
            [\"analog:float32,references=8\"]
        and s[0][\"total\"][\"not_decoded\"] == 0" "$work/event" &&
    grep -q "^csilink_ue_encoder_info{.*,codec=\"[a-z]*-.*,uplink=\"analog:" "$work/metrics"'
law "an event is a few kilobytes" agrees "bytes / n < 4096" bytes="$(wc -c <"$work/events")" \
    n="$(grep -c ^data: "$work/events")"
law "UEs come in pages" eval 'answers 200 "\"ues\":50" "$url/ues?from=20&count=5" &&
    holds "[r[\"ue\"] for r in s[0][\"rows\"]] == [20, 21, 22, 23, 24]
        and all(r[\"sent\"] > 0 for r in s[0][\"rows\"])" "$work/body"'
picture() {
    answers 200 '"known":true' "$url/csi?ue=7" >/dev/null &&
        holds 's[0]["ue"] == 7 and len(s[0]["truth"]) == 2 * s[0]["rows"] * s[0]["columns"]
            and s[0]["truth"] != s[0]["reconstruction"] and s[0]["nmse_db"] < 0' "$work/body"
}
law "one UE's |H| comes true and reconstructed" within picture

law "a page of another origin changes nothing" refused "another origin" \
    "Origin: http://evil.example" "Content-Type: application/json"
law "nor one that its browser tells of" refused "another origin" "Sec-Fetch-Site: cross-site" \
    "Content-Type: application/json"
law "nor a form" refused "application/json" "X: y" "Content-Type: text/plain"
law "nor one under another name for this machine" refused "another host" "Host: evil.example" \
    "Content-Type: application/json"
law "the page is not read under another name" answers 403 "another host" -H "Host: evil.example" \
    "$url/events"
law "a long body is refused" eval 'head -c 100000 /dev/zero | tr "\0" "1" >"$work/long"
    answers 413 shorter -X POST -H "Content-Type: application/json" -d "@$work/long" "$url/control"'
law "what is refused was not done" answers 200 '"snr_db":10' "$url/control"

# No noise but that of 10 dB has been added so far.
asked=$(metric csilink_snr_asked_decibels) delivered=$(metric csilink_snr_delivered_decibels)
law "the page shows the SNR asked for" agrees "abs(asked - 10) < 1e-9" asked="$asked"
law "and that delivered in a second is near" agrees "abs(d - 10) < 0.2" d="$delivered"

law "a change is acknowledged with the values in force" post 200 \
    '"in_force":{"snr_db":-5,"loss":0,"delay_ms":2,' '{"snr_db":-5,"delay_ms":2}'
in_force() { agrees "abs(d + 5) < 0.2" d="$(metric csilink_snr_delivered_decibels)" >/dev/null; }
law "and is in force" within in_force
law "so says ctl" eval '"$csilink" ctl get snr --run "$latest" | grep -q " -5 dB"'
law "a change for one UE names that UE" post 200 '"ue":{"snr_db":20}' '{"snr_db":20,"ue":3}'
law "no noise at all is a value" post 200 '"ue":{"snr_db":"inf"}' '{"snr_db":"inf","ue":3}'
law "a change out of range is refused with the range" post 400 "snr takes -30 to 100 dB" \
    '{"snr_db":-31}'
law "an unknown setting is answered with the known ones" post 400 "a change has snr_db, loss" \
    '{"snrr":5}'
law "half a change is refused" post 400 "not a single JSON object" '{"snr_db":'

law "the run ends with 0 under all this" ends_well $run
# Over the whole run: what was asked and what was added, codeword by codeword.
n=$(metric 'csilink_channel_noised_bursts_total{process="channel-sim-1"}')
asked=$(metric 'csilink_channel_noise_power_asked_ratio_total{process="channel-sim-1"}')
added=$(metric 'csilink_channel_noise_power_ratio_total{process="channel-sim-1"}')
law "over 10,000 codewords the SNR delivered is that asked, within 0.05 dB" agrees \
    "n >= 10000 and abs(10 * __import__('math').log10(added / asked)) < 0.05" \
    n="$n" asked="$asked" added="$added"
down() { agrees "up == 0" up="$(metric 'csilink_process_up{process="bs-server-0"}')" >/dev/null; }
law "processes that have gone are down, and their counters stay" eval 'within down &&
    agrees "n >= 10000" n="$(metric "csilink_bs_reports_received_total{process=\"bs-server-0\"}")"'
law "a change without a channel-sim says so" post 503 "does not answer" '{"snr_db":5}'
kill -TERM $monitor
law "the monitor stops with 0" ends_well $monitor

law "an address that is none" fails_with 2 "is not an address" \
    "$csilink" monitor --run "$latest" --listen "127.0.0.1/"
law "a name that is none" fails_with 1 "cannot listen on nowhere.invalid" \
    "$csilink" monitor --run "$latest" --listen nowhere.invalid
law "a port in two places" fails_with 2 "name different ports" \
    "$csilink" monitor --run "$latest" --listen :8080 --port 8081
law "an origin that is none" fails_with 2 "is not an origin" \
    "$csilink" monitor --run "$latest" --public-origin sim.example
law "other machines get no control without a token" fails_with 2 "--token FILE" \
    "$csilink" monitor --run "$latest" --listen :0
law "a run that is not there" fails_with 1 "nowhere" "$csilink" monitor --run "$work/nowhere"
law "--control alone" fails_with 2 "goes with --telemetry" "$csilink" monitor --control tcp://x:1

# Any order, and restarts: the monitor is there before the link, and a process comes back.
sockets=$work/sockets
mkdir "$sockets"
start early "$csilink" monitor --port 0 --control "ipc://$sockets/control" \
    --telemetry "ipc://$sockets/bs,ipc://$sockets/sim,ipc://$sockets/ue"
early=$pid
served_early() { grep -q "http://" "$work/early.log"; }
within served_early
url=$(sed -n 's/.*\(http:[^ ]*\)\/ .*/\1/p' "$work/early.log")
start_sim() {
    start sim "$CSILINK_BIN/channel-sim" --listen "ipc://$sockets/in" --connect "ipc://$sockets/out" \
        --control "ipc://$sockets/control" --telemetry "ipc://$sockets/sim" --snr 10
}
start bs "$CSILINK_BIN/bs-server" --listen "ipc://$sockets/out" --telemetry "ipc://$sockets/bs"
bs=$pid
start_sim
start ue "$CSILINK_BIN/ue-agent" --connect "ipc://$sockets/in" --telemetry "ipc://$sockets/ue" \
    --ues 4 --duration 600s --period 10ms --timeout 0.5 --channel rayleigh
ue=$pid
forwarded() { metric 'csilink_channel_reports_forwarded_total{process="channel-sim-1"}'; }
some() { agrees "n > ${1:-100}" n="$(forwarded)" >/dev/null; }
law "a monitor that came first sees the link" within some
before=$(forwarded)
kill -9 "$(echo "$children" | awk '{print $(NF-1)}')" # channel-sim
sleep 0.5
start_sim
# First the restart: the killed process may have carried more than `before` until its end.
restarted() { agrees "n == 1" n="$(metric 'csilink_process_restarts_total{process="channel-sim-1"}')" >/dev/null; }
law "a process that was killed and started again is reported as restarted" within restarted
law "and goes on in the counters" within some $((${before%.*} + 50))
law "and can be steered again" post 200 '"snr_db":3' '{"snr_db":3}'
for process in $ue $early $pid $bs; do
    kill -TERM "$process"
done
law "the link and its monitor stop with 0" eval 'ends_well $early && ends_well $bs'

# A real browser, where there is one (CSILINK_INSTALL=1 fetches Debian's).
if ! command -v chromium >/dev/null && [ "${CSILINK_INSTALL:-0}" = 1 ]; then
    apt-get install -y -qq --no-install-recommends chromium >/dev/null 2>&1
fi
if ! command -v chromium >/dev/null; then
    skip "the page in a browser: there is no chromium (CSILINK_INSTALL=1 installs it)"
    finish
fi
before=$(readlink "$latest")
start shown "$csilink" run --runs "$work/runs" --json --ues 1000 --period 1s \
    --duration $((120 * slow)) --snr 10
shown=$pid
another_run() { [ "$(readlink "$latest")" != "$before" ] && [ -s "$latest/link.json" ]; }
within another_run
start page "$csilink" monitor --run "$latest" --listen :0 --token "$work/token"
page=$pid
within grep -qs "#token=" "$work/page.log"
port=$(sed -n 's,.*http://.*:\([0-9]*\)/ shows.*,\1,p' "$work/page.log")
law "a browser takes the page" "$python" "$here/browser.py" "http://127.0.0.1:$port/" \
    "$work/page.json" --patience $patience --token "$(cat "$work/token")" \
    ${CSILINK_SCREENSHOT:+--screenshot "$CSILINK_SCREENSHOT"}
law "it loads without a complaint" holds 's[0]["loads"] and s[0]["complaints"] == []' \
    "$work/page.json"
law "a change without the token makes it ask for it, and a wrong one does so again" holds \
    's[0]["asks"] and s[0]["asks_again"]' "$work/page.json"
law "it takes the token from its field, and keeps it in its tab" holds \
    's[0]["field"] and s[0]["kept"]' "$work/page.json"
law "and from a link, whose address it cleans" holds \
    's[0]["link"] and s[0]["address_is_clean"]' "$work/page.json"
law "nothing is open to anyone, so it does not warn" holds 's[0]["warning"] is False' \
    "$work/page.json"
law "its curves move, five times a second and more" holds \
    's[0]["curve_moves"] and s[0]["updates_per_s"] >= 5' "$work/page.json"
law "it shows 25 of 1,000 UEs, and |H| of one" holds \
    's[0]["rows"] == 25 and s[0]["picture"] and s[0]["pictures_differ"]' "$work/page.json"
law "moving the slider by keyboard changes the SNR delivered" holds \
    'abs(s[0]["snr_high"] - 40) < 0.5 and abs(s[0]["snr_low"] + 10) < 0.5' "$work/page.json"
law "and the NMSE" holds 's[0]["nmse_high"] < s[0]["nmse_low"] - 10' "$work/page.json"
law "on 360 pixels nothing sticks out" holds 's[0]["narrow_width"] <= 360' "$work/page.json"
law "the page takes less than 100 MB" holds \
    '0 < s[0]["heap_mb"] and s[0]["renderer_mb"] < 100' "$work/page.json"
kill -INT $shown
law "the run that was shown ends with 0" ends_well $shown
kill -TERM $page
law "and so does the monitor that showed it" ends_well $page
finish
