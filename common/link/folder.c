/* Changes to the folder of keys by `csilink keys` and runs; link/keys.h describes the folder. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "link/keys.h"

static int make(const char *path, mode_t mode, err *e)
{
    if (mkdir(path, mode) == 0 || errno == EEXIST)
        return ERR_NONE;
    return err_set(e, ERR_IO, "cannot make the folder %s: %s", path, strerror(errno));
}

int link_keys_make_folder(const char *folder, err *e)
{
    char path[LINK_KEYS_PATH_MAX];
    if (strlen(folder) >= LINK_KEYS_FOLDER_MAX)
        return err_set(e, ERR_INVALID, "the folder has a path of %zu bytes; at most %d are allowed",
                       strlen(folder), LINK_KEYS_FOLDER_MAX - 1);
    static const struct {
        const char *name;
        mode_t mode;
    } parts[] = {{"", 0755}, {"/secret", 0700}, {"/allowed", 0755}, {"/revoked", 0755}};
    int rc = ERR_NONE;
    for (size_t i = 0; rc == ERR_NONE && i < sizeof parts / sizeof parts[0]; i++) {
        snprintf(path, sizeof path, "%s%s", folder, parts[i].name);
        rc = make(path, parts[i].mode, e);
    }
    for (int role = 0; rc == ERR_NONE && role < LINK_ROLES; role++) {
        link_keys_allowed_path(folder, (link_role)role, "", path);
        rc = make(path, 0755, e);
    }
    return rc;
}

bool link_keys_has(const char *folder, const char *name)
{
    char path[LINK_KEYS_PATH_MAX];
    link_keys_secret_path(folder, name, path);
    bool has = access(path, F_OK) == 0;
    for (int role = 0; !has && role < LINK_ROLES; role++) {
        link_keys_allowed_path(folder, (link_role)role, name, path);
        has = access(path, F_OK) == 0;
    }
    return has;
}

int link_keys_make(const char *folder, link_certificate *c, err *e)
{
    char secret[LINK_KEYS_PATH_MAX], copy[LINK_KEYS_PATH_MAX], allowed[LINK_KEYS_PATH_MAX];
    int rc = link_keys_make_folder(folder, e);
    if (rc != ERR_NONE)
        return rc;
    if (link_keys_has(folder, c->name))
        return err_set(e, ERR_STATE, "%s already has a certificate called %s: choose another name",
                       folder, c->name);
    if (link_certificate_make(c, e) != ERR_NONE)
        return e ? e->code : ERR_UNSUPPORTED;
    link_keys_secret_path(folder, c->name, secret);
    snprintf(copy, sizeof copy, "%.*s", (int)(strlen(secret) - strlen(LINK_SECRET_SUFFIX)), secret);
    link_keys_allowed_path(folder, c->role, c->name, allowed);
    /* The secret first: an admitted certificate that nobody can use would block its name. */
    rc = link_certificate_write(secret, c, true, e);
    if (rc == ERR_NONE)
        rc = link_certificate_write(copy, c, false, e);
    if (rc == ERR_NONE)
        rc = link_certificate_write(allowed, c, false, e);
    return rc;
}
