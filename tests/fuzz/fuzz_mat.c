/* Any bytes as a .mat file: mat_read_float must give an array or an error, in bounded memory.
 *
 * An input that begins with 'z' is wrapped, without that byte, as the one compressed variable of a
 * version 5 file: random bytes are hardly ever a zlib stream, and would not get behind it. */
#include "io/mat.h"
#include "io/mat_internal.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t wrap(const uint8_t *data, size_t size, uint8_t *file, size_t room)
{
    memset(file, ' ', 124);
    memcpy(file + 124, "\0\1IM", 4);
    uLongf packed = (uLongf)(room - 136);
    if (compress2(file + 136, &packed, data, size, 1) != Z_OK)
        return 0;
    uint32_t tag[2] = {15, (uint32_t)packed};
    memcpy(file + 128, tag, sizeof tag);
    return 136 + packed;
}

/* Version 7.3 without the child process that mat_read_float reads it in: the sanitizers' word on
 * csilink's code must end this process. */
static void read_here(const char *path, const uint8_t *data, size_t size)
{
    bool signature = size >= 8 && memcmp(data, "\x89HDF\r\n\x1a\n", 8) == 0;
    if (!signature && (size < 128 || memcmp(data + 124, "\0\2IM", 4) != 0))
        return;
    mat_file file = {.path = path, .bytes = size, .hdf5 = true, .plain = signature};
    mat_array a = {0};
    bool found;
    char names[MAT_NAMES_MAX] = "";
    mat73_read(&file, "HT", &a, &found, names, NULL);
    mat_array_free(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static int fd = -1;
    static char path[64];
    static uint8_t file[1 << 20];
    if (fd < 0) {
        fd = memfd_create("fuzz", MFD_CLOEXEC);
        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    }
    if (size > 0 && data[0] == 'z') {
        size = wrap(data + 1, size - 1, file, sizeof file);
        data = file;
    }
    if (fd < 0 || ftruncate(fd, 0) != 0 || pwrite(fd, data, size, 0) != (ssize_t)size)
        abort(); /* the machine, not the input */
    read_here(path, data, size);
    mat_array a;
    err e = {0};
    int code = mat_read_float(path, "HT", &a, &e);
    if (code ? e.text[0] == '\0' || strchr(e.text, '\n') != NULL || a.data != NULL : a.count == 0)
        abort();
    mat_array_free(&a);
    return 0;
}
