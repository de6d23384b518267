/* Any bytes as a .npy file: npy_read_float must give an array or an error, in bounded memory.
 *
 * An input that begins with 'h' is taken, without that byte, as the header's dictionary of a
 * version 1 file that holds six numbers: random bytes hardly ever begin as a file must. */
#include "io/npy.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t wrap(const uint8_t *data, size_t size, uint8_t *file)
{
    static const float six[] = {1, 2, 3, 4, 5, 6};
    size = size < 4000 ? size : 4000;
    memcpy(file, "\x93NUMPY\x01\0", 8);
    file[8] = (uint8_t)size;
    file[9] = (uint8_t)(size >> 8);
    memcpy(file + 10, data, size);
    memcpy(file + 10 + size, six, sizeof six);
    return 10 + size + sizeof six;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static int fd = -1;
    static char path[64];
    static uint8_t file[4096];
    if (fd < 0) {
        fd = memfd_create("fuzz", MFD_CLOEXEC);
        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    }
    if (size > 0 && data[0] == 'h') {
        size = wrap(data + 1, size - 1, file);
        data = file;
    }
    if (fd < 0 || ftruncate(fd, 0) != 0 || pwrite(fd, data, size, 0) != (ssize_t)size)
        abort(); /* the machine, not the input */
    mat_array a;
    err e = {0};
    int code = npy_read_float(path, &a, &e);
    if (code ? e.text[0] == '\0' || a.data != NULL : a.count == 0)
        abort();
    mat_array_free(&a);
    return 0;
}
