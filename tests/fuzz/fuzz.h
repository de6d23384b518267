/* fuzz.h: what every fuzz target has in common.
 *
 * A target is a file fuzz_NAME.c with LLVMFuzzerTestOneInput. Two programs run it: libFuzzer's own
 * (`make fuzz`, with clang) and replay.c (with any compiler), which `make test` uses. README.md
 * tells how to run one and how to add one. */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/error.h"

/* Handles one input; returns 0. A promise that is broken ends the process. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Optional: changes an input in place, up to `room` bytes, and returns its new size. Everything
 * random comes from `seed`. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t room, unsigned seed);

/* What the program that runs the target offers to mutators: changes bytes, blindly. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t room);

/* Ends the process where something that must hold does not. */
#define require(holds)                                                                             \
    do {                                                                                           \
        if (!(holds)) {                                                                            \
            fprintf(stderr, "%s:%d: broken: %s\n", __FILE__, __LINE__, #holds);                    \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

/* A message for people is one line, and without what a terminal would obey. */
static inline bool fuzz_is_line(const char *text)
{
    for (const char *c = text; *c; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            return false;
    return true;
}

/* What every refusal keeps to. */
static inline void fuzz_check_error(const err *e)
{
    require(e->code != ERR_NONE && e->text[0]);
    require(fuzz_is_line(e->text));
}

/* A copy that is exactly n long, so that a sanitizer sees a read beyond it, and a NUL behind it
 * where `text`. The caller frees it. */
static inline void *fuzz_copy(const void *data, size_t n, bool text)
{
    char *copy = malloc(n + (text || n == 0));
    require(copy != NULL);
    if (n)
        memcpy(copy, data, n);
    if (text)
        copy[n] = '\0';
    return copy;
}

enum { FUZZ_PATH_MAX = 64 };

/* A file in memory that holds these bytes, for parsers that open one: its path, which is the same
 * in every call and replaces what was there. */
static inline const char *fuzz_file(const void *data, size_t size)
{
    static int fd = -1;
    static char path[FUZZ_PATH_MAX];
    if (fd < 0) {
        fd = memfd_create("fuzz", MFD_CLOEXEC);
        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    }
    require(fd >= 0 && ftruncate(fd, 0) == 0);
    require(size == 0 || pwrite(fd, data, size, 0) == (ssize_t)size);
    return path;
}

/* --- inputs of several parts --------------------------------------------------------------------
 * A part is its length, two bytes little-endian, and its bytes; the last one may be cut. */

typedef struct fuzz_part {
    const uint8_t *data;
    size_t size;
} fuzz_part;

enum { FUZZ_PART_MAX = UINT16_MAX };

/* The next part; false behind the last. */
static inline bool fuzz_next_part(const uint8_t **data, size_t *size, fuzz_part *part)
{
    if (*size < 2)
        return false;
    size_t given = *size - 2, told = (size_t)((*data)[0] | (*data)[1] << 8);
    *part = (fuzz_part){*data + 2, told < given ? told : given};
    *data += 2 + part->size;
    *size -= 2 + part->size;
    return true;
}

#endif
