/* keys.h: a folder of certificates: who a program is, and whom it admits.
 *
 *     FOLDER/secret/NAME_secret        own certificates with their secret keys, mode 0600
 *     FOLDER/secret/NAME               the same without: what others are given
 *     FOLDER/allowed/agent/NAME        who may report, and for which UEs
 *     FOLDER/allowed/station/NAME      who may be the base station or channel-sim
 *     FOLDER/allowed/controller/NAME   who may change the link, and watch
 *     FOLDER/allowed/watcher/NAME      who may watch
 *     FOLDER/revoked/NAME              what `csilink keys revoke` took out of allowed/
 *
 * A certificate's name is its file's, its role the folder that it lies in. The folder is the whole
 * truth: a file that is put into allowed/ admits its owner, one that is removed cuts it off.
 *
 * Belongs to one thread. */
#ifndef LINK_KEYS_H
#define LINK_KEYS_H

#include <stdbool.h>
#include <stddef.h>

#include "link/certificate.h"

enum {
    LINK_ALLOWED_MAX = 16384,   /* certificates of a role; more are left out, with a warning */
    LINK_KEYS_FOLDER_MAX = 400, /* bytes of the folder's path, with the NUL */
    LINK_KEYS_PATH_MAX = 512
};

/* Whom a socket admits. Its ZAP domain is "agents", "stations", "controllers", "watchers". */
typedef enum link_domain {
    LINK_FOR_AGENTS,
    LINK_FOR_STATIONS,
    LINK_FOR_CONTROLLERS, /* and the program itself, which asks after its own health */
    LINK_FOR_WATCHERS,    /* and controllers, and the program itself */
    LINK_DOMAINS
} link_domain;

const char *link_domain_name(link_domain domain);

typedef struct link_keys link_keys;

/* Opens the folder for a program that is one of `roles` (bits 1 << LINK_AGENT, ...). Its own
 * certificate is secret/`name`_secret, or, where `name` is NULL, the only one of the first of these
 * roles, in the order above, of which there is any. NULL
 * on failure: no folder, no such certificate, several, a secret that others may read. */
link_keys *link_keys_open(const char *folder, const char *name, unsigned roles, err *e);
void link_keys_free(link_keys *keys); /* NULL allowed */

const link_certificate *link_keys_own(const link_keys *keys);

/* Reads allowed/ again if it has changed, and tells every listener if so. A file that is no
 * certificate is left out, with a warning: its owner is not admitted. */
void link_keys_refresh(link_keys *keys);

/* The certificate by which a peer with this key (Z85) may use a socket; NULL: it may not. Valid
 * until the next refresh. */
const link_certificate *link_keys_admit(const link_keys *keys, link_domain domain, const char *key);

/* The key of the peer that an address must prove to have: that of the certificate `name`, of a
 * station or agent, or, where it is "", of "station" or the only station. ERR_STATE: none, or no
 * single one; the message says which there are. */
int link_keys_server(const link_keys *keys, const char *name, char key[LINK_KEY_MAX], err *e);

/* Counts refreshes that changed something. */
unsigned link_keys_generation(const link_keys *keys);

/* Messages that were dropped because their sender is not admitted any more; 0 of NULL. */
void link_keys_count_dropped(link_keys *keys);
unsigned long link_keys_dropped(const link_keys *keys);

/* Called after a refresh that changed something. The listener is the caller's and in place until
 * it is removed; both calls do nothing without keys. */
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

/* Makes the folder and those in it, as far as they are not there; secret/ is its owner's alone.
 * ERR_IO, ERR_INVALID for a path that is too long. */
int link_keys_make_folder(const char *folder, err *e);

/* Makes a certificate with c's name, role and UEs: its secret, and its public copies in secret/ and
 * in allowed/. *c then has the keys. ERR_STATE: there is one of this name. */
int link_keys_make(const char *folder, link_certificate *c, err *e);

/* Whether a certificate of this name is in the folder: its secret, or an allowed one of any role.
 */
bool link_keys_has(const char *folder, const char *name);

#endif
