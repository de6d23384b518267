#include "chain/tally.h"

#include <math.h>
#include <stdlib.h>

bool chain_counts_close(const chain_counts *c)
{
    return c->sent == c->acked + c->lost_channel + c->timed_out + c->refused;
}

const char *chain_stage_name(chain_stage stage)
{
    static const char *const names[CHAIN_STAGES] = {"estimate", "encode", "uplink",   "impair",
                                                    "queue",    "decode", "downlink", "total"};
    return names[stage];
}

chain_tally *chain_tally_create(uint32_t first_ue, size_t ues)
{
    chain_tally *t = calloc(1, sizeof *t);
    if (!t)
        return NULL;
    t->ue = calloc(ues ? ues : 1, sizeof *t->ue);
    if (!t->ue) {
        free(t);
        return NULL;
    }
    t->ues = ues;
    for (size_t i = 0; i < ues; i++)
        t->ue[i].ue = first_ue + (uint32_t)i;
    return t;
}

void chain_tally_free(chain_tally *t)
{
    if (t)
        free(t->ue);
    free(t);
}

/* An infinite SNR is the same as itself and lies next to the highest. */
static double snr_distance(double a_db, double b_db)
{
    const double no_noise_db = 1e6;
    return fabs(fmin(a_db, no_noise_db) - fmin(b_db, no_noise_db));
}

/* The point of an SNR, made when there is room: exactly its own while half of the points are free,
 * then that of the whole dB next to it. So a ramp becomes a curve from end to end. */
static chain_snr_point *snr_point(chain_tally *t, double snr_db)
{
    chain_snr_point *nearest = NULL;
    bool half_full = t->snr_points >= CHAIN_SNR_POINTS / 2;
    double rounded_db = half_full ? rint(snr_db) : snr_db;
    double best = INFINITY;
    for (size_t i = 0; i < t->snr_points; i++) {
        chain_snr_point *p = &t->snr[i];
        if (snr_distance(p->snr_db, snr_db) < 1e-9)
            return p;
        double distance = snr_distance(p->snr_db, rounded_db);
        if (!nearest || distance < best) {
            nearest = p;
            best = distance;
        }
    }
    if (t->snr_points == CHAIN_SNR_POINTS || best < 1e-9)
        return nearest;
    chain_snr_point *fresh = &t->snr[t->snr_points++];
    *fresh = (chain_snr_point){.snr_db = rounded_db};
    return fresh;
}

void chain_tally_quality(chain_tally *t, size_t ue_index, double snr_db, double nmse)
{
    t->sums.reports++;
    t->sums.nmse += nmse;
    hist_add(&t->nmse, (uint64_t)fmin(fmax(nmse * CHAIN_NMSE_SCALE, 0), 1e18));
    t->ue[ue_index].measured++;
    t->ue[ue_index].nmse += nmse;
    chain_snr_point *p = snr_point(t, snr_db);
    p->reports++;
    p->nmse += nmse;
}

double chain_tally_nmse_db(const chain_tally *t)
{
    return t->sums.reports ? 10 * log10(t->sums.nmse / (double)t->sums.reports) : NAN;
}

double chain_tally_nmse_median_db(const chain_tally *t)
{
    return t->nmse.count ? 10 * log10((double)hist_percentile(&t->nmse, 0.5) / CHAIN_NMSE_SCALE)
                         : NAN;
}

static void add_counts(chain_counts *into, const chain_counts *from)
{
    into->sent += from->sent;
    into->acked += from->acked;
    into->lost_channel += from->lost_channel;
    into->timed_out += from->timed_out;
    into->refused += from->refused;
}

static void add_sums(chain_sums *into, const chain_sums *from)
{
    into->reports += from->reports;
    into->nmse += from->nmse;
    into->rho += from->rho;
    into->sgcs += from->sgcs;
    into->se_feedback += from->se_feedback;
    into->se_perfect += from->se_perfect;
    into->se_ls += from->se_ls;
    into->ls_nmse += from->ls_nmse;
    into->snr_estimated_db += from->snr_estimated_db;
}

static int append_ues(chain_tally *into, const chain_tally *from, err *e)
{
    chain_ue_tally *ue = realloc(into->ue, (into->ues + from->ues + 1) * sizeof *ue);
    if (!ue)
        return err_set(e, ERR_NOMEM, "out of memory for %zu UEs", into->ues + from->ues);
    into->ue = ue;
    for (size_t i = 0; i < from->ues; i++)
        into->ue[into->ues++] = from->ue[i];
    return ERR_NONE;
}

int chain_tally_merge(chain_tally *into, const chain_tally *from, err *e)
{
    if (append_ues(into, from, e) != ERR_NONE)
        return ERR_NOMEM;
    add_counts(&into->counts, &from->counts);
    into->late += from->late;
    add_sums(&into->sums, &from->sums);
    hist_merge(&into->nmse, &from->nmse);
    for (int i = 0; i < CHAIN_STAGES; i++)
        hist_merge(&into->latency[i], &from->latency[i]);
    into->uplink_bytes += from->uplink_bytes;
    into->elapsed_s = fmax(into->elapsed_s, from->elapsed_s);
    into->lateness_max_s = fmax(into->lateness_max_s, from->lateness_max_s);
    for (size_t i = 0; i < from->snr_points; i++) {
        chain_snr_point *p = snr_point(into, from->snr[i].snr_db);
        p->reports += from->snr[i].reports;
        p->nmse += from->snr[i].nmse;
    }
    return ERR_NONE;
}
