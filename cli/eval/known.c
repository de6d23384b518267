#include "known.h"

#include <math.h>

#include "limit_file.h"

int eval_limit_from_file(limit *l, const eval_options *o, err *e)
{
    int rc = limit_read(l, o->limit, &o->cell, e);
    return rc == ERR_NONE ? rc : err_prefix(e, "--limit");
}

int eval_limit_from_rows(eval_set *s, err *e)
{
    int rc = ERR_NONE;
    for (size_t i = 0; i < s->count; i++) {
        const eval_case *c = &s->cases[i];
        for (size_t k = 0; rc == ERR_NONE && k < c->config.snrs; k++) {
            const chain_eval_row *row = &c->result.row[k];
            if (row->snr_db == INFINITY)
                rc = limit_add(&s->limit, eval_channel_asked(c->channel), row->bits, row->nmse_db,
                               e);
        }
    }
    limit_reduce(&s->limit);
    return rc;
}

double eval_row_limit_db(const eval_set *s, const eval_case *c, const chain_eval_row *row)
{
    if (eval_case_gives_directions(c)) /* the limit is one of NMSE, which directions lack */
        return NAN;
    return limit_nmse_db(&s->limit, eval_channel_asked(c->channel), row->channel_uses, row->snr_db);
}
