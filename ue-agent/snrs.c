#include "snrs.h"

#include <math.h>
#include <stdlib.h>

#include "chain/memory.h"

typedef struct estimate {
    uint32_t seq;
    bool known;
    float snr_db;
} estimate;

/* `recent`, indexed by number modulo its size, holds answers that were too new to count for the
 * last report. They belong to reports above seq - ack_delay, fewer than the slots, so no two share
 * a slot. */
typedef struct ue_snrs {
    estimate counted; /* the newest one that counts */
    estimate recent[CHAIN_MEMORY_REPORTS];
} ue_snrs;

struct snrs {
    uint32_t ack_delay;
    ue_snrs of[]; /* [ues] */
};

snrs *snrs_create(size_t ues, uint32_t ack_delay)
{
    snrs *s = calloc(1, sizeof *s + ues * sizeof s->of[0]);
    if (s)
        s->ack_delay = ack_delay;
    return s;
}

void snrs_free(snrs *s)
{
    free(s);
}

static void count_if_newer(ue_snrs *u, const estimate *e)
{
    if (!u->counted.known || e->seq > u->counted.seq)
        u->counted = *e;
}

void snrs_answered(snrs *s, size_t ue_index, uint32_t seq, double snr_db)
{
    ue_snrs *u = &s->of[ue_index];
    estimate *place = &u->recent[seq % CHAIN_MEMORY_REPORTS];
    const estimate e = {.seq = seq, .known = true, .snr_db = (float)snr_db};
    /* A late answer can find a newer one in its slot. The newer one counts now or soon, and this
     * older one counts already. */
    if (place->known && place->seq > seq) {
        count_if_newer(u, &e);
        return;
    }
    if (place->known)
        count_if_newer(u, place);
    *place = e;
}

double snrs_acknowledged(snrs *s, size_t ue_index, uint32_t seq)
{
    ue_snrs *u = &s->of[ue_index];
    uint32_t limit;
    if (!chain_memory_limit(seq, s->ack_delay, &limit))
        return (double)NAN;
    for (estimate *e = u->recent; e < u->recent + CHAIN_MEMORY_REPORTS; e++)
        if (e->known && e->seq <= limit) {
            count_if_newer(u, e);
            *e = (estimate){0};
        }
    return u->counted.known ? (double)u->counted.snr_db : (double)NAN;
}
