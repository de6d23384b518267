/* density_table.h: turns a trained density into the table that both ends use for entropy coding. */
#ifndef TRAIN_DENSITY_TABLE_H
#define TRAIN_DENSITY_TABLE_H

#include "train/architecture/architecture.h"
#include "train/architecture/pair.h"

/* Makes the pair that the link runs: copies of both networks, where the decoder lacks the density
 * that `config` built into it and both hold that density's table as csilink.entropy
 * (codec/entropy/table.h) in their metadata. Free *plain with train_pair_free. ERR_MISMATCH for a
 * decoder without a density, or with probabilities that are not finite. */
int train_density_strip(const train_architecture_config *config, const train_pair *trained,
                        train_pair *plain, err *e);

#endif
