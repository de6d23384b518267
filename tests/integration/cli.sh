#!/bin/sh
# The command line: every program and command explains itself, and a mistake costs one line that
# says what would be right.
. "$(dirname "$0")/lib.sh"

# explains_itself program...: --help exits with 0, shows usage and an example, complains of nothing.
explains_itself() {
    "$@" --help >"$work/out" 2>"$work/err" || return 1
    [ ! -s "$work/err" ] && grep -q "^usage: " "$work/out" && grep -q "^example:" "$work/out" &&
        ! grep -q "(null)\|nan" "$work/out"
}

commands=$("$csilink" --help | sed -n 's/^  \([a-z]*\)  *[A-Za-z].*$/\1/p' | grep -v csilink)
law "csilink explains itself and lists its commands" eval 'explains_itself "$csilink" &&
    echo $commands | grep -q "run.*ctl.*eval"'
"$csilink" --help >"$work/menu"
for command in $commands; do
    law "csilink $command explains itself" explains_itself "$csilink" "$command"
done
for program in ue-agent channel-sim bs-server; do
    law "$program explains itself" explains_itself "$CSILINK_BIN/$program"
done

cd "$work" || exit 1 # a command that wrongly goes on writes its records here
law "without a command, csilink shows its commands and exits with 2" eval \
    '"$csilink" 2>"$work/err"; [ $? -eq 2 ] && grep -q "^commands:" "$work/err"'
law "a mistyped command is put right" fails_with 2 "did you mean run?" "$csilink" rnu
law "an unknown command is named" fails_with 2 "unknown command 'frobnicate'" "$csilink" frobnicate

law "the words help and version do what the options do" eval '
    "$csilink" help | cmp - "$work/menu" && "$csilink" --version >"$work/out" &&
    "$csilink" version | cmp - "$work/out" && "$csilink" data info --help >"$work/out" &&
    "$csilink" help data info | cmp - "$work/out"'
law "help for an unknown command" fails_with 2 "did you mean run?" "$csilink" help rnu
law "run: the field's word for an option" fails_with 2 "did you mean --snr?" \
    "$csilink" run --noise 3
law "run: an option in capitals" fails_with 2 "did you mean --snr?" "$csilink" run --SNR 3
law "run: the first word of a channel" fails_with 2 "did you mean uma-nlos?" \
    "$csilink" run --channel uma
law "run: the public scripts' word for a channel" fails_with 2 "did you mean cost2100-outdoor?" \
    "$csilink" run --channel outdoor
law "run: a family of models has CR 8, and --cr another" eval '
    "$csilink" run --model csilink-net --ues 1 --duration 0.2 --runs "$work/of-a-family" --json >"$work/a" &&
    "$csilink" run --model csilink-net --cr 4 --ues 1 --duration 0.2 --runs "$work/of-a-family" --json >"$work/b" &&
    holds "s[0][\"config\"][\"model\"] == \"csilink-net-cr8-indoor\" and
        s[1][\"config\"][\"model\"] == \"csilink-net-cr4-indoor\"" "$work/a" "$work/b"'
law "eval: a family of models has CR 8, and --cr another" eval '
    "$csilink" eval --model csilink-net --samples 4 >"$work/a" &&
    grep -q csilink-net-cr8-indoor "$work/a" &&
    "$csilink" eval --model cllwcsinet-cr8-indoor --cr 16 --samples 4 >"$work/b" &&
    grep -q cllwcsinet-cr16-indoor "$work/b"'
law "eval: --cr beside a codec" fails_with 2 "--cr is for --model" \
    "$csilink" eval --codec klt:klt-indoor,cr=8 --cr 4
law "run: an unknown family is no model" fails_with 2 "unknown model 'csilink-nut'" \
    "$csilink" run --model csilink-nut
law "run: a long delay names the unit of plain numbers" fails_with 2 "a plain number is in s" \
    "$csilink" run --delay 20
law "run: help has the rule for units of time" eval '
    "$csilink" run --help | grep -q "^A time has a unit: .* milliseconds where it takes MS"'
law "keys: help without a time has no such rule" eval '
    ! "$csilink" keys new --help | grep -q "A time has a unit"'
law "data generate: a format that it does not write" fails_with 2 "are .mat or .npy files" \
    "$csilink" data generate --channel cost2100-indoor --samples 2 --out "$work/o.csv"

law "run: a mistyped option is put right" fails_with 2 "did you mean --duration?" \
    "$csilink" run --duraton 3
law "run: one dash is answered with two" fails_with 2 "two dashes" "$csilink" run -snr 3
law "run: an option without its value" fails_with 2 "--snr needs a value" "$csilink" run --snr
law "run: a scenario that is not there" fails_with 2 "unknown scenario 'fast'" \
    "$csilink" run fast
law "run: a word too many" fails_with 2 "unexpected argument 'slow'" "$csilink" run fast slow
law "run: an impossible SNR" fails_with 2 "from -30 to 100 dB, or inf, not 'loud'" \
    "$csilink" run --snr loud
law "run: an impossible number of UEs" fails_with 2 "from 1 to 100000, not '0'" \
    "$csilink" run --ues 0
law "run: an impossible loss" fails_with 2 "from 0 to 1, not '1.5'" "$csilink" run --loss 1.5
law "run: an impossible duration" fails_with 2 "such as 2ms or 1.5s (a plain number is in s), not '3 parsecs'" \
    "$csilink" run --duration "3 parsecs"
law "run: an impossible period" fails_with 2 "not '0'" "$csilink" run --period 0
law "run: an impossible transport" fails_with 2 "one of ipc|tcp, not 'udp'" \
    "$csilink" run --transport udp
law "run: more agents than UEs" fails_with 2 "--agents 3 is more than --ues 2" \
    "$csilink" run --agents 3 --ues 2
law "run: a missing model lists those that are there" fails_with 2 "there are csilink-net-cr" \
    "$csilink" run --model csilink-net-cr64-moon
law "run: a model like none names the families, largest first, and the command that has all" eval '
    fails_with 2 "there are the families csilink-net, " "$csilink" run --model zzzzzz &&
    fails_with 2 "names all)" "$csilink" run --model zzzzzz'
law "model list: each name is a codec that loads" eval '
    "$csilink" model list >"$work/all" && [ "$(wc -l <"$work/all")" -gt 20 ] &&
    grep -qx "klt:klt-indoor" "$work/all" &&
    grep -q "^onnx:csilink-net-cr8-indoor  (encoder also in int8)$" "$work/all" &&
    for codec in $(sed -n "1p;\$p;s/ .*//" "$work/all"); do
        [ "$codec" != "${codec#*:}" ] || continue
        "$csilink" eval --codec "$codec" --samples 1 --snr inf >"$work/a" 2>&1 || {
            cat "$work/a"; false; break; }
    done'
law "model list: a beginning picks, and one that nothing has fails" eval '
    "$csilink" model list csilink-net-xl >"$work/a" && [ "$(wc -l <"$work/a")" -ge 6 ] &&
    ! grep -v "^onnx:csilink-net-xl-cr" "$work/a" &&
    fails_with 1 "no model whose name begins with moon" "$csilink" model list moon'
law "run: a mistyped model is put right" fails_with 2 "did you mean csilink-net-cr8-indoor?" \
    "$csilink" run --model csilink-net-cr8-indor
law "run: a missing data set" fails_with 2 "no such file: nowhere.mat" \
    "$csilink" run --channel nowhere.mat
law "run: an unknown channel" fails_with 2 "--channel:" "$csilink" run --channel wormhole
law "run: a mistake in the environment names the variable" fails_with 2 "CSILINK_SNR takes" \
    env CSILINK_SNR=loud "$csilink" run
law "run: a folder that cannot be made is named" fails_with 1 "/no/such" \
    "$csilink" run --runs /no/such/runs
law "eval: an impossible list of SNRs" fails_with 2 "such as -5:5:40,inf; not '10;0'" \
    "$csilink" eval --snr "10;0"
law "eval: an encoder without its decoder" fails_with 2 "go together" \
    "$csilink" eval --encoder x.onnx
law "eval: a missing model lists those that are there" fails_with 1 "there are csilink-net-cr" \
    "$csilink" eval --model csilink-net-cr64-moon
law "ctl: without a run there is nobody to talk to" fails_with 1 "csilink run" "$csilink" ctl get
law "ctl: it needs to be told what to do" fails_with 2 "get [NAME]" "$csilink" ctl
law "ctl: an unknown verb" fails_with 2 "get [NAME], set NAME VALUE" "$csilink" ctl fetch
for program in ue-agent channel-sim bs-server; do
    law "$program: a mistyped option is put right" fails_with 2 "did you mean --telemetry?" \
        "$CSILINK_BIN/$program" --telemtry x
    law "$program: a malformed endpoint is named" fails_with 2 "nonsense" \
        "$CSILINK_BIN/$program" --telemetry nonsense
done
law "bs-server: a missing model lists those that are there" fails_with 1 \
    "there are csilink-net-cr" "$CSILINK_BIN/bs-server" --model csilink-net-cr64-moon
law "ue-agent: a missing model lists those that are there" fails_with 1 \
    "there are csilink-net-cr" "$CSILINK_BIN/ue-agent" --model csilink-net-cr64-moon
law "no mistake left records behind" test ! -e "$work/runs"
finish
