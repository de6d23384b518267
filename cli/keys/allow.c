/* csilink keys allow and revoke: admits and removes certificates. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "keys.h"
#include "link/keys.h"
#include "ui/option.h"

/* --- allow ------------------------------------------------------------------------------------ */

typedef struct options {
    const char *folder, *role, *ues, *name;
} options;

/* Name, role and UEs: options override the sender's values. */
static int apply_options(const options *o, const char *file, link_certificate *c, err *e)
{
    const char *slash = strrchr(file, '/'), *base = slash ? slash + 1 : file;
    const char *name = o->name ? o->name : c->name[0] ? c->name : base;
    if (!link_name_is_good(name, strlen(name)))
        return err_set(e, ERR_INVALID, "'%.80s' is not a certificate's name: give --name", name);
    if (name != c->name)
        snprintf(c->name, sizeof c->name, "%.63s", name);
    if (o->role && link_role_parse(o->role, &c->role, e) != ERR_NONE)
        return e->code;
    if (c->role == LINK_ROLES)
        return err_set(e, ERR_INVALID, "%s states no role: give --role", file);
    if (o->ues && link_ues_parse(o->ues, c, e) != ERR_NONE)
        return err_prefix(e, "--ues");
    if (c->role == LINK_AGENT && c->ranges == 0)
        return err_set(e, ERR_INVALID, "%s states no UEs: give --ues, such as --ues 0-249", file);
    if (c->role != LINK_AGENT)
        c->ranges = 0;
    return ERR_NONE;
}

/* A name belongs to one owner: another key under it would inherit the first one's rights. */
static int check_free(const char *folder, const link_certificate *c, err *e)
{
    char path[LINK_KEYS_PATH_MAX];
    for (int role = 0; role < LINK_ROLES; role++) {
        link_certificate there;
        link_keys_allowed_path(folder, (link_role)role, c->name, path);
        if (access(path, F_OK) != 0)
            continue;
        if (role != (int)c->role || link_certificate_read(path, &there, NULL) != ERR_NONE ||
            strcmp(there.public_key, c->public_key) != 0)
            return err_set(e, ERR_STATE,
                           "%s exists, with another key or role: revoke it, "
                           "or give --name",
                           path);
    }
    return ERR_NONE;
}

static int allow(const options *o, const link_certificate *c, err *e)
{
    char path[LINK_KEYS_PATH_MAX], ues[LINK_UES_TEXT_MAX];
    int rc = link_keys_make_folder(o->folder, e);
    if (rc == ERR_NONE)
        rc = check_free(o->folder, c, e);
    if (rc != ERR_NONE)
        return rc;
    link_keys_allowed_path(o->folder, c->role, c->name, path);
    rc = link_certificate_write(path, c, false, e);
    if (rc != ERR_NONE)
        return rc;
    link_keys_revoked_path(o->folder, c->name, path);
    unlink(path);
    link_ues_print(c, ues, sizeof ues);
    printf("%s: %s, %s%s%s\n", c->name, link_role_name(c->role), c->public_key,
           ues[0] ? ", UEs " : "", ues);
    return ERR_NONE;
}

int keys_allow(int argc, char **argv)
{
    options o = {.folder = KEYS_FOLDER};
    const option_spec specs[] = {
        OPTION_STRING("keys", &o.folder, "FOLDER", KEYS_FOLDER_HELP),
        OPTION_CHOICE("role", &o.role, "agent|station|controller|watcher",
                      "role of its owner [as the certificate says]"),
        OPTION_STRING("ues", &o.ues, "K-K,...",
                      "UEs that it may report for [as the certificate "
                      "says]"),
        OPTION_STRING("name", &o.name, "NAME", "its name here [as the certificate says]"),
    };
    const option_command command = {
        .name = "csilink keys allow",
        .summary = "admits the owner of a public certificate, within a second",
        .operands = "FILE",
        .example = "  csilink keys allow agent-7 --ues 1000-1249\n"
                   "  csilink keys allow from-anna/laptop --role watcher --name anna",
        .specs = specs,
        .count = sizeof specs / sizeof specs[0],
        .operands_min = 1,
        .operands_max = 1,
    };
    int count, status = option_parse(&command, argc, argv, &count);
    if (status >= 0)
        return status;
    err e = {0};
    link_certificate c;
    if (link_certificate_read(argv[1], &c, &e) != ERR_NONE) {
        log_error("%s", e.text);
        return 1;
    }
    if (c.secret_key[0]) {
        log_error(
            "%s holds a secret key, which must stay with its owner: give the public certificate",
            argv[1]);
        explicit_bzero(&c, sizeof c);
        return 1;
    }
    if (apply_options(&o, argv[1], &c, &e) != ERR_NONE)
        return option_complain(&command, "%s", e.text);
    if (allow(&o, &c, &e) == ERR_NONE)
        return 0;
    log_error("%s", e.text);
    return 1;
}

/* --- revoke ----------------------------------------------------------------------------------- */

static int take_away(const char *folder, const char *name, err *e)
{
    char allowed[LINK_KEYS_PATH_MAX], revoked[LINK_KEYS_PATH_MAX];
    size_t found = 0;
    link_keys_revoked_path(folder, name, revoked);
    for (int role = 0; role < LINK_ROLES; role++) {
        link_keys_allowed_path(folder, (link_role)role, name, allowed);
        if (access(allowed, F_OK) != 0)
            continue;
        found++;
        /* Revokes it even if the copy cannot be kept. */
        if (rename(allowed, revoked) != 0 && unlink(allowed) != 0)
            return err_set(e, ERR_IO, "%s: cannot be removed: %m", allowed);
    }
    return found ? ERR_NONE
                 : err_set(e, ERR_STATE, "%s/allowed has no certificate called %s", folder, name);
}

int keys_revoke(int argc, char **argv)
{
    const char *folder = KEYS_FOLDER;
    const option_spec specs[] = {OPTION_STRING("keys", &folder, "FOLDER", KEYS_FOLDER_HELP)};
    const option_command command = {
        .name = "csilink keys revoke",
        .summary = "revokes a certificate, and cuts its owner off within a second",
        .operands = "NAME",
        .example = "  csilink keys revoke agent-7",
        .specs = specs,
        .count = sizeof specs / sizeof specs[0],
        .operands_min = 1,
        .operands_max = 1,
    };
    int count, status = option_parse(&command, argc, argv, &count);
    if (status >= 0)
        return status;
    if (!link_name_is_good(argv[1], strlen(argv[1])))
        return option_complain(&command, "'%.80s' is not a certificate's name", argv[1]);
    err e = {0};
    if (take_away(folder, argv[1], &e) != ERR_NONE) {
        log_error("%s", e.text);
        return 1;
    }
    printf("%s is revoked\n", argv[1]);
    return 0;
}
