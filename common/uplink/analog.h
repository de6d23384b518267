/* analog.h: the uplink `analog`: one value is one real dimension, uncoded.
 *
 *     analog[:FORMAT][,references=N][,outage=DB]
 *
 *     FORMAT      of payload/codeword.h, default float32
 *     references  complex symbols, 1 .. 512, default 8
 *     outage      an SNR, UPLINK_SNR_MIN_DB .. UPLINK_SNR_MAX_DB (-20 .. 60 dB); default: none
 *
 * Sending. The values go to the levels of FORMAT (analog = digital precision, on the air as reals).
 * Levels x_2k and x_2k+1 are the real and imaginary part of data symbol k of K; behind an odd
 * number of values stands a 0, as behind a payload with fewer values than the shape allows. With
 *
 *     rms = sqrt(sum |symbol_k|^2 / K)
 *
 * the data symbols are symbol_k / rms, of mean power 1. The N references (uplink/snr.h) come first.
 * The payload's side bits travel beside the symbols as they are, and behind them the code of the
 * rms by the law ANALOG_RMS.
 *
 * Receiving. A value is the received real times the decoded rms; there are always as many as the
 * shape's values_max. Nothing is checked for errors of the air, so that without an outage threshold
 * every payload is intact. With one, a burst whose estimated SNR is below it is not: the receiver
 * does without a channel that is mostly noise, as that of a coded uplink does where the check
 * fails. A payload without power, or with an rms below half of the lowest level, sends data symbols
 * of 0 and arrives as zeros. A receiver needs N, the threshold and the shape, not FORMAT: one
 * serves every format.
 *
 * Cost. 13 bits beside the burst, 3.8 channel uses at 10 dB. uplink_bits counts the digital form:
 * csi_codeword_bits of FORMAT and the side bits, and the 13 where FORMAT sends no scale of its own.
 *
 * Why 13 bits over -60 .. +80 dB. An rms that is wrong by the factor 1 + g adds about g^2 to the
 * linear NMSE, which nobody sees but the most exact codecs: csilink-net-cr4-indoor and
 * csilink-net-xl-cr4-indoor without noise, at -37.02 and -37.68 dB over the 2000 samples of
 * DATA_Htestin.mat. What the quantized rms costs there, measured:
 *
 *     bits     12        13        14          over -60 .. +80 dB
 *     step     34.2      17.1      8.5 mdB
 *     cost     0.030     0.007     0.002 dB    csilink-net-cr4-indoor
 *              0.035     0.008     0.002 dB    csilink-net-xl-cr4-indoor
 *
 * 13 bits are the fewest below 0.02 dB; g is then at most 0.00098. The shipped models' rms goes
 * from 0.126 (-18 dB) to 8.8 (+19 dB); the range leaves 40 dB below for channels in a fade and 60
 * above for codecs whose values are coefficients of H itself. Halving the range would save one bit.
 */
#ifndef UPLINK_ANALOG_H
#define UPLINK_ANALOG_H

#include "payload/level.h"
#include "uplink/kind.h"

#define ANALOG_RMS ((level_law){.bits = 13, .low_db = -60, .high_db = 80})

extern const uplink_kind uplink_analog;

#endif
