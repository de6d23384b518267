#include "train/density_table.h"

#include <math.h>
#include <stdlib.h>

#include "codec/entropy/table.h"
#include "train/architecture/density.h"

/* Numbers on each side of the median from which a table is made. */
enum { AROUND = 4 * ENTROPY_REACH_MAX };

/* The largest whole number below the median. */
static int32_t find_median(const nn_model *decoder, uint32_t channel)
{
    int32_t low = -ENTROPY_CENTRE_MAX + AROUND + 1, high = ENTROPY_CENTRE_MAX - AROUND - 1;
    while (high - low > 1) {
        int32_t middle = low + (high - low) / 2;
        if (train_density_below(decoder, channel, middle) < 0.5)
            low = middle;
        else
            high = middle;
    }
    return low;
}

static int fill_channel(const nn_model *decoder, uint32_t channel, entropy_channel *to, err *e)
{
    double chance[2 * AROUND + 1], sum = 0;
    int32_t first = find_median(decoder, channel) - AROUND;
    double below = train_density_below(decoder, channel, first - 0.5);
    for (int i = 0; i < 2 * AROUND + 1; i++) {
        double next = train_density_below(decoder, channel, first + i + 0.5);
        chance[i] = fmax(next - below, 0);
        sum += chance[i];
        below = next;
    }
    if (!(sum > 0) || !isfinite(sum))
        return err_set(e, ERR_MISMATCH,
                       "the density of channel %u of the codeword has no "
                       "probabilities",
                       channel);
    entropy_channel_set(to, chance, first, sizeof chance / sizeof chance[0]);
    return 0;
}

static char *make_text(const nn_model *decoder, err *e)
{
    uint32_t channels = train_density_channels(decoder);
    if (channels < 1 || channels > ENTROPY_CHANNELS_MAX) {
        err_set(e, ERR_MISMATCH, "the decoder has densities of %u channels; it must be 1 to %d",
                channels, ENTROPY_CHANNELS_MAX);
        return NULL;
    }
    entropy_table *table = entropy_table_new(channels);
    int rc = table ? 0 : err_set(e, ERR_NOMEM, "out of memory for a table of probabilities");
    for (uint32_t c = 0; !rc && c < channels; c++)
        rc = fill_channel(decoder, c, &table->channel[c], e);
    char *text = rc ? NULL : entropy_table_print(table);
    if (!rc && !text)
        err_set(e, ERR_NOMEM, "out of memory for a table of probabilities");
    free(table);
    return text;
}

/* Copies the weights and lists that both models have. */
static int copy_constants(const nn_model *from, nn_model *to, err *e)
{
    int rc = 0;
    for (int v = 0; !rc && v < nn_model_values(to); v++) {
        const nn_tensor *own = nn_model_constant(to, v);
        const nn_tensor *other =
            own ? nn_model_constant(from, nn_model_find_constant(from, nn_model_value_name(to, v)))
                : NULL;
        if (!other || other->dtype != own->dtype || other->count != own->count)
            continue;
        if (own->dtype == NN_FLOAT)
            rc = nn_model_set_constant(to, v, other->data, e);
        else if (own->dtype == NN_INT64)
            rc = nn_model_set_list(to, v, other->data, e);
    }
    return rc ? rc : nn_model_rehash(to, e);
}

int train_density_strip(const train_architecture_config *config, const train_pair *trained,
                        train_pair *plain, err *e)
{
    train_architecture_config without = *config;
    without.density = false;
    *plain = (train_pair){0};
    char *text = make_text(trained->decoder, e);
    int rc = text ? train_architecture_build(&without, plain, e) : ERR_MISMATCH;
    const nn_model *from[] = {trained->encoder, trained->decoder};
    nn_model *to[] = {plain->encoder, plain->decoder};
    for (int side = 0; !rc && side < 2; side++) {
        rc = copy_constants(from[side], to[side], e);
        if (!rc)
            rc = nn_model_set_metadata(to[side], "csilink.entropy", text, e);
    }
    free(text);
    if (rc)
        train_pair_free(plain);
    return rc;
}
