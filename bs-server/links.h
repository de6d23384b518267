/* links.h: the links that a base station serves: each pair of codec and uplink once. */
#ifndef BS_SERVER_LINKS_H
#define BS_SERVER_LINKS_H

#include "base/error.h"
#include "cell/cell.h"
#include "pool.h"

enum { LINKS_CODECS_MAX = 16, LINKS_UPLINKS_MAX = 16 };

/* Zero-initialise; too large for a stack. */
typedef struct links {
    codec *decoder[LINKS_CODECS_MAX];
    char codec_spec[LINKS_CODECS_MAX][CODEC_SPEC_MAX];   /* as given */
    payload_denoiser *denoiser[LINKS_CODECS_MAX];        /* of each; NULL: none */
    char denoiser_name[LINKS_CODECS_MAX][CELL_WORD_MAX]; /* as it was asked for */
    size_t decoders;
    char uplink[LINKS_UPLINKS_MAX][UPLINK_SPEC_MAX];
    size_t uplinks;
    pool_link link[LINKS_CODECS_MAX * LINKS_UPLINKS_MAX];
    size_t count;
} links;

/* Every group's codec over every group's uplink that it fits; ERR_INVALID for a codec that fits
 * none. A UE sends over one of them; the others are for agents started by hand. Groups with the
 * same codec must have the same denoiser (else ERR_INVALID), since a report does not name its
 * group. */
int links_of_cell(links *l, const cell *c, err *e);

/* The codecs of two lists (models "NAME,NAME", codecs "KIND:...;KIND:..."; NULL: none) or, if both
 * are NULL, the codecs that agents use by default, over the uplink for all UEs. */
int links_of_lists(links *l, const char *models, const char *codecs, const cell *c, err *e);

void links_free(links *l);

#endif
