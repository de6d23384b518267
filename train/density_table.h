/* density_table.h: from a trained density to the table that both ends code by. */
#ifndef TRAIN_DENSITY_TABLE_H
#define TRAIN_DENSITY_TABLE_H

#include "train/architecture/architecture.h"
#include "train/architecture/pair.h"

/* The pair as the link runs it: copies of both networks, the decoder without the density that
 * `config` had built into it, and csilink.entropy (codec/entropy/table.h) of that density in the
 * metadata of both. Free *plain with train_pair_free. ERR_MISMATCH for a decoder without a density,
 * or one that gives chances that are no numbers. */
int train_density_strip(const train_architecture_config *config, const train_pair *trained,
                        train_pair *plain, err *e);

#endif
