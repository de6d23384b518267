#include "measure/sums.h"

#include <math.h>

#include "base/decibel.h"
#include "csi/metrics.h"

/* A single NaN would spoil the whole sum. */
static double or_nothing(double figure)
{
    return isnan(figure) ? 0 : figure;
}

static void add_to_all(chain_sums *s, const measure_quality *q)
{
    s->all++;
    s->all_directions += !measure_has_nmse(q);
    s->nmse_all += or_nothing(q->nmse);
    s->rho_all += or_nothing(q->rho);
    s->sgcs_all += q->sgcs;
    s->se_all += q->se;
}

static void add_quality(chain_sums *s, const chain_outcome *o)
{
    double nmse = or_nothing(o->quality.nmse);
    s->reports++;
    s->directions += !measure_has_nmse(&o->quality);
    s->nmse += nmse;
    s->nmse_squares += nmse * nmse;
    s->rho += or_nothing(o->quality.rho);
    s->sgcs += o->quality.sgcs;
    s->se_feedback += o->quality.se;
    s->se_perfect += o->se_perfect;
    s->se_ls += o->se_ls;
    s->ls_nmse += o->ls_nmse;
    add_to_all(s, &o->quality);
}

static void add_kind(chain_sums *s, const chain_outcome *o)
{
    s->keys += o->key;
    s->innovations += !o->key;
    *(o->key ? &s->key_bits : &s->innovation_bits) += o->bits;
    *(o->key ? &s->key_uses : &s->innovation_uses) += o->channel_uses;
}

void chain_sums_answered(chain_sums *s, const chain_outcome *o)
{
    s->answered++;
    s->bits += o->bits;
    s->channel_uses += o->channel_uses;
    s->snr_estimated_db += o->snr_estimated_db;
    s->noise_power += o->noise_power;
    s->noise_estimated += pow(10, -o->snr_estimated_db / 10);
    if (o->remembers)
        add_kind(s, o);
    if (o->measured)
        add_quality(s, o);
}

void chain_sums_failed(chain_sums *s, const chain_outcome *o)
{
    if (o->measured)
        add_to_all(s, &o->quality);
}

void chain_sums_aged(chain_sums *s, const chain_outcome *o)
{
    s->aged++;
    s->aged_directions += !measure_has_nmse(&o->used);
    s->age_s += o->age_s;
    s->nmse_young += or_nothing(o->quality.nmse);
    s->rho_young += or_nothing(o->quality.rho);
    s->sgcs_young += o->quality.sgcs;
    s->se_young += o->quality.se;
    s->nmse_used += or_nothing(o->used.nmse);
    s->rho_used += or_nothing(o->used.rho);
    s->sgcs_used += o->used.sgcs;
    s->se_used += o->used.se;
}

void chain_sums_merge(chain_sums *into, const chain_sums *from)
{
    into->answered += from->answered;
    into->reports += from->reports;
    into->aged += from->aged;
    into->all += from->all;
#define ADD(field) into->field += from->field;
    CHAIN_SUMS_FIELDS(ADD)
    CHAIN_SUMS_LATER_FIELDS(ADD)
    CHAIN_SUMS_LATER_COUNTS(ADD)
#undef ADD
}

uint64_t chain_sums_without(uint64_t count, uint64_t directions)
{
    return count > directions ? count - directions : 0;
}

uint64_t chain_sums_with_nmse(const chain_sums *s)
{
    return chain_sums_without(s->reports, s->directions);
}

uint64_t chain_sums_aged_with_nmse(const chain_sums *s)
{
    return chain_sums_without(s->aged, s->aged_directions);
}

uint64_t chain_sums_all_with_nmse(const chain_sums *s)
{
    return chain_sums_without(s->all, s->all_directions);
}

/* NaN for a mean over nothing. */
static double mean_db(double sum, uint64_t count)
{
    return count ? db_of_power(sum / (double)count) : (double)NAN;
}

double chain_sums_nmse_db(const chain_sums *s)
{
    return mean_db(s->nmse, chain_sums_with_nmse(s));
}

double chain_sums_nmse_used_db(const chain_sums *s)
{
    return mean_db(s->nmse_used, chain_sums_aged_with_nmse(s));
}

double chain_sums_nmse_all_db(const chain_sums *s)
{
    return mean_db(s->nmse_all, chain_sums_all_with_nmse(s));
}

double chain_sums_nmse_error_db(const chain_sums *s)
{
    return csi_error_db(s->nmse, s->nmse_squares, (size_t)chain_sums_with_nmse(s));
}

double chain_sums_snr_delivered_db(const chain_sums *s)
{
    return -mean_db(s->noise_power, s->answered);
}
