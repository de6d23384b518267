/* Any bytes as an architecture: refused with a message, or a pair within bounds. Seeds: the files
 * of models/architectures. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "train/architecture/architecture.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char path[64];

static void remove_file(void)
{
    unlink(path);
}

/* One file for the whole run; architectures are read from files. */
static int open_file(void)
{
    snprintf(path, sizeof path, "/tmp/csilink-fuzz-XXXXXX");
    int fd = mkstemp(path);
    if (fd >= 0)
        atexit(remove_file);
    return fd;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static int fd = -1;
    if (fd < 0)
        fd = open_file();
    if (fd < 0 || ftruncate(fd, 0) || pwrite(fd, data, size, 0) != (ssize_t)size)
        abort();
    err e = {0};
    train_pair pair;
    train_architecture_config config = {
        .name = path, .cr = 8, .dims = {.nt = 8, .nc = 64, .tp = 8, .ni = 8}};
    if (train_architecture_build(&config, &pair, &e) == 0)
        train_pair_free(&pair);
    return 0;
}
