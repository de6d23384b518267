/* keys.h: a folder of certificates: a program's own, and those it admits.
 *
 *     FOLDER/secret/NAME_secret        own certificates with their secret keys, mode 0600
 *     FOLDER/secret/NAME               the same without secret key, to give to others
 *     FOLDER/allowed/agent/NAME        who may report, and for which UEs
 *     FOLDER/allowed/station/NAME      who may be the base station or channel-sim
 *     FOLDER/allowed/controller/NAME   who may change the link, and watch
 *     FOLDER/allowed/watcher/NAME      who may watch
 *     FOLDER/revoked/NAME              removed from allowed/ by `csilink keys revoke`
 *
 * A certificate has the name of its file and the role of its folder. Only the folder counts: adding
 * a file to allowed/ admits its owner, removing it cuts the owner off.
 *
 * Belongs to one thread. */
#ifndef LINK_KEYS_H
#define LINK_KEYS_H

#include <stdbool.h>
#include <stddef.h>

#include "link/certificate.h"

enum {
    LINK_ALLOWED_MAX = 16384,   /* certificates of a role; the rest is left out, with a warning */
    LINK_KEYS_FOLDER_MAX = 400, /* bytes of the folder's path, including the NUL */
    LINK_KEYS_PATH_MAX = 512
};

/* The peers that a socket admits. Its ZAP domain is "agents", "stations", "controllers",
 * "watchers". */
typedef enum link_domain {
    LINK_FOR_AGENTS,
    LINK_FOR_STATIONS,
    LINK_FOR_CONTROLLERS, /* and the program itself, which checks its own health */
    LINK_FOR_WATCHERS,    /* and controllers, and the program itself */
    LINK_DOMAINS
} link_domain;

const char *link_domain_name(link_domain domain);

typedef struct link_keys link_keys;

/* Opens the folder for a program with one of `roles` (bits 1 << LINK_AGENT, ...). Its own
 * certificate is secret/`name`_secret; with a NULL `name`, it is the only certificate of the first
 * of these roles, in the order above, that has any. NULL on failure: no folder, no such
 * certificate, several, or a secret that others may read. */
link_keys *link_keys_open(const char *folder, const char *name, unsigned roles, err *e);
void link_keys_free(link_keys *keys); /* NULL allowed */

const link_certificate *link_keys_own(const link_keys *keys);

/* Reads allowed/ again if it has changed, and then notifies every listener. A file that is not a
 * certificate is left out, with a warning: its owner is not admitted. */
void link_keys_refresh(link_keys *keys);

/* The certificate that lets a peer with this key (Z85) use a socket; NULL: it may not. Valid until
 * the next refresh. */
const link_certificate *link_keys_admit(const link_keys *keys, link_domain domain, const char *key);

/* The key that a peer at an address must prove to have: of the certificate `name`, of a station or
 * agent, or, where `name` is "", of "station" or the only station. ERR_STATE: there is none, or
 * more than one; the message lists them. */
int link_keys_server(const link_keys *keys, const char *name, char key[LINK_KEY_MAX], err *e);

/* Counts refreshes that found a change. */
unsigned link_keys_generation(const link_keys *keys);

/* Counts messages dropped because their sender is no longer admitted. NULL allowed. */
void link_keys_count_dropped(link_keys *keys);
unsigned long link_keys_dropped(const link_keys *keys);

/* Called after a refresh that found a change. The caller owns the listener and keeps it until it is
 * removed; both calls do nothing without keys. */
typedef struct link_keys_listener {
    void (*changed)(void *user);
    void *user;
    struct link_keys_listener *next;
} link_keys_listener;
void link_keys_listen(link_keys *keys, link_keys_listener *listener);
void link_keys_unlisten(link_keys *keys, link_keys_listener *listener);

/* --- changing a folder: `csilink keys`, and runs ------------------------------------------------
 */

/* The paths of a certificate's files. */
void link_keys_secret_path(const char *folder, const char *name, char path[LINK_KEYS_PATH_MAX]);
void link_keys_allowed_path(const char *folder, link_role role, const char *name,
                            char path[LINK_KEYS_PATH_MAX]);
void link_keys_revoked_path(const char *folder, const char *name, char path[LINK_KEYS_PATH_MAX]);

/* Creates the folder and its subfolders where they are missing; only the owner can access secret/.
 * ERR_IO, ERR_INVALID for a path that is too long. */
int link_keys_make_folder(const char *folder, err *e);

/* Creates a certificate with c's name, role and UEs: its secret, and its public copies in secret/
 * and in allowed/. *c then has the keys. ERR_STATE: the name is in use. */
int link_keys_make(const char *folder, link_certificate *c, err *e);

/* Whether a certificate of this name is in the folder: its secret, or an allowed one of any
 * role. */
bool link_keys_has(const char *folder, const char *name);

#endif
