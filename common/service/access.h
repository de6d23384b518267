/* access.h: who may use a program: --keys, --certificate and --insecure, and its addresses as
 * options.
 *
 *     OPTION_LISTEN("listen", &listen, "where UE agents connect"),
 *     OPTION_CONNECT("connect", &connect, "where the base station listens"),
 *     ACCESS_OPTIONS(&access), ACCESS_OPTION_INSECURE(&access),
 *     ... option_parse ...
 *     const access_address bound[] = {{"listen", listen, "report as any UE"}};
 *     int status = access_check(&command, &access, bound, 1);
 *
 * Addresses are parsed with the options: a malformed one is a usage error. An address that other
 * machines can reach needs keys, or --insecure. */
#ifndef SERVICE_ACCESS_H
#define SERVICE_ACCESS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "link/keys.h"
#include "ui/option.h"

typedef struct access_options {
    const char *keys, *certificate; /* NULL: not given */
    bool insecure;
    unsigned open; /* addresses that any machine can use, without keys */
} access_options;

#define ACCESS_OPTIONS(a)                                                                          \
    OPTION_STRING("keys", &(a)->keys, "FOLDER",                                                    \
                  "folder of certificates, own and admitted (csilink keys)"),                      \
        OPTION_STRING("certificate", &(a)->certificate, "NAME",                                    \
                      "own certificate [the only one of this program's role]")
#define ACCESS_OPTION_INSECURE(a)                                                                  \
    OPTION_FLAG("insecure", &(a)->insecure, "listen without keys where other machines can connect")

#define ACCESS_ENDPOINT(n, v, of, text)                                                            \
    {                                                                                              \
        .name = n, .kind = OPTION_KIND_STRING, .value = v, .argument = "ENDPOINT", .help = text,   \
        .check = of, .initial = *(v)                                                               \
    }
/* The addresses at which a program listens and to which it connects. */
#define OPTION_LISTEN(n, v, text) ACCESS_ENDPOINT(n, v, access_check_listen, text)
#define OPTION_CONNECT(n, v, text) ACCESS_ENDPOINT(n, v, access_check_connect, text)

int access_check_listen(const option_spec *spec, const char *source, const char *text, err *e);
int access_check_connect(const option_spec *spec, const char *source, const char *text, err *e);

/* An address at which a program listens, and what a peer there may do: "change the link". */
typedef struct access_address {
    const char *option, *endpoint; /* endpoint NULL: none */
    const char *opens;
} access_address;

/* Whether the options go together: -1, or the exit status after an error message. Counts a->open,
 * and warns about each such address. */
int access_check(const option_command *command, access_options *a, const access_address *bound,
                 size_t count);

/* The keys of --keys, for a program of these roles (link/keys.h); *keys is NULL without --keys. The
 * caller frees them. */
int access_open_keys(const access_options *a, unsigned roles, link_keys **keys, err *e);

#endif
