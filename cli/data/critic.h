/* critic.h: networks that were trained on one set of channels, as judges of another. A network
 * gives the NMSE that it is known for on channels of the distribution that it was trained on, and a
 * worse one elsewhere.
 *
 * A critic is a pair of ONNX files in a folder, NAME.encoder.onnx and NAME.decoder.onnx: images
 * [n x 2 x Nt x Ni] of the field's convention (csi/dataset.h) in, a codeword between them, images
 * out. No noise, no quantization: the codeword goes over as it is. */
#ifndef CLI_DATA_CRITIC_H
#define CLI_DATA_CRITIC_H

#include "base/error.h"
#include "csi/dataset.h"
#include "portrait.h"
#include "targets.h"

/* Names of the critics in a folder into t->critic, in alphabetical order, with NaN for their NMSE.
 * ERR_IO; ERR_INVALID where there is none, or more than TARGET_CRITICS_MAX. */
int critic_list(const char *folder, targets *t, err *e);

/* NMSE of one critic over the samples that have energy: mean over them of
 * |x - y|^2 / |x - 0.5|^2, as the field counts it. ERR_IO, ERR_FORMAT, ERR_MISMATCH for a pair that
 * does not take these images, ERR_NOMEM. */
int critic_nmse(const char *folder, const char *name, const csi_dataset *set, portrait_mean *nmse,
                err *e);

#endif
