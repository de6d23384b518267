#!/bin/sh
# csilink uplink: the channel code by itself. Encoding and decoding against the words of independent
# encoders, and what is refused.
. "$(dirname "$0")/lib.sh"
vectors=$(cd "$(dirname "$0")/../data/uci" && pwd)
cd "$work" || exit 1

# Every fifth polar word and every third of the block code, with all sizes of the latter.
sed '/^#/d' "$vectors/polar-vectors.txt" | awk 'NR % 5 == 1' >words
sed '/^#/d' "$vectors/block-vectors.txt" | awk 'NR % 3 == 1' >>words

each_encodes() {
    while read -r bits coded payload word; do
        got=$("$csilink" uplink encode --bits "$bits" --coded "$coded" --hex "$payload")
        [ "$got" = "$word" ] || { echo "     A $bits, G $coded: $got" && return 1; }
    done <words
}
each_decodes() {
    while read -r bits coded payload word; do
        got=$("$csilink" uplink decode --bits "$bits" --coded "$coded" --hex "$word")
        [ "$got" = "$payload" ] || { echo "     A $bits, G $coded: $got" && return 1; }
    done <words
}
law "there are words to meet" eval '[ "$(wc -l <words)" -ge 50 ]'
law "words of other encoders are met, bit by bit" each_encodes
law "and decoded to their payloads" each_decodes
law "digits of either case are the same bits" eval '
    [ "$("$csilink" uplink encode --bits 5 --coded 12 --hex B0)" = 9c4 ]'
law "one and two bits are repeated, as one bit a symbol has them" eval '
    [ "$("$csilink" uplink encode --bits 1 --coded 6 --hex 8)" = fc ] &&
    [ "$("$csilink" uplink encode --bits 2 --coded 6 --hex 8)" = b4 ] &&
    [ "$("$csilink" uplink decode --bits 2 --coded 6 --hex b4)" = 8 ]'
law "a wrong bit is corrected, by a list of one path, too" eval '
    word=$("$csilink" uplink encode --bits 20 --coded 108 --hex 12345) &&
    case $word in 0*) other=8 ;; *) other=0 ;; esac &&
    for list in 1 8 32; do
        [ "$("$csilink" uplink decode --bits 20 --coded 108 --list $list \
            --hex "$other${word#?}")" = 12345 ] || exit 1
    done'

encode="$csilink uplink encode" decode="$csilink uplink decode"
law "what is no word fails, in one line and with nothing on standard output" eval '
    fails_with 1 "the check fails: no candidate has the right CRC" \
        $decode --bits 20 --coded 60 --hex 123456789abcdef && [ ! -s out ]'
law "so does what is as near to two words" eval '
    fails_with 1 "the check fails: no word is nearer" $decode --bits 1 --coded 2 --hex 8 &&
    [ ! -s out ]'
law "a digit too few" fails_with 2 "--hex has 4 digits; 20 bits take 5" \
    $encode --bits 20 --coded 60 --hex 1234
law "a digit too many" fails_with 2 "--hex has 6 digits; 20 bits take 5" \
    $encode --bits 20 --coded 60 --hex 123456
law "no digits" fails_with 2 "--hex needs a value" $encode --bits 20 --coded 60 --hex ""
law "what is no digit" fails_with 2 "0 to 9 and a to f, not 'g'" \
    $encode --bits 20 --coded 60 --hex 1234g
law "padding that is not zero" fails_with 2 "the last 3 bits of its last digit are padding" \
    $encode --bits 5 --coded 12 --hex b1
law "a coded word of the wrong length" fails_with 2 "--hex has 5 digits; 60 bits take 15" \
    $decode --bits 20 --coded 60 --hex 12345
law "no bits at all" fails_with 2 "from 1 to 1706, not '0'" $encode --bits 0 --coded 60 --hex 1
law "more bits than a word has" fails_with 2 "from 1 to 1706, not '1707'" \
    $encode --bits 1707 --coded 8000 --hex 1
law "too few coded bits" fails_with 2 "at least 31 coded bits, not 30" \
    $encode --bits 20 --coded 30 --hex 12345
law "fewer coded bits than bits" fails_with 2 "take 5 to 16384 coded bits, not 4" \
    $encode --bits 5 --coded 4 --hex b0
law "more coded bits than one code block has" fails_with 2 "at most 8192 coded bits, not 9000" \
    $encode --bits 20 --coded 9000 --hex 12345
law "more coded bits than a word has" fails_with 2 "from 1 to 16384, not '16385'" \
    $encode --bits 20 --coded 16385 --hex 12345
law "a word that cannot be told from others is not decoded" fails_with 2 "coded bits" \
    $decode --bits 4 --coded 4 --hex 0
law "a list that is too long" fails_with 2 "from 1 to 32, not '33'" \
    $decode --bits 5 --coded 12 --hex 9c4 --list 33
law "options that are missing are named" fails_with 2 "it needs --bits, --coded and --hex" \
    $encode --bits 5 --coded 12

finish
