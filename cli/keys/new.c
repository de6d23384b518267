/* csilink keys new: makes certificates, and their folder if it does not exist. */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "keys.h"
#include "link/keys.h"
#include "ui/option.h"

enum { NAMES_MAX = 1024 };

typedef struct options {
    const char *folder, *role, *ues;
    bool keep;
} options;

/* The role from --role, or from the start of the name: "agent-7" is an agent's. */
static int choose_role(const options *o, const char *name, link_role *role, err *e)
{
    if (o->role)
        return link_role_parse(o->role, role, e);
    for (int i = 0; i < LINK_ROLES; i++) {
        const char *word = link_role_name((link_role)i);
        size_t n = strlen(word);
        if (strncmp(name, word, n) != 0 || (name[n] && !strchr("-._0123456789", name[n])))
            continue;
        *role = (link_role)i;
        return ERR_NONE;
    }
    return err_set(e, ERR_INVALID,
                   "%s: give --role (agent, station, controller or watcher), or a name that "
                   "begins with a role",
                   name);
}

static int describe(const options *o, const char *name, link_certificate *c, err *e)
{
    *c = (link_certificate){.role = LINK_ROLES};
    if (!link_name_is_good(name, strlen(name)))
        return err_set(e, ERR_INVALID,
                       "'%.80s' is not a certificate's name: up to %d letters, digits, - . _, a "
                       "letter or digit first, not ending in " LINK_SECRET_SUFFIX,
                       name, ENDPOINT_NAME_MAX - 1);
    strcpy(c->name, name);
    int rc = choose_role(o, name, &c->role, e);
    if (rc == ERR_NONE && c->role == LINK_AGENT && !o->ues)
        rc = err_set(e, ERR_INVALID,
                     "%s: an agent's certificate names its UEs: give --ues, such "
                     "as --ues 0-249",
                     name);
    if (rc == ERR_NONE && c->role == LINK_AGENT && link_ues_parse(o->ues, c, e) != ERR_NONE)
        rc = err_prefix(e, "--ues");
    return rc;
}

static int make(const options *o, const char *name, err *e)
{
    link_certificate c;
    int rc = describe(o, name, &c, e);
    if (rc != ERR_NONE || (o->keep && link_keys_has(o->folder, name)))
        return rc;
    rc = link_keys_make(o->folder, &c, e);
    if (rc == ERR_NONE)
        printf("%s: %s, %s\n", c.name, link_role_name(c.role), c.public_key);
    explicit_bzero(&c, sizeof c);
    return rc;
}

int keys_new(int argc, char **argv)
{
    options o = {.folder = KEYS_FOLDER};
    const option_spec specs[] = {
        OPTION_STRING("keys", &o.folder, "FOLDER", KEYS_FOLDER_HELP),
        OPTION_CHOICE("role", &o.role, "agent|station|controller|watcher",
                      "role of the certificates [from the beginning of their names]"),
        OPTION_STRING("ues", &o.ues, "K-K,...", "UEs that an agent may report for: 0-249,1000"),
        OPTION_FLAG("keep", &o.keep, "skip existing certificates instead of failing"),
    };
    const option_command command = {
        .name = "csilink keys new",
        .summary = "makes certificates and admits their owners",
        .operands = "NAME...",
        .example = "  csilink keys new station controller watcher\n"
                   "  csilink keys new agent-1 --ues 0-249\n"
                   "  csilink keys new anna --role controller",
        .specs = specs,
        .count = sizeof specs / sizeof specs[0],
        .operands_min = 1,
        .operands_max = NAMES_MAX,
    };
    int count, status = option_parse(&command, argc, argv, &count);
    if (status >= 0)
        return status;
    err e = {0};
    for (int i = 1; i <= count; i++) { /* all are checked before the first is made */
        link_certificate c;
        if (describe(&o, argv[i], &c, &e) != ERR_NONE)
            return option_complain(&command, "%s", e.text);
    }
    for (int i = 1; i <= count; i++) {
        if (make(&o, argv[i], &e) == ERR_NONE)
            continue;
        log_error("%s", e.text);
        return 1;
    }
    return 0;
}
