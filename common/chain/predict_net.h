/* predict_net.h: a network that gives the coefficients of an autoregression, for
 * CHAIN_PREDICT_NET (chain/predict.h).
 *
 * `ar` solves for a tap's coefficients c from the sums R and b of this tap, with one ridge for all
 * taps. A network sees the sums of a tap and of the taps around it, the number of reports in them
 * and the SNR, so it can learn how far to trust each.
 *
 * The ONNX file has the input `planes` [n][CHAIN_PREDICT_PLANES][rows][columns] and the output
 * `coefficients` [n][4][rows][columns]: Re c_1, Im c_1, Re c_2, Im c_2 of each tap, rows being
 * angles and columns delays. Rows and columns are symbolic or those of the codec. With
 *
 *   m      the mean of R_11 over all taps
 *   noise  10^(-snr_db / 10), 0 where the SNR is unknown
 *   around the sum over a tap and its 8 neighbours, divided by 9; angles go round, and beyond the
 *          first and last delay there is 0
 *
 * the planes are
 *
 *    0..7   log10(r), R_22 / (r m), then Re and Im of R_12, b_1 and b_2, each / (r m);
 *           r = R_11 / m + 0.001
 *    8..15  the same of the sums around
 *   16..19  Re c_1, Im c_1, Re c_2, Im c_2 as `ar` solves for them, ridge (0.02 + noise) m
 *   20..23  the same of the sums around, ridge (0.002 + noise) m
 *   24      log10(noise + 0.0001)
 *   25      1 / the number of reports in the sums
 *
 * with planes 0 to 23 limited to -4 .. 4. tools/train-predictor trains such a network. */
#ifndef CHAIN_PREDICT_NET_H
#define CHAIN_PREDICT_NET_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "chain/predict_fit.h"

enum { CHAIN_PREDICT_PLANES = 26 };

#define CHAIN_PREDICT_NET_ENDING ".predictor.onnx" /* of its file's name */

typedef struct chain_predict_net chain_predict_net;   /* immutable, shared by threads */
typedef struct chain_predict_work chain_predict_work; /* of one thread */

/* Loads the network `name`: NAME.predictor.onnx of models/ (codec/models.h), or of the folder that
 * the name has. The name may have the ending. NULL on failure: ERR_IO; ERR_FORMAT for a file that
 * is no ONNX network; ERR_MISMATCH where its input or output is another. Free with
 * chain_predict_net_free (NULL allowed), after all workspaces. */
chain_predict_net *chain_predict_net_load(const char *name, err *e);
void chain_predict_net_free(chain_predict_net *net);

/* For channels of [rows][columns] entries. NULL on failure: ERR_NOMEM, or ERR_MISMATCH where the
 * network is for another size. The network outlives it. */
chain_predict_work *chain_predict_work_open(const chain_predict_net *net, uint32_t rows,
                                            uint32_t columns, err *e);
void chain_predict_work_close(chain_predict_work *w); /* NULL allowed */

/* Sets the coefficients of `entries` taps, which are rows x columns, from their sums over `fits`
 * reports. False, and nothing set, where the network gives a number that is not finite. No
 * allocation. */
bool chain_predict_work_run(chain_predict_work *w, chain_tap_fit *fit, size_t entries,
                            double snr_db, size_t fits);

#endif
