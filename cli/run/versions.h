/* versions.h: the program, compiler, machine and libraries of a run, and the files that it used,
 * each with its SHA-256 as sha256sum prints it. */
#ifndef CLI_RUN_VERSIONS_H
#define CLI_RUN_VERSIONS_H

#include <cjson/cJSON.h>
#include <stddef.h>

#include "base/error.h"
#include "config.h"

enum { VERSIONS_HASH_MAX = 65 }; /* SHA-256 in hexadecimal, and a NUL */

/* As JSON; the caller deletes it. NULL when memory ran out. A file that cannot be read has "error"
 * with the reason in place of a hash. */
cJSON *versions_of_run(const run_config *config);

/* The hash of a file. ERR_IO. */
int versions_hash(const char *path, char hash[VERSIONS_HASH_MAX], err *e);

#endif
