/* csilink keys show: lists the certificates in a folder. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "keys.h"
#include "link/keys.h"
#include "ui/option.h"

enum { UES_SHOWN = 40 };

static int is_name(const struct dirent *entry)
{
    return link_name_is_good(entry->d_name, strlen(entry->d_name));
}

static bool has_secret(const char *folder, const char *name)
{
    char path[LINK_KEYS_PATH_MAX];
    link_keys_secret_path(folder, name, path);
    return access(path, F_OK) == 0;
}

/* Prints one line; false if the file is no certificate. */
static bool show_one(const char *folder, const char *path, const char *name, const char *role)
{
    link_certificate c;
    err e = {0};
    char ues[UES_SHOWN];
    if (link_certificate_read(path, &c, &e) != ERR_NONE) {
        log_error("%s", e.text);
        return false;
    }
    link_ues_print(&c, ues, sizeof ues);
    printf("%-20s %-10s %-40s  %s%s%s\n", name, role, c.public_key,
           has_secret(folder, name) ? "secret here" : "", ues[0] ? " UEs " : "", ues);
    explicit_bzero(&c, sizeof c);
    return true;
}

/* Prints the files of a folder by name; false if one is no certificate. */
static bool show_folder(const char *folder, const char *path, const char *role, const char *only,
                        size_t *shown)
{
    struct dirent **list = NULL;
    bool good = true;
    int count = scandir(path, &list, is_name, alphasort);
    for (int i = 0; i < count; i++) {
        const char *name = list[i]->d_name;
        char file[LINK_KEYS_PATH_MAX + ENDPOINT_NAME_MAX];
        snprintf(file, sizeof file, "%s%.63s", path, name);
        if (!only || strcmp(only, name) == 0) {
            good = show_one(folder, file, name, role) && good;
            (*shown)++;
        }
        free(list[i]);
    }
    free(list);
    return good;
}

static int show(const char *folder, const char *only)
{
    char path[LINK_KEYS_PATH_MAX];
    size_t shown = 0;
    bool good = true;
    if (access(folder, R_OK | X_OK) != 0) {
        log_error("%s: %m; `csilink keys new` makes a folder of keys", folder);
        return 1;
    }
    for (int role = 0; role < LINK_ROLES; role++) {
        link_keys_allowed_path(folder, (link_role)role, "", path);
        good = show_folder(folder, path, link_role_name((link_role)role), only, &shown) && good;
    }
    link_keys_revoked_path(folder, "", path);
    good = show_folder(folder, path, "revoked", only, &shown) && good;
    if (only && shown == 0) {
        log_error("%s has no certificate called %s", folder, only);
        return 1;
    }
    return good ? 0 : 1;
}

int keys_show(int argc, char **argv)
{
    const char *folder = KEYS_FOLDER;
    const option_spec specs[] = {OPTION_STRING("keys", &folder, "FOLDER", KEYS_FOLDER_HELP)};
    const option_command command = {
        .name = "csilink keys show",
        .summary = "lists admitted certificates, their roles and UEs, and the secrets in the "
                   "folder",
        .operands = "[NAME]",
        .example = "  csilink keys show\n  csilink keys show agent-1 --keys /etc/csilink/keys",
        .specs = specs,
        .count = sizeof specs / sizeof specs[0],
        .operands_max = 1,
    };
    int count, status = option_parse(&command, argc, argv, &count);
    return status >= 0 ? status : show(folder, count ? argv[1] : NULL);
}
