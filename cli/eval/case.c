#include "case.h"

#include <stdio.h>

const char *eval_case_title(const eval_set *s, const eval_case *c, char title[EVAL_TITLE_MAX])
{
    bool named = s->codewords > 1 || c->format.law != CSI_CODEWORD_FLOAT32;
    snprintf(title, EVAL_TITLE_MAX, "%s%s%s", c->model->label, named ? ", " : "",
             named ? c->codeword : "");
    return title;
}

const char *eval_case_sending(const eval_case *c)
{
    return c->names_uplink ? c->config.ue.uplink : c->codeword;
}

double eval_case_bits(const eval_case *c)
{
    return c->result.row[0].bits;
}

const char *eval_channel_describe(const eval_channel *c)
{
    return c->path ? fading_describe(c->cell.group[0].open) : c->name;
}
