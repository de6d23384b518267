/* The summary of a run as text for people. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/decibel.h"
#include "cell/chain.h"
#include "figures.h"
#include "summary.h"

/* Prints "-" for a missing figure: directions have neither NMSE nor rho. */
static void print_figure(double value, int decimals)
{
    if (isnan(value))
        printf(" %9s", "-");
    else
        printf(" %9.*f", decimals, value);
}

static void print_figures(const char *when, const run_quality *q, const char *remark)
{
    printf("  %-13s", when);
    print_figure(q->nmse_db, 2);
    print_figure(q->rho, 4);
    print_figure(q->sgcs, 4);
    printf(" %16.2f%s\n", q->se, remark);
}

/* The same figures at estimation and at use; a third line if only some reports have an age. */
static void print_at_use(const run_config *c, const chain_tally *t)
{
    const chain_sums *s = &t->sums;
    const run_quality young = run_quality_young(t), used = run_quality_used(t);
    char remark[96];
    bool replayed = true;
    for (size_t i = 0; i < c->cell->groups; i++)
        replayed = replayed && fading_is_file(c->cell->group[i].has.channel);
    if (!s->aged) {
        if (replayed)
            printf("  at use        not measured: a replayed channel does not move in time\n");
        return;
    }
    if (s->aged < s->reports) {
        snprintf(remark, sizeof remark, "   at estimation");
        char some[32];
        snprintf(some, sizeof some, "%llu of them", (unsigned long long)s->aged);
        print_figures(some, &young, remark);
    }
    double n = (double)s->aged;
    snprintf(remark, sizeof remark, "   %.*f ms old (%s)", s->age_s < 0.1 * n ? 2 : 0,
             s->age_s / n * 1e3, isnan(c->cell->use_after_s) ? "measured" : "as set");
    print_figures("at use", &used, remark);
}

/* The cost of failed checks: besides the figures of the reports that passed, those of the CSI that
 * the base station used. */
static void print_with_failed(const run_config *c, const chain_tally *t)
{
    static const char *const remarks[] = {[CHAIN_HOLD] = "the last CSI held after failures",
                                          [CHAIN_ZERO] = "no CSI after failures",
                                          [CHAIN_USE] = "failed bits used"};
    char remark[64];
    const run_quality q = run_quality_with_failed(t);
    snprintf(remark, sizeof remark, "   %s", remarks[cell_on_failure(c->cell)]);
    if (run_has_check(t) && t->sums.all > 0)
        print_figures("with failed", &q, remark);
}

static void print_quality(const run_config *c, const chain_tally *t)
{
    const chain_sums *s = &t->sums;
    double n = (double)s->reports;
    if (!s->reports && !s->all) {
        printf("  quality    not measured: %s\n",
               !c->cell->genie ? "--no-genie was given" : "no report was acknowledged");
        return;
    }
    const run_quality all = run_quality_all(t);
    char median[48];
    snprintf(median, sizeof median, "   median NMSE %.2f dB", chain_tally_nmse_median_db(t));
    if (chain_sums_with_nmse(s) == 0)
        snprintf(median, sizeof median, "   directions have no NMSE");
    printf("\n  quality        NMSE, dB       rho      SGCS   rate, bit/s/Hz\n");
    if (s->reports)
        print_figures("at estimation", &all, median);
    print_with_failed(c, t);
    if (!s->reports)
        return;
    print_at_use(c, t);
    printf("\n  rate       %.2f bit/s/Hz with LS, %.2f with perfect CSI\n", s->se_ls / n,
           s->se_perfect / n);
    double ls_nmse_db = run_ls_nmse_db(run_estimates(c->cell), t);
    if (isfinite(ls_nmse_db))
        printf("  LS         NMSE %.2f dB over the whole band, pilots at %g dB\n", ls_nmse_db,
               c->cell->dl_snr_db);
    printf("  SNR        %.2f dB estimated by the base station\n", run_snr_estimated_db(t));
}

/* The curve over SNR of `ues` UEs, if it has more than one point. */
static void print_curve(const chain_tally *t, const char *of, uint32_t first, uint32_t ues)
{
    chain_snr_point curve[CHAIN_SNR_POINTS];
    size_t points = run_snr_curve(t, first, ues, curve);
    if (points < 2)
        return;
    printf("\n  SNR, dB    NMSE, dB      SGCS   reports%s%s\n", of ? " of " : "", of ? of : "");
    for (size_t i = 0; i < points; i++) {
        const chain_snr_point *p = &curve[i];
        printf("  %7.4g  ", p->snr_db);
        print_figure(db_of_power(p->nmse / (double)chain_snr_with_nmse(p)), 2);
        print_figure(p->sgcs / (double)p->reports, 4);
        printf(" %9llu\n", (unsigned long long)p->reports);
    }
    printf("\n");
}

/* Prints the curves of all UEs, and of each group. */
static void print_curves(const cell *c, const chain_tally *t)
{
    print_curve(t, NULL, 0, UINT32_MAX);
    for (size_t i = 0; c->groups > 1 && i < c->groups; i++)
        print_curve(t, c->group[i].name, c->group[i].first, c->group[i].ues);
}

/* Prints the precision and the uplink of a group, each only if the groups differ in it. */
static void print_codec_of(const run_config *c, size_t group)
{
    if (strcmp(c->encoder_precision, "mixed") == 0)
        printf("encoder in %s, ", c->cell->group[group].has.precision);
    if (strchr(c->uplinks, ';'))
        printf("over %s, ", c->group[group].uplink);
}

/* One line for each group of a mixed cell. */
static void print_groups(const run_config *c, const chain_tally *t)
{
    for (size_t i = 0; c->cell->groups > 1 && i < c->cell->groups; i++) {
        const cell_group *g = &c->cell->group[i];
        const run_group_figures f = run_figures_of(g->first, g->ues, t);
        printf("  %-10s %s: UEs %u-%u on %s: ", i ? "" : "groups", g->name, g->first,
               g->first + g->ues - 1, g->has.channel);
        print_codec_of(c, i);
        if (!isnan(f.nmse_db))
            printf("NMSE %.2f dB, ", f.nmse_db);
        else if (f.measured)
            printf("SGCS %.4f, rate %.2f bit/s/Hz, ", f.sgcs, f.se);
        if (!isnan(f.nmse_used_db))
            printf("%.2f dB when used, ", f.nmse_used_db);
        if (f.counts.acked)
            printf("%.0f bits and %.1f channel uses a report, ", f.bits_per_report, f.channel_uses);
        printf("%llu of %llu reports acknowledged\n", (unsigned long long)f.counts.acked,
               (unsigned long long)f.counts.sent);
    }
}

static void print_percentiles(const char *name, const hist *h, const char *remark)
{
    printf("  %-12s", name);
    for (size_t k = 0; k < RUN_PERCENTILES; k++)
        printf(" %8.0f", (double)hist_percentile(h, run_percentiles[k].q) * 1e-3);
    printf("%s\n", remark);
}

/* Warnings that the reader needs to trust the figures above. */
static void print_trust(const run_config *c, const chain_tally *t)
{
    unsigned long long timed_out = t->counts.timed_out, unsplit = t->unsplit;
    if (timed_out)
        printf("  timed out  %llu reports took longer than %g s and are in no percentile\n",
               timed_out, c->cell->timeout_s);
    if (unsplit)
        printf("  stamps     %llu answers came with stamps that cannot be: they are in `total` "
               "alone\n",
               unsplit);
}

static void print_latency(const run_config *c, const chain_tally *t)
{
    if (!t->latency[CHAIN_TOTAL].count && !t->warm_up[CHAIN_TOTAL].count)
        return; /* nothing was answered: zeros would look like measurements */
    printf("\n  latency, µs       p50      p90      p99    p99.9   p99.99      max\n");
    for (int i = 0; i < CHAIN_STAGES; i++)
        print_percentiles(chain_stage_name((chain_stage)i), &t->latency[i],
                          i == CHAIN_SIMULATE   ? "   (the simulation's own work)"
                          : i == CHAIN_FEEDBACK ? "   (total less simulate)"
                                                : "");
    const hist *early = &t->warm_up[CHAIN_TOTAL];
    if (early->count) {
        char remark[80];
        snprintf(remark, sizeof remark, "   (total of %llu reports due in the first %g s)",
                 (unsigned long long)early->count, c->cell->warm_up_s);
        print_percentiles("warm-up", early, remark);
    }
    print_trust(c, t);
}

/* Spells "mixed" out for the reader. */
static const char *or_several(const char *word, const char *several)
{
    return strcmp(word, "mixed") == 0 ? several : word;
}

static void print_reports(const chain_counts *n)
{
    printf("  reports    %llu sent = %llu acknowledged + %llu lost in the channel + %llu timed out "
           "+ %llu refused + %llu not decoded: %s\n",
           (unsigned long long)n->sent, (unsigned long long)n->acked,
           (unsigned long long)n->lost_channel, (unsigned long long)n->timed_out,
           (unsigned long long)n->refused, (unsigned long long)n->not_decoded,
           chain_counts_close(n) ? "nothing is unaccounted" : "THE ACCOUNTING DOES NOT CLOSE");
    if (n->unknown)
        printf("             and %llu unknown: their agent was killed while they were in flight\n",
               (unsigned long long)n->unknown);
    if (n->needs_key)
        printf("             %llu of those not decoded build on a report that the base station "
               "lacks\n",
               (unsigned long long)n->needs_key);
}

static void print_failures(const chain_counts *n)
{
    printf(
        "  failures   BLER %.4g: the check failed for %llu of %llu reports that reached the base "
        "station",
        chain_counts_bler(n), (unsigned long long)(n->not_decoded - n->needs_key),
        (unsigned long long)chain_counts_received(n));
    if (n->compared)
        printf("; %llu errors undetected", (unsigned long long)n->undetected);
    printf("\n");
}

static void print_refusals(const chain_tally *t)
{
    for (size_t i = 0; i < t->refusals; i++)
        printf("  %-10s %llu reports: %s\n", i ? "" : "refused",
               (unsigned long long)t->refusal[i].reports, t->refusal[i].reason);
}

/* Prints the keys and innovations of codecs with memory, which differ in size. */
static void print_kinds(const chain_tally *t)
{
    run_kind kinds[RUN_KINDS];
    run_kinds(t, kinds);
    for (size_t i = 0; run_has_memory(t) && i < RUN_KINDS; i++) {
        const run_kind *k = &kinds[i];
        printf("             %llu %s sent", (unsigned long long)k->sent, k->name);
        if (k->acked)
            printf(", %.0f bits, %.1f channel uses each", k->bits, k->channel_uses);
        printf("\n");
    }
}

void run_summary_print(const run_config *c, const run_paths *paths, const chain_tally *t,
                       const run_ending *ending)
{
    char snr[RUN_SNR_TEXT];
    printf("\n%u UEs, %s (encoder in %s) over %s on %s, uplink SNR %s\n\n", c->cell->ues, c->models,
           or_several(c->encoder_precision, "several precisions"), c->uplinks, c->channels,
           run_snr_range(t, c->cell->all.uplink.value[SETTING_SNR], snr));
    if (!ending->complete)
        printf("  INCOMPLETE %s\n", ending->reason);
    for (size_t i = 0; i < c->cell->groups; i++)
        if (c->group[i].unfair)
            printf("  %s: channel uses of %s (%s) are not comparable with others\n",
                   c->group[i].unfair, c->cell->group[i].name, c->group[i].uplink);
    print_reports(&t->counts);
    if (run_has_check(t))
        print_failures(&t->counts);
    print_refusals(t);
    if (t->sums.answered)
        printf("  cost       %.0f bits, %.1f channel uses a report\n", run_bits_per_report(t),
               run_channel_uses(t));
    print_kinds(t);
    print_quality(c, t);
    print_curves(c->cell, t);
    print_groups(c, t);
    printf("  throughput %.1f reports/s, %.1f kbit/s of messages per UE\n", run_reports_per_s(t),
           run_uplink_kbit_s(c->cell->ues, t));
    if (t->lateness_max_s > fmax(chain_schedule_period(&c->group[0].schedule, 0), 0.1))
        printf("  overload   reports started up to %.2f s behind their schedule: this machine is "
               "too slow for this load\n",
               t->lateness_max_s);
    print_latency(c, t);
    if (strcmp(c->options.record, "none") != 0)
        printf("\n  records    %s/summary.json\n", paths->folder);
}
