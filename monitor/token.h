/* token.h: what a request must show before it changes the link. It stands in a file that only its
 * owner reads; the page gets it in the part of its address that a browser does not send. */
#ifndef MONITOR_TOKEN_H
#define MONITOR_TOKEN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

enum { TOKEN_MIN = 16, TOKEN_MAX = 128 }; /* characters */

typedef struct token {
    char text[TOKEN_MAX + 1]; /* letters, digits, '-', '.', '_', '~' */
} token;

/* Reads the token in the file, which is one line. Where there is no such file it is made, mode
 * 0600, with 32 random bytes in hexadecimal. ERR_INVALID for a file that others may read (one that
 * belongs to root may be open to its group, as Kubernetes mounts a Secret) or that holds no token;
 * ERR_IO. */
int token_open(const char *path, token *out, err *e);

/* Is that the token, given as "Bearer TOKEN" in the header Authorization? NULL, no header, is not.
 * Takes the same time wherever the two differ. */
bool token_is_shown(const token *t, const char *authorization);

#endif
