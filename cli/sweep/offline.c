/* The points of a sweep without the link: a curve on each core at a time, since a curve's SNRs
 * share channels and codewords. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/eval/run.h"
#include "offline.h"
#include "store.h"

static void take(sweep_point *p, const chain_eval_row *row, size_t samples)
{
    p->reports = (double)samples;
    p->measured = (double)row->samples;
    p->snr_delivered_db = row->snr_delivered_db;
    p->nmse_db = row->nmse_db;
    p->nmse_error_db = row->nmse_error_db;
    p->rho = row->rho;
    p->sgcs = row->sgcs;
    p->bits = row->bits;
    p->channel_uses = row->channel_uses;
    p->bler = row->bler;
    p->undetected = row->compared ? (double)row->undetected : NAN;
    p->nmse_all_db = row->nmse_all_db;
    p->se_all = row->se_all;
    p->lost = (double)row->lost;
    p->nmse_in_use_db = row->nmse_in_use_db;
    p->se_in_use = row->se_in_use;
    for (size_t i = 0; i < SWEEP_LATENCIES; i++)
        p->latency_us[i] = NAN;
    p->done = true;
}

/* Stores a finished curve. The case's rows are the SNRs that were not done, in order; points that
 * were done stay as they are. */
static int keep_curve(void *user, eval_case *c, err *e)
{
    sweep *s = user;
    size_t row = 0;
    int status = ERR_NONE;
    for (size_t i = 0; status == ERR_NONE && i < s->count; i++) {
        sweep_point *p = &s->point[i];
        if (p->of != c || p->done)
            continue;
        take(p, &c->result.row[row++], c->config.samples);
        status = sweep_keep(s, p, e);
    }
    return status;
}

/* Leaves in the case only the SNRs that are not done, since an SNR's figures do not depend on the
 * others. False if none is left. */
static bool leave_out_done(const sweep *s, eval_case *c)
{
    c->config.snrs = 0;
    for (size_t i = 0; i < s->count; i++)
        if (s->point[i].of == c && !s->point[i].done)
            c->config.snr_db[c->config.snrs++] = s->snrs.snr_db[s->point[i].snr];
    return c->config.snrs > 0;
}

int sweep_offline(sweep *s, err *e)
{
    eval_case **open = calloc(s->curves, sizeof(eval_case *));
    size_t count = 0;
    if (!open)
        return err_set(e, ERR_NOMEM, "no memory for a sweep");
    for (size_t i = 0; i < s->curves; i++)
        if (leave_out_done(s, s->curve[i]))
            open[count++] = s->curve[i];
    int status = eval_run_cases(open, count, 0, keep_curve, s, e);
    free(open);
    return status;
}
