#!/bin/sh
# Options from the environment: the command line goes before a variable, a variable before the
# scenario or recipe, and that before the default.
. "$(dirname "$0")/lib.sh"

cat >"$work/cell.yaml" <<'YAML'
duration: 1s
seed: 5
groups:
  - {name: near, count: 2, channel: rayleigh, snr: 6, period: 50ms}
YAML

# planned "VARIABLE=VALUE..." OPTION...: runs that cell; what was run is in $work/planned.
planned() {
    variables=$1
    shift
    rm -rf "$work/runs"
    # shellcheck disable=SC2086 # a list, split on purpose
    env $variables "$csilink" run "$work/cell.yaml" --duration 0.1 --runs "$work/runs" "$@" \
        >"$work/out" 2>"$work/err" && cp "$work/runs/latest/scenario.yaml" "$work/planned" && return
    sed 's/^/     /' "$work/err"
    return 1
}

has() { grep -q "$1" "$work/planned" || { sed 's/^/     /' "$work/planned"; return 1; }; }

law "what only the file says holds" eval 'planned "" && has "seed: 5$" && has "snr: 6"'
law "a variable goes before the file" eval \
    'planned "CSILINK_SNR=7 CSILINK_SEED=8" && has "snr: 7" && has "seed: 8$"'
law "the command line goes before the variable" eval \
    'planned "CSILINK_SNR=7 CSILINK_SEED=8" --snr 9 && has "snr: 9" && has "seed: 8$"'
law "of an option given twice the last holds" eval 'planned "" --snr 1 --snr 2 && has "snr: 2"'
law "an empty variable counts as unset" eval 'planned CSILINK_SNR= && has "snr: 6"'
law "a variable's flag is one" eval 'planned CSILINK_NO_GENIE=yes && has "genie: no\|genie: false"'
law "the command line takes a variable's flag back" eval \
    'planned CSILINK_NO_GENIE=yes --no-genie=no && has "genie: yes\|genie: true"'

# What run's own processes would take for themselves, if it got that far.
law "variables of the processes do not get past run" eval \
    'planned "CSILINK_AGENT=3 CSILINK_CONTROL=nonsense CSILINK_LISTEN=nonsense \
        CSILINK_FIRST_UE=9" &&
     holds "s[0][\"reports\"][\"acked\"] > 0 and [u[\"ue\"] for u in s[0][\"per_ue\"]] == [0, 1]" \
        "$work/runs/latest/summary.json"'

# The same name means the same to several commands, and each checks it by its own range.
law "eval takes the variable that run takes" eval \
    'CSILINK_SNR=20 CSILINK_CHANNEL=rayleigh "$csilink" eval --samples 20 --json >"$work/a" &&
     "$csilink" eval --samples 20 --json --snr 20 --channel rayleigh >"$work/b" &&
     holds "s[0][\"rows\"] == s[1][\"rows\"]" "$work/a" "$work/b"'
law "run says which variable it cannot use" fails_with 2 \
    "CSILINK_SNR takes a number from -30 to 100 dB, or inf, not 'inf,20'" \
    env CSILINK_SNR=inf,20 "$csilink" run
law "a variable of no option of a command is none of its business" eval \
    'CSILINK_UES=none "$csilink" model info "$CSILINK_MODELS/csilink-net-cr8-indoor.encoder.onnx" \
        >"$work/out"'
for program in ue-agent channel-sim bs-server; do
    law "$program: a wrong variable is named" fails_with 2 "CSILINK_TELEMETRY: 'nonsense'" \
        env CSILINK_TELEMETRY=nonsense "$CSILINK_BIN/$program"
done
law "bs-server: an impossible variable is named" fails_with 2 "CSILINK_WORKERS takes" \
    env CSILINK_WORKERS=0 "$CSILINK_BIN/bs-server"
law "train: a variable goes before the recipe, the command line before it" eval \
    'CSILINK_CR=99 CSILINK_SEED=3 "$csilink" train csilink-net-indoor --cr 8 --samples x \
        2>"$work/err"; grep -q "samples" "$work/err" && ! grep -q 99 "$work/err"'
law "train: a wrong variable is refused" fails_with 2 "cr" \
    env CSILINK_CR=none "$csilink" train csilink-net-indoor
finish
