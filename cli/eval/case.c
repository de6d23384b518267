#include "case.h"

#include <stdio.h>

const char *eval_case_title(const eval_set *s, const eval_case *c, char title[EVAL_TITLE_MAX])
{
    bool named = s->sendings > 1 || eval_case_names_uplink(c) ||
                 c->sending->format.law != CSI_CODEWORD_FLOAT32;
    snprintf(title, EVAL_TITLE_MAX, "%s%s%s%s%s%s", c->model->label, named ? ", " : "",
             named ? eval_case_sending(c) : "", c->cost.unfair ? " (" : "",
             c->cost.unfair ? c->cost.unfair : "", c->cost.unfair ? ")" : "");
    return title;
}

bool eval_case_names_uplink(const eval_case *c)
{
    return c->sending->uplink[0] != '\0';
}

const char *eval_case_sending(const eval_case *c)
{
    return eval_case_names_uplink(c) ? c->sending->uplink : c->sending->codeword;
}

double eval_case_bits(const eval_case *c)
{
    return c->result.row[0].bits;
}

const char *eval_channel_describe(const eval_channel *c)
{
    return c->path ? fading_describe(c->cell.group[0].open) : c->name;
}

const char *eval_channel_asked(const eval_channel *c)
{
    return c->path ? c->path : c->name;
}

bool eval_case_gives_directions(const eval_case *c)
{
    return codec_gives_directions(codec_info_of(c->model->encoder));
}
