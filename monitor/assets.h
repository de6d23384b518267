/* assets.h: the page's files, built into the program. */
#ifndef MONITOR_ASSETS_H
#define MONITOR_ASSETS_H

#include <stddef.h>

typedef struct asset {
    const char *path; /* of the request */
    const char *type;
    const unsigned char *data, *end;
} asset;

/* NULL when there is no such path. */
const asset *asset_find(const char *path);

#endif
