#!/bin/sh
# Writes the seeds of the fuzz targets again, as csilink itself writes what they parse:
#
#   tests/fuzz/make-corpus.sh [BUILD]      BUILD: by itself build
#
# Inputs that were found to break something are beside the seeds, as found-*, and stay.
set -eu
cd "$(dirname "$0")/../.."
build=${1:-build}
corpus=tests/fuzz/corpus
mkdir -p "$corpus"
"$build/test-tools/make_corpus" "$corpus"

# text TARGET NAME: a seed from standard input, without its last newline.
text() {
    mkdir -p "$corpus/$1"
    head -c -1 >"$corpus/$1/$2"
}

# A pair with memory; fuzz_metadata has the side in its first byte.
for side in encoder decoder; do
    cp tests/data/memory/toy.$side.onnx "$corpus/fuzz_onnx/memory-$side"
    [ $side = decoder ] && first='\001' || first='\000'
    { printf "$first" && cat tests/data/memory/toy.$side.onnx; } >"$corpus/fuzz_metadata/memory-$side"
done

# Operators and forms, as the conformance test writes its own cases.
if /usr/bin/python3 tests/conformance/onnx_node_tests.py "$corpus/nodes" >/dev/null 2>&1; then
    for model in "$corpus"/nodes/node/test_csilink_*/model.onnx; do
        name=$(basename "$(dirname "$model")")
        cp "$model" "$corpus/fuzz_onnx/${name#test_csilink_}"
    done
    /usr/bin/python3 tests/fuzz/onnx_forms.py "$corpus/fuzz_onnx"
else
    echo "make-corpus: python3-onnx is missing; the seeds of operators stay" >&2
fi
rm -rf "$corpus/nodes"
/usr/bin/python3 tests/fuzz/raw_forms.py "$corpus" ||
    echo "make-corpus: python3-numpy is missing; the seeds of raw channels stay" >&2

# Files that come with csilink.
for target in scenario recipe architecture targets; do
    mkdir -p "$corpus/fuzz_$target"
done
cp scenarios/*.yaml "$corpus/fuzz_scenario"
cp models/recipes/*.yaml "$corpus/fuzz_recipe"
for noise in noisy clean; do
    cp "models/recipes/zoo/$noise.yaml" "$corpus/fuzz_recipe/zoo-$noise.yaml"
done
cp models/architectures/*.yaml "$corpus/fuzz_architecture"
cp models/targets/*.json "$corpus/fuzz_targets"

# What a short run and a short sweep leave behind.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$build/bin/csilink" run --codec dpcm --ues 2 --duration 200ms --runs "$work/runs" --record full \
    >/dev/null 2>&1 || echo "make-corpus: the run failed" >&2
run=$(echo "$work"/runs/2*)
# Nothing of this machine.
[ ! -d "$run" ] || sed -i -e "s|$work/||g" -e 's|\("system":[[:space:]]*\).*|\1"Linux x86_64"|' \
    -e 's|\("source":[[:space:]]*\)"[^"]*"|\1"0123456"|' "$run"/*.json "$run"/*.jsonl
mkdir -p "$corpus/fuzz_record" "$corpus/fuzz_endpoints" "$corpus/fuzz_points" "$corpus/fuzz_json"
if [ -f "$run/reports.csv" ]; then
    { printf '0' && head -n 4 "$run/reports.csv"; } >"$corpus/fuzz_record/reports"
    { printf '1' && cat "$run/events.jsonl"; } >"$corpus/fuzz_record/events"
    { printf '2' && cat "$run/scenario.yaml"; } >"$corpus/fuzz_record/scenario"
    { printf '2' && cat "$run/versions.json"; } >"$corpus/fuzz_record/versions"
fi
# parts FILE...: the files as parts of one input (fuzz.h).
parts() {
    for file in "$@"; do
        size=$(stat -c %s "$file")
        # shellcheck disable=SC2059 # the format is the byte
        printf "$(printf '\\%03o\\%03o' $((size % 256)) $((size / 256)))"
        cat "$file"
    done
}
if [ -f "$run/summary.json" ]; then
    mkdir -p "$corpus/fuzz_show"
    head -n 4 "$run/reports.csv" >"$work/reports.csv"
    parts "$run/scenario.yaml" "$run/versions.json" "$run/summary.json" "$work/reports.csv" \
        "$run/events.jsonl" >"$corpus/fuzz_show/run"
fi
"$build/bin/csilink" sweep --offline --model csilink-net-cr16-indoor --snr 0,10 --samples 16 \
    --out "$work/sweep" >/dev/null 2>&1 || echo "make-corpus: the sweep failed" >&2
[ ! -f "$work/sweep/points.jsonl" ] || sed 1d "$work/sweep/points.jsonl" >"$corpus/fuzz_points/offline"

text fuzz_points link <<'END'
{"point":1,"snr_delivered_db":9.99,"reports":800,"measured":800,"nmse_db":-12.5,"nmse_db_standard_error":0.02,"rho":0.97,"sgcs":0.94,"bits_per_report":269,"channel_uses":136,"latency_us":{"p50":900,"p90":1100,"p99":2000,"p99.9":3000,"p99.99":4000,"max":4100},"latency_histogram_ns":"2 1001200 1200 1000000 534:1 1780:1","record":"20260504T102030Z"}

END
# The first byte chooses: a list, points behind their first line, points with their own.
mkdir -p "$corpus/fuzz_reproduce"
cp reproductions/*.yaml "$corpus/fuzz_reproduce/"
text fuzz_reproduce every-key <<'END'
title: t
source: s
findings: "f\n"
samples: 10
seed: 3
tables:
  - {name: t-1, title: one, of: ue, channel: uma-nlos, carrier: 28e9, snr: "0,inf", nmse-within: 2,
     counts-within: 0.1, rows: [{net: n, architecture: csinet, layout: delay-angle, cr: 4, model: a-cr4-b,
     recipe: zoo/clean, options: --channel x, precision: int8, channel: "rayleigh:eva", carrier: 2e9,
     parameters: 1, macs: 2e3, nmse: "-1, -", unfair: yes, note: hm}]}
END

mkdir -p "$corpus/fuzz_league"
for list in leagues/*.yaml; do
    { printf '0' && cat "$list"; } >"$corpus/fuzz_league/$(basename "$list")"
done
text fuzz_league every-key <<'END'
0title: every key
findings: |
  Read this first:
  - *one*
channels: [{channel: rayleigh}, {channel: uma-nlos, carrier: 28e9}]
bits: 64,128
uses: none
snr: -5,0.5,inf
baseline: two
rates: 0.25,1
samples: 20
choose: 10
scout: 4
seed: 3
formats: [u2, "r{1.25:0.25:8}", "mu{3|5}"]
uplinks: ["digital:uses={uses},references=4"]
entrants:
  - {name: one, codecs: ["klt:klt-{scenario},cr={4|8}"], samples: 5, formats: [r2.5], uplinks: [analog]}
  - {name: two, codecs: ["transform:bits={bits}"], optional: yes}
END
text fuzz_league points <<'END'
1{"key":"klt:a (float, 0123456789abcdef) over analog at 10 dB; rayleigh at 0 Hz, seed 1, 20 samples","reports":20,"measured":19,"nmse_db":-12.5,"nmse_db_standard_error":0.5,"nmse_all_db":-11,"rho":0.9,"sgcs":0.8,"bits":512,"channel_uses":60.5,"bler":0.05,"undetected":0}
{"key":"times of klt:a (float, 0123456789abcdef)","encode_us":12.5,"decode_us":100}

END
printf '2{"league":{"dl-snr":12}}\n{"key":"x","encode_us":1,"decode_us":1}\n' >"$corpus/fuzz_league/other"
printf '!{"over":"the link"}\n{"point":0}\n' >"$corpus/fuzz_points/other"
mkdir -p "$corpus/fuzz_limit"
text fuzz_limit sweep <<'END'
{"asked":{"over":"no link (--offline)","dl-snr":20,"estimation":"ls"},"points":[{"channel":"cost2100-indoor","snr_db":"inf","nmse_db":-12.5,"bits_per_report":588},{"channel":"cost2100-indoor","snr_db":10,"nmse_db":-9,"bits_per_report":588},{"channel":"cost2100-indoor","snr_db":"inf","nmse_db":null,"bits_per_report":332}]}
END
text fuzz_limit other-settings <<'END'
{"asked":{"dl-snr":12.5},"points":[{"channel":"x","snr_db":"inf","nmse_db":-1,"bits_per_report":1}]}
END
text fuzz_limit csv <<'END'
model,"channel",snr_db,nmse_db,bits
"a ""b"", c",cost2100-indoor,inf,-12.5,588
b,"rayleigh:0/0,30/-3",10,-9,588
b,cost2100-indoor,inf,,100
b,cost2100-indoor,inf,-20,1100
END
text fuzz_endpoints ipc <<'END'
{"control":"ipc:///tmp/csilink-1/control","telemetry":["ipc:///tmp/csilink-1/ue-agent","ipc:///tmp/csilink-1/channel-sim"]}
END
text fuzz_endpoints tcp <<'END'
{"control":"tcp://127.0.0.1:5603","telemetry":["tcp://127.0.0.1:5611",7,""]}
END
text fuzz_endpoints without-control <<'END'
{"telemetry":[]}
END

# JSON of the monitor: the first byte chooses the reader.
text fuzz_json change <<'END'
0{"snr_db":5,"loss":0.1,"delay_ms":2,"jitter_ms":0,"ue":3}
END
text fuzz_json change-inf <<'END'
0{"snr_db":"inf","group":"far"}
END
text fuzz_json numbers <<'END'
1{"a":[1,-2.5e-7,"inf","-inf",null,0.1,1e308,{"b":true}]}
END
text fuzz_json guard <<'END'
2localhost:8080
http://localhost:8080
same-origin
application/json; charset=utf-8
END
text fuzz_json guard-name <<'END'
2evil.example
null
cross-site
text/plain
END

# Requests; HTTP's lines end with CR LF.
http() {
    mkdir -p "$corpus/fuzz_http"
    sed 's/$/\r/' >"$corpus/fuzz_http/$1"
}
http page <<'END'
GET / HTTP/1.1
Host: localhost:8080

END
http ues <<'END'
GET /ues?from=0&count=25&sort=nmse HTTP/1.1
Host: 127.0.0.1

GET /csi?ue=3 HTTP/1.1
Host: 127.0.0.1

END
http metrics <<'END'
GET /metrics HTTP/1.1
Host: anything

END
http events <<'END'
GET /events HTTP/1.1
Host: [::1]:80
Accept: text/event-stream

END
http change <<'END'
POST /control HTTP/1.1
Host: localhost:8080
Origin: http://localhost:8080
Sec-Fetch-Site: same-origin
Content-Type: application/json
Content-Length: 12

{"snr_db":5}
END
http chunked <<'END'
POST /control HTTP/1.1
Host: localhost
Content-Type: application/json
Transfer-Encoding: chunked

5
{"snr
7
_db":5}
0

END
http method <<'END'
DELETE /control HTTP/1.1
Host: localhost

END

# Command lines and names: the first byte chooses the table.
text fuzz_options each <<'END'
0--flag
--count=20
--real
-3.5
--or-inf
inf
--time=2ms
--choice
tcp
CSILINK_TEXT=hello
file.onnx
END
text fuzz_options settings <<'END'
1snr
inf
delay
2ms
loss
0.25
END
text fuzz_options lists <<'END'
2inf,20,-5:5:10
-5:0.5:10
4,8,16
rayleigh:0/0,30/-3,uma-nlos
END
text fuzz_options run <<'END'
3--ues
4@cost2100-outdoor,4@uma-nlos
--snr=5
--loss=0.1
--delay=2ms
--seed
7
--codec=klt:klt-indoor,cr=8
CSILINK_PERIOD=20ms,50ms
END
text fuzz_options eval <<'END'
4--channel=rayleigh:eva
--speed
30
--dl-snr=20
END
text fuzz_options agent <<'END'
6--ues=8
--estimation=none
--uplink=analog:r4,references=4
--nt=32
END
text fuzz_spec indoor <<'END'
cost2100-indoor:speed=3
END
text fuzz_spec every-key <<'END'
rayleigh:eva:nt=64:carrier=3.5e9:nc=256:ni=16:bandwidth=1e7
END
text fuzz_spec twice <<'END'
rayleigh:0/0,30/-1:speed=1:speed=2
END
text fuzz_spec too-large <<'END'
rayleigh:nt=1e99
END
text fuzz_spec colons <<'END'
:::speed=
END
text fuzz_names codec <<'END'
0dpcm:leak=0.9,nt=8,ni=4
END
text fuzz_names codec-klt-bits <<'END'
0klt:klt-indoor,bits=512,entropy=range
END
text fuzz_names codec-delta-klt <<'END'
0delta-klt:klt-indoor,bits=256,key-bits=512,gop=20,rho=0.95
END
text fuzz_names codec-delta-net <<'END'
0delta-net:csilink-net-cr16-indoor,values=64,gop=20
END
text fuzz_names codec-klt <<'END'
0klt:klt-indoor,cr=8,spread=0.5
END
text fuzz_names codec-vq <<'END'
0vq:vq-indoor,bits=256
END
text fuzz_names codec-transform <<'END'
0transform:bits=300,nt=16,ni=8
END
text fuzz_names codec-sparse <<'END'
0sparse:m=64,solver=fista,lambda=0.02,shrink=real,nt=8
END
text fuzz_names codec-onnx <<'END'
0onnx:cllwcsinet-cr16-indoor,precision=float
END
text fuzz_names uplink <<'END'
1analog:r4,references=2
END
text fuzz_names channel <<'END'
2rayleigh:0/0,30/-3,100/-12.5
END
text fuzz_names channel-cost2100 <<'END'
2cost2100-outdoor:nlos:ues=3
END
text fuzz_names channel-cost2100-settings <<'END'
2cost2100-outdoor:distance=200/10:far=1.8:k=3:angle=ue:los=sum:mpcs=9:cutoff=2.4
END
text fuzz_names channel-cost2100-regions <<'END'
2cost2100-indoor:vr=3:transition=2:far=4:side=30:decay=9:single=0.2:link=80:reach=25:spread=4
END
text fuzz_names channel-uma <<'END'
2uma-nlos:floor:spherical:d=35-100
END
text fuzz_names codeword <<'END'
3mu6
END
text fuzz_names periods <<'END'
420,50ms,1s
END
text fuzz_certificate public <<'END'
metadata
    name = "agent-1"
    role = "agent"
    ues = "0-249,1000"
curve
    public-key = "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7"
END
text fuzz_certificate metadata <<'END'
k    name = "watcher-2"
    role = "watcher"
END
text fuzz_certificate endpoint <<'END'
agent-1@tcp://[::1]:5611
END
text fuzz_certificate endpoint-ipc <<'END'
ipc:///tmp/csilink/control
END
