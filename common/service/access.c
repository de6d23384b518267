#include "service/access.h"

#include "base/log.h"
#include "link/endpoint.h"
#include "wire/limits.h"

_Static_assert((int)LINK_UE_END == (int)WIRE_UE_MAX,
               "certificates name the UEs that the protocol has");

static int check_endpoint(const char *source, const char *text, bool bind, err *e)
{
    link_endpoint at;
    int rc = link_endpoint_parse(text, bind, &at, e);
    return rc == ERR_NONE ? rc : err_prefix(e, "%s", source);
}

int access_check_listen(const option_spec *spec, const char *source, const char *text, err *e)
{
    (void)spec;
    return check_endpoint(source, text, true, e);
}

int access_check_connect(const option_spec *spec, const char *source, const char *text, err *e)
{
    (void)spec;
    return check_endpoint(source, text, false, e);
}

static bool is_open(const char *endpoint)
{
    link_endpoint at;
    return endpoint && link_endpoint_parse(endpoint, true, &at, NULL) == ERR_NONE && at.open;
}

int access_check(const option_command *command, access_options *a, const access_address *bound,
                 size_t count)
{
    a->open = 0;
    if (a->keys && a->insecure)
        return option_complain(command, "--keys and --insecure exclude each other");
    if (a->certificate && !a->keys)
        return option_complain(command, "--certificate goes with --keys");
    for (size_t i = 0; i < count && !a->keys; i++) {
        const access_address *at = &bound[i];
        if (!is_open(at->endpoint))
            continue;
        if (!a->insecure)
            return option_complain(command,
                                   "--%s %.80s is open to other machines: give --keys FOLDER "
                                   "(`csilink keys` makes one), or --insecure to let everybody "
                                   "who reaches it %s",
                                   at->option, at->endpoint, at->opens);
        a->open++;
    }
    log_init(command->name, LOG_INFO);
    for (size_t i = 0; i < count && a->open; i++)
        if (is_open(bound[i].endpoint))
            log_warning("--insecure: everybody who reaches %.80s may %s", bound[i].endpoint,
                        bound[i].opens);
    return -1;
}

int access_open_keys(const access_options *a, unsigned roles, link_keys **keys, err *e)
{
    *keys = NULL;
    if (!a || !a->keys)
        return ERR_NONE;
    *keys = link_keys_open(a->keys, a->certificate, roles, e);
    return *keys ? ERR_NONE : err_prefix(e, "--keys");
}
