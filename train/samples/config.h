/* config.h: where the samples of a training come from, and in what form they go to the network. */
#ifndef TRAIN_SAMPLES_CONFIG_H
#define TRAIN_SAMPLES_CONFIG_H

#include "codec/onnx/align.h"
#include "codec/onnx/pair.h"
#include "csi/dims.h"

enum { TRAIN_SOURCES_MAX = 16 };

typedef struct train_source {
    const char *channel; /* as fading_open takes it; a file by its name */
    double carrier_hz;   /* 0: the channel's own */
    double weight;       /* share of the samples, relative to the others' */
} train_source;

typedef struct train_feed_config {
    csi_dims dims;
    onnx_layout layout; /* of what train_feed_sample gives */
    csi_align align;
    int n_sources;
    train_source sources[TRAIN_SOURCES_MAX];
    size_t pool;      /* samples in one pool, up to 2^30; both together take 2 * pool * 4 KiB at
                         2 x 32 x 32, a file 4 KiB a sample, and its floats
                         while it is opened */
    unsigned reuse;   /* times each is used, at least 1 */
    unsigned threads; /* that draw, at least 1; of low priority, they leave training its cores */
    bool turn;        /* by a random phase */
    uint64_t seed;
} train_feed_config;

#endif
