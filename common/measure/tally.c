#include "measure/tally.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/decibel.h"

static uint64_t ended(const chain_counts *c)
{
    return c->acked + c->lost_channel + c->timed_out + c->refused + c->not_decoded + c->unknown;
}

bool chain_counts_close(const chain_counts *c)
{
    return c->sent == ended(c);
}

uint64_t chain_counts_received(const chain_counts *c)
{
    return c->acked + c->not_decoded;
}

double chain_counts_bler(const chain_counts *c)
{
    return ((double)c->not_decoded - (double)c->needs_key) / (double)chain_counts_received(c);
}

double chain_counts_undetected_rate(const chain_counts *c)
{
    return c->compared ? (double)c->undetected / (double)chain_counts_received(c) : NAN;
}

void chain_counts_add(chain_counts *into, const chain_counts *from)
{
    into->sent += from->sent;
    into->acked += from->acked;
    into->lost_channel += from->lost_channel;
    into->timed_out += from->timed_out;
    into->refused += from->refused;
    into->not_decoded += from->not_decoded;
    into->needs_key += from->needs_key;
    into->compared += from->compared;
    into->undetected += from->undetected;
    into->keys += from->keys;
    into->innovations += from->innovations;
    into->unknown += from->unknown;
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

void chain_tally_group(chain_tally *t, uint32_t first, uint32_t ues)
{
    for (size_t i = 0; i < t->ues; i++)
        if (t->ue[i].ue - first < ues)
            t->ue[i].group = first;
}

void chain_tally_copy(chain_tally *into, const chain_tally *from)
{
    chain_ue_tally *ue = into->ue;
    *into = *from;
    into->ue = ue;
    memcpy(into->ue, from->ue, from->ues * sizeof *ue);
}

void chain_tally_refused(chain_tally *t, const char *reason, uint64_t reports)
{
    char text[CHAIN_REASON_MAX] = "";
    size_t i = 0;
    snprintf(text, sizeof text, "%s", reason);
    for (char *c = text; *c; c++)
        if ((unsigned char)*c < ' ' || (unsigned char)*c > '~')
            *c = '?';
    while (i < t->refusals && strcmp(t->refusal[i].reason, text) != 0)
        i++;
    if (i >= CHAIN_REFUSALS - 1) {
        i = CHAIN_REFUSALS - 1;
        snprintf(text, sizeof text, "other reasons");
    }
    if (i >= t->refusals) {
        t->refusals = i + 1;
        memcpy(t->refusal[i].reason, text, sizeof text);
    }
    t->refusal[i].reports += reports;
}

static void abandon(chain_counts *c)
{
    uint64_t known = ended(c);
    if (c->sent > known)
        c->unknown += c->sent - known;
}

void chain_tally_abandon(chain_tally *t)
{
    abandon(&t->counts);
    for (size_t i = 0; i < t->ues; i++)
        abandon(&t->ue[i].counts);
}

/* An infinite SNR equals itself and is nearest to the highest finite one. */
static double snr_distance(double a_db, double b_db)
{
    const double no_noise_db = 1e6;
    return fabs(fmin(a_db, no_noise_db) - fmin(b_db, no_noise_db));
}

static size_t points_of(const chain_tally *t, uint32_t group)
{
    size_t points = 0;
    for (size_t i = 0; i < t->snr_points; i++)
        points += t->snr[i].group == group;
    return points;
}

/* The group's point at an SNR, or the nearest one; NULL if it has none. */
static chain_snr_point *nearest_point(chain_tally *t, uint32_t group, double snr_db)
{
    chain_snr_point *nearest = NULL;
    double best = INFINITY;
    for (size_t i = 0; i < t->snr_points && best >= 1e-9; i++) {
        chain_snr_point *p = &t->snr[i];
        double distance = snr_distance(p->snr_db, snr_db);
        if (p->group == group && (!nearest || distance < best)) {
            nearest = p;
            best = distance;
        }
    }
    return nearest;
}

static bool is_at(const chain_snr_point *p, double snr_db)
{
    return p && snr_distance(p->snr_db, snr_db) < 1e-9;
}

/* Finds or creates the point for an SNR: an exact one while the group has few, then the nearest
 * whole dB. So a ramp becomes a curve from end to end. */
static chain_snr_point *snr_point(chain_tally *t, uint32_t group, double snr_db)
{
    chain_snr_point *p = nearest_point(t, group, snr_db);
    if (is_at(p, snr_db))
        return p;
    bool exact = points_of(t, group) < CHAIN_SNR_EXACT;
    double rounded_db = exact ? snr_db : rint(snr_db);
    p = exact ? p : nearest_point(t, group, rounded_db);
    if (is_at(p, rounded_db))
        return p;
    if (t->snr_points == CHAIN_SNR_POINTS)
        return p ? p : &t->snr[CHAIN_SNR_POINTS - 1];
    chain_snr_point *fresh = &t->snr[t->snr_points++];
    *fresh = (chain_snr_point){.snr_db = rounded_db, .group = group};
    return fresh;
}

uint64_t chain_ue_with_nmse(const chain_ue_tally *u)
{
    return chain_sums_without(u->measured, u->directions);
}

uint64_t chain_ue_aged_with_nmse(const chain_ue_tally *u)
{
    return chain_sums_without(u->aged, u->aged_directions);
}

uint64_t chain_snr_with_nmse(const chain_snr_point *p)
{
    return chain_sums_without(p->reports, p->directions);
}

/* Skips reports without an NMSE. */
static void add_nmse(hist *h, double *sum, uint64_t *directions, double nmse)
{
    if (isnan(nmse)) {
        ++*directions;
        return;
    }
    *sum += nmse;
    hist_add(h, (uint64_t)fmin(fmax(nmse * CHAIN_NMSE_SCALE, 0), 1e18));
}

static void add_quality(chain_tally *t, size_t ue_index, const chain_outcome *o)
{
    const measure_quality *q = &o->quality;
    chain_ue_tally *ue = &t->ue[ue_index];
    chain_snr_point *p = snr_point(t, ue->group, o->snr_db);
    ue->measured++;
    ue->sgcs += q->sgcs;
    ue->se += q->se;
    add_nmse(&t->nmse, &ue->nmse, &ue->directions, q->nmse);
    p->reports++;
    p->directions += !measure_has_nmse(q);
    p->nmse += measure_has_nmse(q) ? q->nmse : 0;
    p->sgcs += q->sgcs;
}

void chain_tally_answered(chain_tally *t, size_t ue_index, const chain_outcome *o)
{
    chain_sums_answered(&t->sums, o);
    t->ue[ue_index].bits += o->bits;
    t->ue[ue_index].channel_uses += o->channel_uses;
    if (o->measured)
        add_quality(t, ue_index, o);
}

void chain_tally_failed(chain_tally *t, const chain_outcome *o)
{
    chain_sums_failed(&t->sums, o);
}

void chain_tally_latency(chain_tally *t, const chain_latency *l, bool split, bool warm_up)
{
    hist *into = warm_up ? t->warm_up : t->latency;
    hist_add(&into[CHAIN_TOTAL], l->ns[CHAIN_TOTAL]);
    if (!split) {
        t->unsplit++;
        return;
    }
    for (int i = 0; i < CHAIN_TOTAL; i++)
        hist_add(&into[i], l->ns[i]);
    if (warm_up)
        return;
    t->access_error_s = fmax(t->access_error_s, (double)l->access_error_ns * 1e-9);
    t->core_error_s = fmax(t->core_error_s, (double)l->core_error_ns * 1e-9);
}

void chain_tally_aged(chain_tally *t, size_t ue_index, const chain_outcome *o)
{
    chain_sums_aged(&t->sums, o);
    chain_ue_tally *ue = &t->ue[ue_index];
    ue->aged++;
    add_nmse(&t->nmse_used, &ue->nmse_used, &ue->aged_directions, o->used.nmse);
}

double chain_tally_nmse_used_db(const chain_tally *t)
{
    return chain_sums_nmse_used_db(&t->sums);
}

double chain_tally_nmse_db(const chain_tally *t)
{
    return chain_sums_nmse_db(&t->sums);
}

double chain_tally_nmse_median_db(const chain_tally *t)
{
    return t->nmse.count ? db_of_power((double)hist_percentile(&t->nmse, 0.5) / CHAIN_NMSE_SCALE)
                         : NAN;
}

double chain_tally_nmse_error_db(const chain_tally *t)
{
    return chain_sums_nmse_error_db(&t->sums);
}

double chain_tally_snr_delivered_db(const chain_tally *t)
{
    return chain_sums_snr_delivered_db(&t->sums);
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
    chain_counts_add(&into->counts, &from->counts);
    into->late += from->late;
    chain_sums_merge(&into->sums, &from->sums);
    hist_merge(&into->nmse, &from->nmse);
    hist_merge(&into->nmse_used, &from->nmse_used);
    for (int i = 0; i < CHAIN_STAGES; i++) {
        hist_merge(&into->latency[i], &from->latency[i]);
        hist_merge(&into->warm_up[i], &from->warm_up[i]);
    }
    into->unsplit += from->unsplit;
    into->access_error_s = fmax(into->access_error_s, from->access_error_s);
    into->core_error_s = fmax(into->core_error_s, from->core_error_s);
    into->uplink_bytes += from->uplink_bytes;
    into->elapsed_s = fmax(into->elapsed_s, from->elapsed_s);
    into->lateness_max_s = fmax(into->lateness_max_s, from->lateness_max_s);
    for (size_t i = 0; i < from->snr_points; i++) {
        chain_snr_point *p = snr_point(into, from->snr[i].group, from->snr[i].snr_db);
        p->reports += from->snr[i].reports;
        p->directions += from->snr[i].directions;
        p->nmse += from->snr[i].nmse;
        p->sgcs += from->snr[i].sgcs;
    }
    for (size_t i = 0; i < from->refusals; i++)
        chain_tally_refused(into, from->refusal[i].reason, from->refusal[i].reports);
    return ERR_NONE;
}
