/* digital.h: the uplink `digital`: bits, a channel code, a modulation, and a check.
 *
 *     digital[:SOURCE][,MODULATION][,uses=N|rate=R][,list=L][,margin=DB][,references=N]
 *
 *     SOURCE      law of the values: u2 .. u8, mu2 .. mu8, r1.25 .. r8 (digital/source.h)
 *     MODULATION  pi2bpsk, qpsk, 16qam, 64qam, 256qam
 *     uses        data symbols of a report
 *     rate        bits over coded bits, instead of `uses`: the fewest symbols that reach it
 *     list        of the decoder, 1 .. 32, default 8
 *     margin      0 .. 20 dB, default 1; see below
 *     references  complex symbols, 1 .. 512, default 8
 *
 * Sending. Side bits and values are one string of A bits (digital/source.h), which goes through the
 * channel code of UCI, scrambled by UE, into N symbols (digital/coded.h), N Qm coded bits. The
 * references (uplink/snr.h) come first. Nothing is sent beside the burst.
 *
 * Receiving. The SNR of the references scales the LLRs; if the check of any UCI word fails, the
 * report is not intact. Up to 11 bits there is no CRC, and nearly every error passes.
 *
 * Keys and innovations. Where they differ in size (payload_shape.by_kind) each kind has rows, bits
 * and, with rate=R, symbols of its own. A bit behind the side bits says the kind. The header's
 * builds_on tells the receiver which to expect: it refuses a burst of the other kind's length
 * (ERR_FORMAT), and a burst with a bit that contradicts the header.
 *
 * Power. The symbols have mean power 1 over equally likely coded bits, which scrambling ensures; a
 * single burst of QAM has a little more or less (uplink/air.h).
 *
 * Fitting the rate. With uses=N, the uplink chooses what is left out: a law without its bits (the
 * default is `r`), the modulation, or both. The rows to choose from are fixed when the uplink is
 * opened: for each number of bits that fits, the modulation that needs the lowest SNR by the table
 * of digital/adaptation.h. A UE uses the last row with an SNR, including the margin, of at most the
 * SNR that the base station last acknowledged; before that, and below all rows, the first row. The
 * burst does not say which row it uses: the base station tries the row that its own estimate
 * suggests, two to either side, and the first, and takes the one with a correct check, as a UE
 * finds its control channel. That costs no symbol, and about L 2^-11 more undetected errors for
 * each try that fails. So a row has at least 20 bits, which have a CRC of 11 bits, unless it is the
 * only one. */
#ifndef UPLINK_DIGITAL_DIGITAL_H
#define UPLINK_DIGITAL_DIGITAL_H

#include "uplink/kind.h"

extern const uplink_kind uplink_digital;

#endif
