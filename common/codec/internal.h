/* internal.h: what the files of the codec share. */
#ifndef CODEC_INTERNAL_H
#define CODEC_INTERNAL_H

#include "codec/codec.h"
#include "nn/nn.h"

struct codec_part {
    codec_side side;
    nn_model *model;
    codec_info info;
    char *path; /* for messages */
};

/* "encoder", "decoder"; "angle-delay", "delay-angle". Static storage. */
const char *codec_side_name(codec_side side);
const char *codec_layout_name(codec_layout layout);

/* codec_load, or, without `check_pair`, the same for a file whose csilink.pair is about to be
 * replaced: it is not read, and info.pair is 0. */
codec_part *codec_load_part(codec_side side, const char *path, const char *layout, bool check_pair,
                            err *e);

/* The identity that travels with a report: a hash of csilink.pair and of the layout, since two
 * ends that disagree about the layout decode nonsense. Never 0. */
uint64_t codec_pair_identity(const char *pair, codec_layout layout);

#endif
