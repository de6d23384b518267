#!/bin/sh
# csilink monitor against clients that are slow, silent, many, malformed or strangers.
. "$(dirname "$0")/lib.sh"
here=$(cd "$(dirname "$0")" && pwd)

hostile() { "$python" "$here/monitor_hostile.py" "$@" --patience "$patience"; }

law "a crowd ends no fresh monitor" hostile fresh_monitors_survive_a_crowd "$csilink"

# serve NAME options...: a monitor, and the port it took, in $port.
serve() {
    name=$1
    shift
    start "$name" "$csilink" monitor --telemetry "ipc://$work/none" "$@"
    within grep -qs "http://.* shows" "$work/$name.log"
    port=$(sed -n 's,.*http://.*:\([0-9]*\)/ shows.*,\1,p' "$work/$name.log" | head -n 1)
}

start sim "$CSILINK_BIN/channel-sim" --listen "ipc://$work/in" --connect "ipc://$work/out" \
    --control "ipc://$work/control" --telemetry "ipc://$work/sim"
serve plain --port 0 --control "ipc://$work/control"
plain=$pid
# These take as long as the monitor's limits; they run beside each other.
slow_laws="slow_requests_end idle_connections_end slow_readers_end"
waiting=
for name in $slow_laws; do
    hostile "$name" "$port" >"$work/$name.out" 2>&1 &
    waiting="$waiting $!"
done
for law in malformed_requests_are_refused no_request_hides_in_another a_nul_ends_its_line_alone \
    requests_may_follow_each_other head_is_get_without_its_body every_answer_is_guarded \
    methods_are_named changes_are_one_json_object pictures_take_turns mutations_are_survived; do
    law "$(echo "$law" | tr _ ' ')" hostile "$law" "$port"
done
for name in $slow_laws; do
    set -- $waiting
    waited=$1
    shift
    waiting=$*
    law "$(echo "$name" | tr _ ' ')" eval 'wait '"$waited"' || { cat "$work/$name.out"; false; }'
done
for law in crowds_come_and_go silence_locks_nobody_out nobody_has_all_streams; do
    law "$(echo "$law" | tr _ ' ')" hostile "$law" "$port"
done
kill -TERM "$plain"
law "after all this it stops with 0" ends_well "$plain"

# By a shell that becomes the monitor: a signal to it has to reach that.
start few sh -c 'ulimit -n 48 && exec "$@"' few "$csilink" monitor --telemetry "ipc://$work/none" --port 0
few=$pid
within grep -qs "http://.* shows" "$work/few.log"
port=$(sed -n 's,.*http://.*:\([0-9]*\)/ shows.*,\1,p' "$work/few.log")
law "descriptors come back" hostile descriptors_come_back "$port"
kill -TERM "$few"
law "and a monitor of few descriptors stops with 0" ends_well "$few"

command -v curl >/dev/null || {
    skip "addresses, tokens and proxies: there is no curl to ask with"
    finish
}
code() { curl -g -s -m "$patience" -o "$work/body" -w '%{http_code}' "$@"; }
gives() { # STATUS curl's arguments...
    want=$1
    shift
    got=$(code "$@")
    [ "$got" = "$want" ] || {
        echo "     status $got: $(head -c 300 "$work/body")"
        return 1
    }
}
json='Content-Type: application/json'

# Where it listens.
has_ipv6() { "$python" -c 'import socket; socket.socket(socket.AF_INET6).bind(("::1", 0))' 2>/dev/null; }
for place in ":0" "[::]:0" "*"; do
    serve "all-$place" --listen "$place" --port 0 --control "ipc://$work/control" --insecure
    law "$place serves IPv4" gives 200 "http://127.0.0.1:$port/"
    if has_ipv6; then
        law "$place serves IPv6" gives 200 "http://[::1]:$port/"
        law "and is well by its own word" eval \
            '"$csilink" monitor --health --listen "${place%:0}:$port" >/dev/null'
    else
        skip "$place over IPv6: this machine has none"
    fi
    kill -TERM "$pid"
done
law "--insecure stands in the log" grep -q "anyone who reaches this page" "$work/all-:0.log"
serve name --listen localhost:0 --control "ipc://$work/control"
law "a name is served at its addresses" gives 200 "http://localhost:$port/"
law "and needs no token where all of them are loopback" gives 200 -H "$json" -d '{"snr_db":5}' \
    "http://localhost:$port/control"
law "health takes a name" eval '"$csilink" monitor --health --listen "localhost:$port" >/dev/null'
law "a port in use is named" fails_with 1 "Address already in use" "$csilink" monitor \
    --telemetry "ipc://$work/none" --listen "127.0.0.1:$port"
serve watch --listen :0
law "watching alone needs no token" gives 200 "http://127.0.0.1:$port/"

# The token.
serve token --listen :0 --control "ipc://$work/control" --token "$work/token"
law "the token's file is its owner's alone" test "$(stat -c %a "$work/token")" = 600
law "a link with the token stands in the log" grep -q "/#token=$(cat "$work/token")\$" "$work/token.log"
change="http://127.0.0.1:$port/control"
law "a change without it is refused" gives 401 -H "$json" -d '{"snr_db":5}' "$change"
law "with another as well" gives 401 -H "$json" -H "Authorization: Bearer $(tr 0-9a-f 1-9a-f0 <"$work/token")" \
    -d '{"snr_db":5}' "$change"
law "with the token it is made" gives 200 -H "$json" -H "Authorization: Bearer $(cat "$work/token")" \
    -d '{"snr_db":5}' "$change"
law "a page of another origin does not get that far" gives 403 -H "$json" -H "Origin: http://evil.example" \
    -H "Authorization: Bearer $(cat "$work/token")" -d '{"snr_db":6}' "$change"
law "watching needs no token" gives 200 "http://127.0.0.1:$port/ues"
law "the page knows that there is one" eval \
    'curl -s -N -m 2 "http://127.0.0.1:$port/events" | grep -q "\"insecure\":false,\"token\":true"'
chmod 644 "$work/token"
law "a token that others read is refused" fails_with 2 "chmod 600" "$csilink" monitor \
    --telemetry "ipc://$work/none" --port 0 --token "$work/token"

# A proxy: its headers, and a real one.
serve proxied --port 0 --control "ipc://$work/control" --public-origin https://sim.example
url=http://127.0.0.1:$port
law "the page comes under the proxy's name" gives 200 -H "Host: sim.example" "$url/"
law "and under no other" gives 403 -H "Host: evil.example" "$url/"
for host in sim.example "127.0.0.1:$port"; do
    law "a change of its page is made (Host: $host)" gives 200 -H "$json" -H "Host: $host" \
        -H "Origin: https://sim.example" -d '{"snr_db":5}' "$url/control"
    law "one of another page is not" gives 403 -H "$json" -H "Host: $host" \
        -H "Origin: https://evil.example" -d '{"snr_db":5}' "$url/control"
    law "what the browser calls same-origin is" gives 200 -H "$json" -H "Host: $host" \
        -H "Sec-Fetch-Site: same-origin" -H "Origin: https://sim.example" -d '{"snr_db":5}' "$url/control"
done
law "proxied streams are the readers'" hostile proxied_streams_are_the_readers "$port"

PATH=$PATH:/usr/sbin
has_proxy() { command -v nginx >/dev/null && command -v openssl >/dev/null; }
if ! has_proxy && [ "${CSILINK_INSTALL:-0}" = 1 ]; then
    apt-get install -y -qq --no-install-recommends nginx-light openssl >/dev/null 2>&1
fi
if ! has_proxy; then
    skip "the proxy of docs/monitor.md: there is no nginx, or no openssl (CSILINK_INSTALL=1 installs them)"
    finish
fi
tls=$(free_ports 1)
serve behind --port 0 --control "ipc://$work/control" --public-origin "https://sim.example:$tls"
mkdir "$work/nginx"
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=sim.example -keyout "$work/nginx/key.pem" \
    -out "$work/nginx/cert.pem" 2>/dev/null
echo 'me:{PLAIN}secret' >"$work/nginx/users"
# The documented block, with this test's ports and files in it. nginx writes nowhere else.
proxy_configuration() {
    echo "user $(id -un) $(id -gn); pid $work/nginx/pid; error_log $work/nginx/log; events {} http { access_log off;"
    for kind in client_body proxy fastcgi uwsgi scgi; do
        echo "${kind}_temp_path $work/nginx/$kind;"
    done
    sed -n '/^    server {$/,/^    }$/p' "$here/../../docs/monitor.md" |
        sed -e "s,listen 443,listen 127.0.0.1:$tls," -e "s,127.0.0.1:5620,127.0.0.1:$port," \
            -e "s,/etc/ssl/sim.example.pem,$work/nginx/cert.pem," \
            -e "s,/etc/ssl/sim.example.key,$work/nginx/key.pem," \
            -e "s,/etc/nginx/csilink.users,$work/nginx/users," -e "$1"
    echo "}"
}
by_proxy() { curl -s -k -u me:secret --resolve "sim.example:$tls:127.0.0.1" "$@"; }
origin=https://sim.example:$tls
change_by_proxy() { # STATUS header...
    want=$1
    shift
    for header; do
        set -- "$@" -H "$header"
        shift
    done
    got=$(by_proxy -m "$patience" -o /dev/null -w '%{http_code}' -H "$json" "$@" -d '{"snr_db":7}' "$origin/control")
    [ "$got" = "$want" ] || {
        echo "     status $got"
        return 1
    }
}
answers_by_proxy() { by_proxy -m 2 -o /dev/null -f "$origin/"; }
streams_by_proxy() { # ADDRESS COUNT: the statuses of so many pages open at once
    for _ in $(seq "$2"); do
        by_proxy --interface "$1" -N -m 3 -o /dev/null -w '%{http_code}\n' "$origin/events" &
    done | sort | uniq -c | tr -s ' \n' ' '
}
for variant in "" "/proxy_set_header Host/d"; do
    proxy_configuration "$variant" >"$work/nginx/conf"
    start "nginx" nginx -p "$work/nginx" -c "$work/nginx/conf" -g "daemon off;"
    proxy=$pid
    law "the page comes through the documented proxy${variant:+, which may leave Host out}" \
        within answers_by_proxy
    law "it asks for a password" eval '[ "$(curl -s -k -o /dev/null -w "%{http_code}" \
        --resolve "sim.example:$tls:127.0.0.1" "$origin/")" = 401 ]'
    law "a change of the page is made" change_by_proxy 200 "Origin: $origin"
    law "also with Sec-Fetch-Site" change_by_proxy 200 "Origin: $origin" "Sec-Fetch-Site: same-origin"
    law "one of another page is not" change_by_proxy 403 "Origin: https://evil.example"
    law "nor one that the browser tells of" change_by_proxy 403 "Origin: $origin" \
        "Sec-Fetch-Site: cross-site"
    law "events come one by one" eval \
        '[ "$(by_proxy -N -m 3 "$origin/events" | grep -c "^data: ")" -ge 5 ]'
    law "one reader behind the proxy cannot have all pages" eval \
        '[ "$(streams_by_proxy 127.0.0.2 10)" = " 8 200 2 503 " ]'
    kill -TERM "$proxy"
    wait "$proxy"
done
finish
