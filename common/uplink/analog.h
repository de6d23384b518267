/* analog.h: the uplink `analog`: sends each value in one real dimension, uncoded.
 *
 *     analog[:FORMAT][,header=coded|capacity|free][,header-uses=N][,references=N][,outage=DB]
 *
 *     FORMAT      of payload/codeword.h, default float32
 *     header      how side bits and rms are sent, default capacity; see below
 *     header-uses symbols of a coded header, 1 .. 65024; default: 3 for each of its bits
 *     references  complex symbols, 1 .. 512, default 8
 *     outage      an SNR, UPLINK_SNR_MIN_DB .. UPLINK_SNR_MAX_DB (-20 .. 60 dB); default: none
 *
 * Sending. The values are rounded to the levels of FORMAT (analog = digital precision, sent as
 * reals). Levels x_2k and x_2k+1 are the real and imaginary part of data symbol k of K. A 0 follows
 * an odd number of values, and fills up a payload with fewer values than the shape allows. With
 *     rms = sqrt(sum |symbol_k|^2 / K)
 *
 * the data symbols are symbol_k / rms, of mean power 1. The N references (uplink/snr.h) come first.
 * The payload's side bits are sent beside the symbols, unchanged, followed by the code of the rms
 * by the law ANALOG_RMS.
 *
 * Receiving. A value is the received real times the decoded rms; there are always values_max of
 * them. Errors on the air are not checked, so without an outage threshold every payload is intact.
 * With one, a burst with an estimated SNR below it is not intact: the receiver ignores a channel
 * that is mostly noise, as the receiver of a coded uplink does where the check fails. A payload
 * without power, or with an rms below half of the lowest level, is sent as data symbols of 0 and
 * arrives as zeros. A receiver needs N, the threshold and the shape, but not FORMAT: one receiver
 * serves every format.
 *
 * Header. The payload's side bits and the 13 bits of the rms must arrive as sent.
 *
 *     capacity  they arrive beside the symbols, at the cost of an ideal code that reaches capacity
 *               in few symbols and never fails.
 *     coded     they are sent in the same burst, between references and data, through the channel
 *               code of UCI over QPSK (digital/coded.h). Where its check fails they are lost, and
 *               the burst is not intact. Where a codec's side bits vary in number, that number is
 *               sent, too. 3 symbols for each bit fail in one of a thousand reports at about
 *               -1.7 dB for 25 bits (docs/uplink.md).
 *     free      as capacity, but at no cost. For comparison with published figures that count this
 *               way; uplink_unfair reports it.
 *
 * Cost. 13 bits beside the burst, 3.8 channel uses at 10 dB. uplink_bits counts the digital form:
 * csi_codeword_bits of FORMAT and the side bits, and the 13 where FORMAT sends no scale of its own.
 *
 * Why 13 bits over -60 .. +80 dB. An rms with relative error g adds about g^2 to the linear NMSE.
 * Only the most exact codecs notice: csilink-net-cr4-indoor and csilink-net-xl-cr4-indoor without
 * noise, at -37.02 and -37.68 dB over the 2000 samples of DATA_Htestin.mat. The measured cost of
 * the quantized rms there:
 *
 *     bits     12        13        14          over -60 .. +80 dB
 *     step     34.2      17.1      8.5 mdB
 *     cost     0.030     0.007     0.002 dB    csilink-net-cr4-indoor
 *              0.035     0.008     0.002 dB    csilink-net-xl-cr4-indoor
 *
 * 13 bits are the fewest below 0.02 dB; g is then at most 0.00098. The rms of the shipped models
 * ranges from 0.126 (-18 dB) to 8.8 (+19 dB). The range adds 40 dB below that for channels in a
 * fade and 60 dB above for codecs that send coefficients of H itself. Halving the range would save
 * one bit. */
#ifndef UPLINK_ANALOG_H
#define UPLINK_ANALOG_H

#include "payload/level.h"
#include "uplink/kind.h"

#define ANALOG_RMS ((level_law){.bits = 13, .low_db = -60, .high_db = 80})

extern const uplink_kind uplink_analog;

#endif
