#include "record/report.h"

#include <math.h>
#include <string.h>

#include "base/decibel.h"

#define BEFORE_FIGURES "time_s,ue,group,seq,status,cr,bits"

const record_column record_figures[RECORD_FIGURES] = {
    [RECORD_SETTLED] = {"settled_s", false, "when it was answered or given up"},
    [RECORD_SNR_ASKED] = {"snr_asked_db", false, "of the uplink; inf: no noise"},
    [RECORD_SNR_DELIVERED] = {"snr_delivered_db", false, "by the noise drawn for this burst"},
    [RECORD_SNR_ESTIMATED] = {"snr_estimated_db", false, "by the base station"},
    [RECORD_CHANNEL_USES] = {"channel_uses", false, "complex, side bits at capacity"},
    [RECORD_NMSE] = {"nmse_db", true, "of the reconstruction"},
    [RECORD_LS_NMSE] = {"ls_nmse_db", true, "of the UE's own estimate, over the whole band"},
    [RECORD_RHO] = {"rho", false, "cosine similarity, mean over subcarriers"},
    [RECORD_SGCS] = {"sgcs", false, "its square, mean over subcarriers"},
    [RECORD_SE_FEEDBACK] = {"se_feedback", false, "bit/s/Hz, precoded by the reconstruction"},
    [RECORD_SE_LS] = {"se_ls", false, "bit/s/Hz, precoded by the UE's estimate"},
    [RECORD_SE_PERFECT] = {"se_perfect", false, "bit/s/Hz, precoded by the channel itself"},
    [RECORD_AGE] = {"age_s", false, "of the CSI when it was used"},
    [RECORD_NMSE_USED] = {"nmse_used_db", true, "of the reconstruction, when it was used"},
    [RECORD_RHO_USED] = {"rho_used", false, "the same"},
    [RECORD_SGCS_USED] = {"sgcs_used", false, "the same"},
    [RECORD_SE_USED] = {"se_used", false, "bit/s/Hz, the same"},
    [RECORD_NMSE_ALL] = {"nmse_all_db", true, "of the CSI that the base station uses"},
    [RECORD_SE_ALL] = {"se_all", false, "bit/s/Hz, the same"},
    [RECORD_UNDETECTED] = {"undetected", false, "1: other bits than were sent passed the check"},
};

const char *record_status_name(record_status status)
{
    static const char *const names[RECORD_STATUSES] = {"acked",   "lost_channel", "timed_out",
                                                       "refused", "not_decoded",  "needs_key"};
    return names[status];
}

record_report record_report_of(uint32_t ue, uint32_t seq, uint64_t due_ns, record_status status)
{
    record_report r = {.due_ns = due_ns, .ue = ue, .seq = seq, .status = status};
    for (int i = 0; i < RECORD_FIGURES; i++)
        r.figure[i] = NAN;
    for (int i = 0; i < CHAIN_STAGES; i++)
        r.stage_ns[i] = RECORD_NO_TIME;
    return r;
}

static record_status status_of(const chain_outcome *o)
{
    if (!o->failed)
        return RECORD_ACKED;
    return o->needs_key ? RECORD_NEEDS_KEY : RECORD_NOT_DECODED;
}

/* A report that was not decoded has no cost and no times: the mean of a column is then the mean
 * over the acknowledged reports, as in the summary. */
record_report record_report_answered(const chain_outcome *o)
{
    uint64_t due_ns = (uint64_t)llrint(o->due_s * 1e9); /* a double is exact enough */
    record_report r = record_report_of(o->ue, o->seq, due_ns, status_of(o));
    r.figure[RECORD_SETTLED] = o->settled_s;
    r.figure[RECORD_SNR_ASKED] = o->snr_db;
    r.figure[RECORD_SNR_DELIVERED] = -db_of_power(o->noise_power);
    r.figure[RECORD_SNR_ESTIMATED] = o->snr_estimated_db;
    if (o->measured) {
        r.figure[RECORD_NMSE_ALL] = o->quality.nmse;
        r.figure[RECORD_SE_ALL] = o->quality.se;
    }
    if (o->failed)
        return r;
    if (o->compared)
        r.figure[RECORD_UNDETECTED] = o->undetected;
    r.figure[RECORD_CHANNEL_USES] = o->channel_uses;
    r.bits = o->bits;
    if (o->measured) {
        r.figure[RECORD_NMSE] = o->quality.nmse;
        r.figure[RECORD_RHO] = o->quality.rho;
        r.figure[RECORD_SGCS] = o->quality.sgcs;
        r.figure[RECORD_SE_FEEDBACK] = o->quality.se;
        r.figure[RECORD_LS_NMSE] = o->ls_nmse;
        r.figure[RECORD_SE_LS] = o->se_ls;
        r.figure[RECORD_SE_PERFECT] = o->se_perfect;
    }
    if (o->aged) {
        r.figure[RECORD_AGE] = o->age_s;
        r.figure[RECORD_NMSE_USED] = o->used.nmse;
        r.figure[RECORD_RHO_USED] = o->used.rho;
        r.figure[RECORD_SGCS_USED] = o->used.sgcs;
        r.figure[RECORD_SE_USED] = o->used.se;
    }
    for (int i = 0; i < CHAIN_STAGES; i++)
        if (o->split || i == CHAIN_TOTAL)
            r.stage_ns[i] = o->latency.ns[i];
    return r;
}

void record_write_header(FILE *to)
{
    fputs(BEFORE_FIGURES, to);
    for (int i = 0; i < RECORD_FIGURES; i++)
        fprintf(to, ",%s", record_figures[i].name);
    for (int i = 0; i < CHAIN_STAGES; i++)
        fprintf(to, ",%s_us", chain_stage_name((chain_stage)i));
    fputc('\n', to);
}

/* value / 10^decimals, several times as fast as printf: most of a line are such numbers. */
static void put_fixed(FILE *to, uint64_t value, int decimals)
{
    char text[32], *c = text + sizeof text;
    for (int i = 0; i < decimals || value > 0 || i == decimals; i++) {
        if (i == decimals)
            *--c = '.';
        *--c = (char)('0' + value % 10);
        value /= 10;
    }
    fwrite(c, 1, (size_t)(text + sizeof text - c), to);
}

static void put_figure(FILE *to, const record_report *r, record_figure which)
{
    double value = r->figure[which];
    fputc(',', to);
    if (record_figures[which].is_db)
        value = db_of_power(value);
    if (!isnan(value))
        fprintf(to, "%.9g", value);
}

void record_write_report(FILE *to, const record_report *r, const record_group *groups, size_t count)
{
    const record_group *group = NULL;
    for (size_t i = 0; i < count && !group; i++)
        if (r->ue - groups[i].first < groups[i].ues)
            group = &groups[i];
    put_fixed(to, r->due_ns, 9);
    fprintf(to, ",%u,%s,%u,%s,", r->ue, group ? group->name : "", r->seq,
            record_status_name((record_status)r->status));
    if (group && group->cr)
        fprintf(to, "%u", group->cr);
    fputc(',', to);
    uint32_t bits = r->bits ? r->bits : group ? group->bits : 0;
    if (bits)
        fprintf(to, "%u", bits);
    for (int i = 0; i < RECORD_FIGURES; i++)
        put_figure(to, r, (record_figure)i);
    for (int i = 0; i < CHAIN_STAGES; i++) {
        fputc(',', to);
        if (r->stage_ns[i] != RECORD_NO_TIME)
            put_fixed(to, r->stage_ns[i], 3);
    }
    fputc('\n', to);
}
