#include "train/tie.h"

#include <stdlib.h>
#include <string.h>

static const grad_entry *find_entry(const grad_weights *w, const char *name)
{
    for (int i = 0; i < w->n_entries; i++)
        if (strcmp(w->entries[i].name, name) == 0)
            return &w->entries[i];
    return NULL;
}

/* Compares bytes, since a NaN differs from itself. */
static int check_copies(const grad_weights *const weights[2], const grad_entry *const entry[2],
                        err *e)
{
    if (entry[0]->count != entry[1]->count)
        return err_set(e, ERR_MISMATCH,
                       "the weight '%s' has %zu values in the encoder and %zu in the decoder; "
                       "both share it",
                       entry[0]->name, entry[0]->count, entry[1]->count);
    if (memcmp(weights[0]->values + entry[0]->offset, weights[1]->values + entry[1]->offset,
               entry[0]->count * sizeof(float)) != 0)
        return err_set(e, ERR_MISMATCH,
                       "the weight '%s' differs between the encoder and the decoder; both share "
                       "it, and must start from one value",
                       entry[0]->name);
    return 0;
}

int train_ties_find(const grad_weights *const weights[2], train_ties *ties, err *e)
{
    *ties = (train_ties){.list = calloc((size_t)weights[0]->n_entries + 1, sizeof *ties->list)};
    if (!ties->list)
        return err_set(e, ERR_NOMEM, "no memory for the tied weights of a training");
    for (int i = 0; i < weights[0]->n_entries; i++) {
        const grad_entry *entry[2] = {&weights[0]->entries[i]};
        /* Statistics are not shared: each side has its own values. */
        if (strncmp(entry[0]->name, "tied.", 5) != 0 || entry[0]->kind == GRAD_STATISTIC)
            continue;
        entry[1] = find_entry(weights[1], entry[0]->name);
        if (!entry[1])
            continue;
        int rc = check_copies(weights, entry, e);
        if (rc)
            return rc;
        ties->list[ties->count++] =
            (train_tie){.offset = {entry[0]->offset, entry[1]->offset}, .count = entry[0]->count};
    }
    return 0;
}

double train_ties_join(const train_ties *ties, float *const gradients[2])
{
    double change = 0;
    for (int i = 0; i < ties->count; i++) {
        float *a = gradients[0] + ties->list[i].offset[0];
        float *b = gradients[1] + ties->list[i].offset[1];
        for (size_t k = 0; k < ties->list[i].count; k++) {
            /* (a + b)^2 - a^2 - b^2 = 2 a b */
            change += 2 * (double)a[k] * (double)b[k];
            a[k] += b[k];
            b[k] = a[k];
        }
    }
    return change;
}

size_t train_ties_parameters(const train_ties *ties)
{
    size_t n = 0;
    for (int i = 0; i < ties->count; i++)
        n += ties->list[i].count;
    return n;
}
