#include "figures.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/decibel.h"

const run_percentile run_percentiles[RUN_PERCENTILES] = {
    {"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}, {"p999", 0.999}, {"p9999", 0.9999}, {"max", 1}};

/* 0 / 0 is NaN, which means "not measured" throughout. */
static run_quality quality_of(uint64_t reports, uint64_t with_nmse, double nmse, double rho,
                              double sgcs, double se)
{
    double n = (double)reports, of_channels = (double)with_nmse;
    return (run_quality){db_of_power(nmse / of_channels), rho / of_channels, sgcs / n, se / n};
}

run_quality run_quality_all(const chain_tally *t)
{
    const chain_sums *s = &t->sums;
    return quality_of(s->reports, chain_sums_with_nmse(s), s->nmse, s->rho, s->sgcs,
                      s->se_feedback);
}

run_quality run_quality_young(const chain_tally *t)
{
    const chain_sums *s = &t->sums;
    return quality_of(s->aged, chain_sums_aged_with_nmse(s), s->nmse_young, s->rho_young,
                      s->sgcs_young, s->se_young);
}

run_quality run_quality_used(const chain_tally *t)
{
    const chain_sums *s = &t->sums;
    return quality_of(s->aged, chain_sums_aged_with_nmse(s), s->nmse_used, s->rho_used,
                      s->sgcs_used, s->se_used);
}

run_quality run_quality_with_failed(const chain_tally *t)
{
    const chain_sums *s = &t->sums;
    return quality_of(s->all, chain_sums_all_with_nmse(s), s->nmse_all, s->rho_all, s->sgcs_all,
                      s->se_all);
}

bool run_has_check(const chain_tally *t)
{
    return t->counts.not_decoded > t->counts.needs_key || t->counts.compared > 0;
}

double run_bits_per_report(const chain_tally *t)
{
    return t->sums.bits / (double)t->sums.answered;
}

double run_channel_uses(const chain_tally *t)
{
    return t->sums.channel_uses / (double)t->sums.answered;
}

double run_snr_estimated_db(const chain_tally *t)
{
    return t->sums.snr_estimated_db / (double)t->sums.answered;
}

bool run_has_memory(const chain_tally *t)
{
    return t->counts.keys + t->counts.innovations > 0;
}

void run_kinds(const chain_tally *t, run_kind kinds[RUN_KINDS])
{
    const chain_sums *s = &t->sums;
    double keys = (double)s->keys, innovations = (double)s->innovations;
    kinds[0] = (run_kind){.name = "keys",
                          .sent = t->counts.keys,
                          .acked = s->keys,
                          .bits = s->key_bits / keys,
                          .channel_uses = s->key_uses / keys};
    kinds[1] = (run_kind){.name = "innovations",
                          .sent = t->counts.innovations,
                          .acked = s->innovations,
                          .bits = s->innovation_bits / innovations,
                          .channel_uses = s->innovation_uses / innovations};
}

static int by_snr(const void *a, const void *b)
{
    const chain_snr_point *p = a, *q = b;
    return (p->snr_db > q->snr_db) - (p->snr_db < q->snr_db);
}

/* Joins points of one SNR. */
static size_t join(chain_snr_point *curve, size_t count)
{
    size_t points = 0;
    qsort(curve, count, sizeof *curve, by_snr);
    for (size_t i = 0; i < count; i++) {
        const chain_snr_point p = curve[i];
        if (points == 0 || by_snr(&curve[points - 1], &p) != 0) {
            curve[points++] = p;
            continue;
        }
        chain_snr_point *last = &curve[points - 1];
        last->reports += p.reports;
        last->directions += p.directions;
        last->nmse += p.nmse;
        last->sgcs += p.sgcs;
    }
    return points;
}

size_t run_snr_curve(const chain_tally *t, uint32_t first, uint32_t ues,
                     chain_snr_point curve[CHAIN_SNR_POINTS])
{
    size_t points = 0;
    memcpy(curve, t->snr, t->snr_points * sizeof *curve);
    bool whole = join(curve, t->snr_points) > RUN_SNR_EXACT;
    for (size_t i = 0; i < t->snr_points; i++) {
        if (t->snr[i].group - first >= ues)
            continue;
        curve[points] = t->snr[i];
        if (whole)
            curve[points].snr_db = rint(curve[points].snr_db) + 0.0; /* no -0 */
        points++;
    }
    return join(curve, points);
}

const char *run_snr_range(const chain_tally *t, double asked_db, char text[RUN_SNR_TEXT])
{
    double low = t->snr_points ? t->snr[0].snr_db : asked_db, high = low;
    for (size_t i = 1; i < t->snr_points; i++) {
        low = fmin(low, t->snr[i].snr_db);
        high = fmax(high, t->snr[i].snr_db);
    }
    if (low < high)
        snprintf(text, RUN_SNR_TEXT, "%.4g to %.4g dB", low, high);
    else
        snprintf(text, RUN_SNR_TEXT, "%.4g dB", low);
    return text;
}

bool run_estimates(const cell *c)
{
    return strcmp(c->estimation, "ls") == 0 && !isinf(c->dl_snr_db);
}

double run_ls_nmse_db(bool estimates, const chain_tally *t)
{
    return estimates ? db_of_power(t->sums.ls_nmse / (double)t->sums.reports) : -INFINITY;
}

double run_reports_per_s(const chain_tally *t)
{
    return t->elapsed_s > 0 ? (double)t->counts.acked / t->elapsed_s : 0;
}

double run_uplink_kbit_s(double ues, const chain_tally *t)
{
    return t->elapsed_s > 0 ? (double)t->uplink_bytes * 8e-3 / t->elapsed_s / ues : 0;
}

run_group_figures run_figures_of(uint32_t first_ue, uint32_t ues, const chain_tally *t)
{
    run_group_figures f = {0};
    double nmse = 0, sgcs = 0, se = 0, used = 0, bits = 0, uses = 0;
    uint64_t with_nmse = 0, aged_with_nmse = 0;
    for (size_t i = 0; i < t->ues; i++) {
        const chain_ue_tally *u = &t->ue[i];
        if (u->ue < first_ue || u->ue - first_ue >= ues)
            continue;
        chain_counts_add(&f.counts, &u->counts);
        f.measured += u->measured;
        with_nmse += chain_ue_with_nmse(u);
        nmse += u->nmse;
        sgcs += u->sgcs;
        se += u->se;
        aged_with_nmse += chain_ue_aged_with_nmse(u);
        used += u->nmse_used;
        bits += u->bits;
        uses += u->channel_uses;
    }
    f.nmse_db = with_nmse ? db_of_power(nmse / (double)with_nmse) : NAN;
    f.sgcs = sgcs / (double)f.measured;
    f.se = se / (double)f.measured;
    f.nmse_used_db = aged_with_nmse ? db_of_power(used / (double)aged_with_nmse) : NAN;
    f.bits_per_report = bits / (double)f.counts.acked;
    f.channel_uses = uses / (double)f.counts.acked;
    return f;
}
