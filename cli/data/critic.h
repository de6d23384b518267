/* critic.h: networks that were trained on one set of channels, used to judge another. A network
 * reaches its published NMSE on channels of its training distribution, and a worse one on others.
 *
 * A critic is a pair of ONNX files in a folder, NAME.encoder.onnx and NAME.decoder.onnx: images [n
 * x 2 x Nt x Ni] of the field's convention (csi/dataset.h) as input, a codeword between them,
 * images as output. The codeword is neither quantized nor noisy. */
#ifndef CLI_DATA_CRITIC_H
#define CLI_DATA_CRITIC_H

#include "base/error.h"
#include "csi/dataset.h"
#include "portrait.h"
#include "targets.h"

/* Puts the names of the critics in a folder into t->critic, in alphabetical order, with NaN for
 * their NMSE. ERR_IO; ERR_INVALID if there are none, or more than TARGET_CRITICS_MAX. */
int critic_list(const char *folder, targets *t, err *e);

/* NMSE of one critic over the samples that have energy: mean over them of |x - y|^2 / |x - 0.5|^2,
 * the field's definition. ERR_IO, ERR_FORMAT, ERR_MISMATCH for a pair that does not accept these
 * images, ERR_NOMEM. */
int critic_nmse(const char *folder, const char *name, const csi_dataset *set, portrait_mean *nmse,
                err *e);

#endif
