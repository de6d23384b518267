#include "sendings.h"

#include <stdlib.h>
#include <string.h>

static int read_formats(eval_set *s, const eval_options *o, err *e)
{
    list names;
    int status = list_split("codeword", o->codeword, &names, e);
    for (size_t i = 0; status == ERR_NONE && i < names.count; i++) {
        eval_sending *to = &s->sending[s->sendings++];
        if (csi_codeword_parse(names.item[i], &to->format, e) != ERR_NONE)
            status = err_prefix(e, "--codeword");
        else
            csi_codeword_name(to->format, to->codeword);
    }
    free(names.text);
    return status;
}

static int read_uplinks(eval_set *s, const eval_options *o, err *e)
{
    list specs;
    if (o->codeword_given)
        return err_set(e, ERR_INVALID,
                       "--codeword and --uplink exclude each other: an uplink's name has its "
                       "format, such as analog:r4");
    int status = list_split_specs("uplink", o->uplinks, &specs, e);
    if (status == ERR_NONE)
        status = list_check("uplink", &specs, e);
    for (size_t i = 0; status == ERR_NONE && i < specs.count; i++) {
        eval_sending *to = &s->sending[s->sendings++];
        if (strlen(specs.item[i]) >= sizeof to->uplink)
            status = err_set(e, ERR_INVALID, "--uplink: '%.64s...' has more than %d characters",
                             specs.item[i], UPLINK_SPEC_MAX - 1);
        else
            strcpy(to->uplink, specs.item[i]);
    }
    free(specs.text);
    return status;
}

int eval_read_sendings(eval_set *s, const eval_options *o, err *e)
{
    return o->uplinks ? read_uplinks(s, o, e) : read_formats(s, o, e);
}
