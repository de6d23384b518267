#include "link/keys.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/log.h"

/* The certificates of a role, in ascending order of key. */
typedef struct allowed {
    link_certificate *list;
    size_t count;
} allowed;

struct link_keys {
    char folder[LINK_KEYS_FOLDER_MAX];
    link_certificate own;
    allowed allowed[LINK_ROLES];
    uint64_t state; /* of the folder when it was read: names, sizes, times */
    unsigned generation;
    unsigned long dropped;
    link_keys_listener *listeners;
    log_limit bad;
};

static const char *const domain_names[LINK_DOMAINS] = {"agents", "stations", "controllers",
                                                       "watchers"};

const char *link_domain_name(link_domain domain)
{
    return domain_names[domain];
}

void link_keys_secret_path(const char *folder, const char *name, char path[LINK_KEYS_PATH_MAX])
{
    snprintf(path, LINK_KEYS_PATH_MAX, "%.399s/secret/%.63s" LINK_SECRET_SUFFIX, folder, name);
}

void link_keys_allowed_path(const char *folder, link_role role, const char *name,
                            char path[LINK_KEYS_PATH_MAX])
{
    snprintf(path, LINK_KEYS_PATH_MAX, "%.399s/allowed/%s/%.63s", folder, link_role_name(role),
             name);
}

void link_keys_revoked_path(const char *folder, const char *name, char path[LINK_KEYS_PATH_MAX])
{
    snprintf(path, LINK_KEYS_PATH_MAX, "%.399s/revoked/%.63s", folder, name);
}

/* --- reading ------------------------------------------------------------------------------------
 */

static int by_key(const void *a, const void *b)
{
    return strcmp(((const link_certificate *)a)->public_key,
                  ((const link_certificate *)b)->public_key);
}

static bool is_certificate_name(const char *name)
{
    return link_name_is_good(name, strlen(name));
}

/* Combines what stat returns for a role's folder and each file in it, so that any change shows. The
 * order does not matter: directories list their entries in any order. */
static uint64_t state_of(const char *folder, link_role role)
{
    char path[LINK_KEYS_PATH_MAX];
    uint64_t sum = 0;
    link_keys_allowed_path(folder, role, "", path);
    DIR *d = opendir(path);
    for (struct dirent *entry; d && (entry = readdir(d)) != NULL;) {
        struct stat info;
        if (!is_certificate_name(entry->d_name) || fstatat(dirfd(d), entry->d_name, &info, 0) != 0)
            continue;
        const struct {
            uint64_t inode, size, seconds, nanoseconds, changed;
        } what = {info.st_ino, (uint64_t)info.st_size, (uint64_t)info.st_mtim.tv_sec,
                  (uint64_t)info.st_mtim.tv_nsec, (uint64_t)info.st_ctim.tv_nsec};
        sum += hash_bytes(hash_text(HASH_START, entry->d_name), &what, sizeof what);
    }
    if (d)
        closedir(d);
    return sum;
}

static uint64_t state_of_all(const char *folder)
{
    uint64_t h = HASH_START;
    for (int role = 0; role < LINK_ROLES; role++) {
        uint64_t of_role = state_of(folder, (link_role)role);
        h = hash_bytes(h, &of_role, sizeof of_role);
    }
    return h;
}

/* Reads one file of a role's folder into the list; false when memory ran out. */
static bool add_allowed(link_keys *k, allowed *to, link_role role, const char *name)
{
    char path[LINK_KEYS_PATH_MAX];
    link_certificate c;
    err e = {0};
    link_keys_allowed_path(k->folder, role, name, path);
    if (link_certificate_read(path, &c, &e) != ERR_NONE) {
        log_limited(&k->bad, LOG_WARNING, "an invalid certificate is ignored and admits nobody: %s",
                    e.text);
        return true;
    }
    explicit_bzero(c.secret_key, sizeof c.secret_key);
    if (to->count == LINK_ALLOWED_MAX) {
        log_limited(&k->bad, LOG_WARNING, "%s is ignored: there are %d others of its role already",
                    path, LINK_ALLOWED_MAX);
        return true;
    }
    if ((to->count & (to->count - 1)) == 0) { /* a power of two: full */
        size_t room = to->count ? 2 * to->count : 1;
        link_certificate *more = realloc(to->list, room * sizeof *more);
        if (!more)
            return false;
        to->list = more;
    }
    snprintf(c.name, sizeof c.name, "%.*s", (int)sizeof c.name - 1, name);
    c.role = role;
    to->list[to->count++] = c;
    return true;
}

/* Reads the certificates of a role. When memory runs out fewer are admitted, never more. */
static allowed read_allowed(link_keys *k, link_role role)
{
    allowed read = {0};
    char path[LINK_KEYS_PATH_MAX];
    link_keys_allowed_path(k->folder, role, "", path);
    DIR *d = opendir(path);
    for (struct dirent *entry; d && (entry = readdir(d)) != NULL;)
        if (is_certificate_name(entry->d_name) && !add_allowed(k, &read, role, entry->d_name))
            log_error("out of memory for the certificates in %s", path);
    if (d)
        closedir(d);
    if (read.count)
        qsort(read.list, read.count, sizeof *read.list, by_key);
    return read;
}

static void read_all(link_keys *k)
{
    for (int role = 0; role < LINK_ROLES; role++) {
        allowed fresh = read_allowed(k, (link_role)role);
        free(k->allowed[role].list);
        k->allowed[role] = fresh;
    }
}

void link_keys_refresh(link_keys *k)
{
    uint64_t state = state_of_all(k->folder);
    if (state == k->state)
        return;
    k->state = state; /* taken before reading: a change meanwhile is seen next time */
    read_all(k);
    k->generation++;
    for (link_keys_listener *l = k->listeners, *next; l; l = next) {
        next = l->next;
        l->changed(l->user);
    }
}

/* --- who this is --------------------------------------------------------------------------------
 */

static bool is_secret_name(const char *file, char name[ENDPOINT_NAME_MAX])
{
    size_t length = strlen(file), tail = strlen(LINK_SECRET_SUFFIX);
    if (length <= tail || strcmp(file + length - tail, LINK_SECRET_SUFFIX) != 0 ||
        !link_name_is_good(file, length - tail))
        return false;
    snprintf(name, ENDPOINT_NAME_MAX, "%.*s", (int)(length - tail), file);
    return true;
}

static int read_own(link_keys *k, const char *name, err *e)
{
    char path[LINK_KEYS_PATH_MAX];
    link_keys_secret_path(k->folder, name, path);
    int rc = link_certificate_read(path, &k->own, e);
    if (rc != ERR_NONE)
        return rc;
    snprintf(k->own.name, sizeof k->own.name, "%.*s", (int)sizeof k->own.name - 1, name);
    return k->own.secret_key[0] ? ERR_NONE
                                : err_set(e, ERR_FORMAT, "%s: it has no secret-key", path);
}

static void list_roles(unsigned roles, char *text, size_t size)
{
    size_t used = 0;
    text[0] = '\0';
    for (int role = 0; role < LINK_ROLES; role++)
        if (roles & 1u << role && used < size)
            used += (size_t)snprintf(text + used, size - used, "%s%s", used ? " or " : "",
                                     link_role_name((link_role)role));
}

/* Of the secret certificates, those of a role: how many, their names, and one of them. */
typedef struct owned {
    size_t count;
    char names[128];
    link_certificate any;
} owned;

static void count_owned(owned *o, const link_certificate *c)
{
    size_t used = strlen(o->names);
    snprintf(o->names + used, sizeof o->names - used, "%s%s", used ? ", " : "", c->name);
    o->any = *c;
    o->count++;
}

static int read_owned(link_keys *k, const char *path, owned of[LINK_ROLES], err *e)
{
    char name[ENDPOINT_NAME_MAX];
    DIR *d = opendir(path);
    if (!d)
        return err_set(e, ERR_IO, "%s: %s; `csilink keys new` makes a folder of keys", path,
                       strerror(errno));
    for (struct dirent *entry; (entry = readdir(d)) != NULL;) {
        err failure = {0};
        if (!is_secret_name(entry->d_name, name))
            continue;
        if (read_own(k, name, &failure) != ERR_NONE)
            log_warning("%s", failure.text);
        else if (k->own.role < LINK_ROLES)
            count_owned(&of[k->own.role], &k->own);
    }
    closedir(d);
    return ERR_NONE;
}

/* The only certificate of the first of these roles that has any. */
static int find_own(link_keys *k, unsigned roles, err *e)
{
    char path[LINK_KEYS_PATH_MAX], wanted[64];
    owned of[LINK_ROLES] = {0};
    snprintf(path, sizeof path, "%s/secret", k->folder);
    list_roles(roles, wanted, sizeof wanted);
    int rc = read_owned(k, path, of, e), role = 0;
    while (role < LINK_ROLES && (!(roles & 1u << role) || of[role].count == 0))
        role++;
    if (rc == ERR_NONE && role == LINK_ROLES)
        rc = err_set(e, ERR_STATE, "%s has no usable secret certificate of a %s", path, wanted);
    else if (rc == ERR_NONE && of[role].count > 1)
        rc = err_set(e, ERR_STATE,
                     "%s has several certificates of a %s (%s): choose one by --certificate", path,
                     link_role_name((link_role)role), of[role].names);
    else if (rc == ERR_NONE)
        k->own = of[role].any;
    explicit_bzero(of, sizeof of);
    return rc;
}

link_keys *link_keys_open(const char *folder, const char *name, unsigned roles, err *e)
{
    link_keys *k = calloc(1, sizeof *k);
    if (!k) {
        err_set(e, ERR_NOMEM, "out of memory for keys");
        return NULL;
    }
    int rc = ERR_NONE;
    if (strlen(folder) >= sizeof k->folder)
        rc = err_set(e, ERR_INVALID,
                     "the folder of keys has a path of %zu bytes; at most %zu are "
                     "allowed",
                     strlen(folder), sizeof k->folder - 1);
    else if (name && !link_name_is_good(name, strlen(name)))
        rc = err_set(e, ERR_INVALID, "'%.64s' is not the name of a certificate", name);
    if (rc == ERR_NONE) {
        strcpy(k->folder, folder);
        rc = name ? read_own(k, name, e) : find_own(k, roles, e);
    }
    if (rc != ERR_NONE) {
        link_keys_free(k);
        return NULL;
    }
    k->state = state_of_all(folder);
    read_all(k);
    return k;
}

void link_keys_free(link_keys *k)
{
    if (!k)
        return;
    for (int role = 0; role < LINK_ROLES; role++)
        free(k->allowed[role].list);
    explicit_bzero(&k->own, sizeof k->own);
    free(k);
}

const link_certificate *link_keys_own(const link_keys *k)
{
    return &k->own;
}

unsigned link_keys_generation(const link_keys *k)
{
    return k->generation;
}

void link_keys_count_dropped(link_keys *k)
{
    k->dropped++;
}

unsigned long link_keys_dropped(const link_keys *k)
{
    return k ? k->dropped : 0;
}

/* --- whom it admits -----------------------------------------------------------------------------
 */

static const link_certificate *find(const link_keys *k, link_role role, const char *key)
{
    link_certificate wanted;
    const allowed *a = &k->allowed[role];
    if (a->count == 0 || strlen(key) >= sizeof wanted.public_key)
        return NULL;
    strcpy(wanted.public_key, key);
    return bsearch(&wanted, a->list, a->count, sizeof *a->list, by_key);
}

const link_certificate *link_keys_admit(const link_keys *k, link_domain domain, const char *key)
{
    static const struct {
        unsigned roles;
        bool itself;
    } admitted[LINK_DOMAINS] = {
        [LINK_FOR_AGENTS] = {1u << LINK_AGENT, false},
        [LINK_FOR_STATIONS] = {1u << LINK_STATION, false},
        [LINK_FOR_CONTROLLERS] = {1u << LINK_CONTROLLER, true},
        [LINK_FOR_WATCHERS] = {1u << LINK_CONTROLLER | 1u << LINK_WATCHER, true},
    };
    for (int role = 0; role < LINK_ROLES; role++) {
        const link_certificate *c =
            admitted[domain].roles & 1u << role ? find(k, (link_role)role, key) : NULL;
        if (c)
            return c;
    }
    return admitted[domain].itself && strcmp(key, k->own.public_key) == 0 ? &k->own : NULL;
}

static const link_certificate *named(const allowed *a, const char *name)
{
    for (size_t i = 0; i < a->count; i++)
        if (strcmp(a->list[i].name, name) == 0)
            return &a->list[i];
    return NULL;
}

int link_keys_server(const link_keys *k, const char *name, char key[LINK_KEY_MAX], err *e)
{
    const allowed *stations = &k->allowed[LINK_STATION];
    const link_certificate *c = named(stations, name[0] ? name : link_role_name(LINK_STATION));
    if (!c && name[0])
        c = named(&k->allowed[LINK_AGENT], name);
    if (!c && name[0] && strcmp(name, k->own.name) == 0)
        c = &k->own;
    if (!c && !name[0] && stations->count == 1)
        c = &stations->list[0];
    if (!c && name[0])
        return err_set(e, ERR_STATE, "%s/allowed has no station or agent called %s", k->folder,
                       name);
    if (!c)
        return err_set(
            e, ERR_STATE,
            "%s/allowed/station has %zu certificates, none called station: name the certificate "
            "of the address, NAME@tcp://...",
            k->folder, stations->count);
    strcpy(key, c->public_key);
    return ERR_NONE;
}

void link_keys_listen(link_keys *k, link_keys_listener *l)
{
    if (!k)
        return;
    l->next = k->listeners;
    k->listeners = l;
}

void link_keys_unlisten(link_keys *k, link_keys_listener *l)
{
    if (!k)
        return;
    for (link_keys_listener **at = &k->listeners; *at; at = &(*at)->next) {
        if (*at != l)
            continue;
        *at = l->next;
        return;
    }
}
