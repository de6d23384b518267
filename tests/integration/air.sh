#!/bin/sh
# What the air does to a report, and what not: channel-sim between an agent and a base station that
# are played by one program and know no codec.
. "$(dirname "$0")/lib.sh"

# around NAME SNR LOSS DELAY: runs both ends around a channel-sim with these settings.
around() {
    start "$1" "$CSILINK_BIN/channel-sim" --listen "ipc://$work/$1-sim" \
        --connect "ipc://$work/$1-bs" --control "ipc://$work/$1-control" \
        --telemetry "ipc://$work/$1-t" --seed 5 --snr "$2" --loss "$3" --delay "${4}s"
    sim=$pid
    within test -S "$work/$1-sim" || return 1
    "$tools/both_ends" "ipc://$work/$1-sim" "ipc://$work/$1-bs" 5 "$2" "$3" "$4" >"$work/$1.out"
    sed 's/^/     /' "$work/$1.out" >&2
    kill -TERM "$sim"
    ends_well "$sim"
}
says() { grep -q "^$2: $3\$" "$work/$1.out"; }

law "channel-sim serves noise and loss, and stops with 0" around noisy 3 0.3 0
law "a burst gets the noise of its seed, UE and number, bit for bit" says noisy noise holds
law "nothing else of a report changes" says noisy rest holds
law "its stamps and SNR are channel-sim's, whatever a UE claims" says noisy stamps holds
law "the reports that are lost are those of the seed, and their UEs hear it" says noisy loss holds
law "an answer comes back as it was, with the stamp of its return" says noisy return holds
law "too much power, numbers that are none and another version are refused by name" \
    says noisy refusal holds
law "some of 200 were lost, and some not" \
    eval 'says noisy lost "[4-7][0-9]" && says noisy passed "1[2-5][0-9]"'

law "channel-sim serves without noise, with a delay" around clean inf 0 0.002
law "without noise a burst arrives as it was sent" says clean noise holds
law "a delay is imposed, and stamped" says clean stamps holds
law "and changes nothing" eval 'says clean rest holds && says clean passed 200'
finish
