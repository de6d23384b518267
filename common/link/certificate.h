/* certificate.h: a CURVE certificate and its file.
 *
 * A file has the form of czmq's zcert, so czmq's tools can read it: ZPL (rfc.zeromq.org/spec/4),
 * a section `metadata` and a section `curve` with the keys in Z85 (rfc.zeromq.org/spec/32):
 *
 *     metadata
 *         name = "agent-1"
 *         role = "agent"
 *         ues = "0-249,1000"
 *     curve
 *         public-key = "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7"
 *         secret-key = "..."                                  only in the file NAME_secret
 *
 * Certificates are not signed. A program that admits the owner uses the copy in its own folder
 * (link/keys.h): that copy gives role and UEs. */
#ifndef LINK_CERTIFICATE_H
#define LINK_CERTIFICATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "link/endpoint.h"

typedef enum link_role {
    LINK_AGENT,      /* sends reports for the UEs that its certificate lists */
    LINK_STATION,    /* bs-server and channel-sim: the network side */
    LINK_CONTROLLER, /* changes what channel-sim does, and watches */
    LINK_WATCHER,    /* receives telemetry */
    LINK_ROLES
} link_role;

enum {
    LINK_KEY_MAX = 41,     /* a key in Z85: 40 characters and the NUL */
    LINK_UE_END = 1000000, /* numbers of UEs are below it: the protocol's limit */
    LINK_RANGES_MAX = 64,
    LINK_CERTIFICATE_BYTES_MAX = 16384 /* of a file */
};

typedef struct link_ue_range {
    uint32_t first, last; /* both inclusive */
} link_ue_range;

typedef struct link_certificate {
    char name[ENDPOINT_NAME_MAX];
    link_role role; /* LINK_ROLES: not given */
    link_ue_range range[LINK_RANGES_MAX];
    size_t ranges;                                           /* of an agent; 0: no UE */
    char public_key[LINK_KEY_MAX], secret_key[LINK_KEY_MAX]; /* secret: "" where it is unknown */
} link_certificate;

/* "agent", "station", ...; "any" for LINK_ROLES. */
const char *link_role_name(link_role role);

/* ERR_INVALID names the four. */
int link_role_parse(const char *text, link_role *role, err *e);

/* "0-249,1000" into ranges: numbers below LINK_UE_END, ascending within a range. ERR_INVALID. */
int link_ues_parse(const char *text, link_certificate *c, err *e);

/* The same as text, cut where it does not fit. */
void link_ues_print(const link_certificate *c, char *text, size_t size);
enum { LINK_UES_TEXT_MAX = 24 * LINK_RANGES_MAX };

/* Creates new keys. ERR_UNSUPPORTED: this ZeroMQ has no CURVE. */
int link_certificate_make(link_certificate *c, err *e);

/* Reads the `size` bytes of a file. Checks everything: ERR_FORMAT names the line. Secret and public
 * key must belong together. A name or role may be missing; other metadata is ignored. */
int link_certificate_parse(const char *text, size_t size, link_certificate *c, err *e);

/* The same from a file. Rejects a secret key in a file that others than its owner may read or write
 * (ERR_INVALID); a group may read it, as with a mounted Secret of Kubernetes. */
int link_certificate_read(const char *path, link_certificate *c, err *e);

/* Writes the certificate to `path`, mode 0644 without and 0600 with the secret key: writes a file
 * beside it, syncs and renames it, so no reader finds half a certificate, or a secret that others
 * may read. ERR_IO. */
int link_certificate_write(const char *path, const link_certificate *c, bool secret, err *e);

/* Whether the certificate lists this UE. */
bool link_certificate_has_ue(const link_certificate *c, uint32_t ue);

#endif
