/* density.h: a learned probability density of the codeword's values, for training with a rate.
 *
 * Each channel (axis 1 of the codeword) has its own density, as in Balle et al. (2018, "Variational
 * image compression with a scale hyperprior", appendix 6.1). Its distribution function is c(x) =
 * sigmoid(f4(f3(f2(f1(x))))) with
 *
 *     f_k(x) = softplus(H_k) x + b_k, for k < 4 plus tanh(a_k) tanh(of that)      widths 1 3 3 3 1
 *
 * which rises with x for any parameters. A rounded value q costs
 *
 *     -log2(c(q + 1/2) - c(q - 1/2)) bits
 *
 * In training x + u, with u uniform in [-1/2, 1/2), replaces q. */
#ifndef TRAIN_ARCHITECTURE_DENSITY_H
#define TRAIN_ARCHITECTURE_DENSITY_H

#include "nn/nn.h"
#include "train/architecture/emit.h"

/* Adds the density's parameters "density.*" to a decoder, and changes its output to [n, pixels +
 * 1]: the flat image y, then the bits that the codeword s costs. */
int arch_density(arch_emitter *m, const arch_value *codeword, const arch_value *image);

/* The number of channels that a decoder has densities of; 0 for a decoder built without. */
uint32_t train_density_channels(const nn_model *decoder);

/* c(x) of a channel, from the decoder's weights, in double precision. */
double train_density_below(const nn_model *decoder, uint32_t channel, double x);

#endif
