/* token.h: the token that a request needs to change the link. It is in a file that only its owner
 * can read. The page gets it in the fragment of its URL, which browsers do not send. */
#ifndef MONITOR_TOKEN_H
#define MONITOR_TOKEN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

enum { TOKEN_MIN = 16, TOKEN_MAX = 128 }; /* characters */

typedef struct token {
    char text[TOKEN_MAX + 1]; /* letters, digits, '-', '.', '_', '~' */
} token;

/* Reads the token from the file, which has one line. If there is no such file, creates it with mode
 * 0600 and 32 random bytes in hexadecimal. ERR_INVALID for a file that others can read (a file of
 * root can be readable by its group, as Kubernetes mounts a Secret) or that has no token; ERR_IO.
 */
int token_open(const char *path, token *out, err *e);

/* True if the header Authorization is "Bearer TOKEN" with this token; false for NULL, no header.
 * Takes the same time wherever the two differ. */
bool token_is_shown(const token *t, const char *authorization);

#endif
