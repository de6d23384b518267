#include "train/sequence.h"

#include <math.h>

#include "base/rng.h"

int train_sequence_check(const train_sequence *s, err *e)
{
    if (!(s->loss >= 0 && s->loss <= 0.9))
        return err_set(e, ERR_INVALID, "a loss of %g; it must be 0 to 0.9", s->loss);
    if (!(s->burst == 0 || (s->burst >= 1 && s->burst <= 1000)))
        return err_set(e, ERR_INVALID, "a burst of %g reports; it must be 1 to 1000, or 0",
                       s->burst);
    if (s->burst > 0 && s->loss > s->burst / (s->burst + 1))
        return err_set(e, ERR_INVALID,
                       "a loss of %g in bursts of %g reports is impossible; at most %g is, with "
                       "one report between two bursts",
                       s->loss, s->burst, s->burst / (s->burst + 1));
    if (!(s->key >= 0 && s->key <= 1))
        return err_set(e, ERR_INVALID, "a share of keys of %g; it must be 0 to 1", s->key);
    if (s->delay > TRAIN_DELAY_MAX)
        return err_set(e, ERR_INVALID, "a delay of %u reports; it must be 1 to %d", s->delay,
                       TRAIN_DELAY_MAX);
    return 0;
}

/* Gilbert's model. A run of losses ends with probability 1 / burst; it begins with the probability
 * that makes the share of losses `loss`. */
static double loss_after(const train_sequence *s, bool first, bool lost)
{
    if (first || s->burst == 0)
        return s->loss;
    return lost ? 1 - 1 / s->burst : s->loss / (s->burst * (1 - s->loss));
}

void train_sequence_draw(const train_sequence *s, uint64_t seed, uint64_t index, unsigned reports,
                         train_outcome *outcomes)
{
    rng r = rng_at(seed, RNG_TRAIN_LOSSES, (uint32_t)(index >> 32), (uint32_t)index);
    unsigned delay = s->delay ? s->delay : 1;
    for (unsigned i = 0; i < reports; i++) {
        double to_key = rng_uniform(&r), to_loss = rng_uniform(&r); /* always both, for fixed
                                                                       positions in the stream */
        int base = i >= delay ? (int)(i - delay) : -1;
        while (base >= 0 && outcomes[base].lost)
            base--;
        outcomes[i].base = to_key < s->key ? -1 : base;
        outcomes[i].lost = to_loss < loss_after(s, i == 0, i > 0 && outcomes[i - 1].lost);
    }
}
