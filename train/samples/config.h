/* config.h: where the samples of a training come from, and in what form they go to the network. */
#ifndef TRAIN_SAMPLES_CONFIG_H
#define TRAIN_SAMPLES_CONFIG_H

#include "codec/onnx/align.h"
#include "codec/onnx/pair.h"
#include "csi/dims.h"

enum { TRAIN_SOURCES_MAX = 16, TRAIN_SEQUENCE_MAX = 64 };

typedef struct train_source {
    const char *channel; /* as fading_open takes it; a file by its name */
    double carrier_hz;   /* 0: the channel's own */
    double weight;       /* share of the samples, relative to the others' */
    double speed_kmh;    /* of its UEs; seen where a sample is a sequence */
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
    unsigned reports; /* of a sample: a UE's channel at 0, 1, ... periods, turned by one phase; up
                         to TRAIN_SEQUENCE_MAX, 0 is taken as 1. A pool takes so many times the
                         memory, and a file has no sequences */
    double period_s;  /* between two of them, above 0 where there are more than one */
    uint64_t seed;
} train_feed_config;

#endif
