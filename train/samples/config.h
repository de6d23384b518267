/* config.h: the sources of training samples, and the form in which the network gets them. */
#ifndef TRAIN_SAMPLES_CONFIG_H
#define TRAIN_SAMPLES_CONFIG_H

#include "codec/onnx/align.h"
#include "codec/onnx/pair.h"
#include "csi/dims.h"

enum { TRAIN_SOURCES_MAX = 16, TRAIN_SEQUENCE_MAX = 64 };

typedef struct train_source {
    const char *channel; /* a name for fading_open, or a file */
    double carrier_hz;   /* 0: the channel's own */
    double weight;       /* share of the samples, relative to the others' */
    double speed_kmh;    /* of its UEs; matters only for sequences */
} train_source;

typedef struct train_feed_config {
    csi_dims dims;
    onnx_layout layout; /* of the images from train_feed_sample */
    csi_align align;
    int n_sources;
    train_source sources[TRAIN_SOURCES_MAX];
    size_t pool;      /* samples in one pool, up to 2^30. At 2 x 32 x 32 the two pools take 2 *
                         pool * 4 KiB. A file takes 4 KiB per sample, and its floats as well
                         while it is opened */
    unsigned reuse;   /* how often each sample is used, at least once */
    unsigned threads; /* that draw samples, at least 1; at low priority, so that training keeps
                         its cores */
    bool rotate;      /* multiply each sample by a random phase */
    unsigned reports; /* of a sample: a UE's channel at 0, 1, ... periods, all rotated by one
                         phase; up to TRAIN_SEQUENCE_MAX, and 0 means 1. A pool's memory grows by
                         this factor. Files have no sequences */
    double period_s;  /* between two reports; above 0 for sequences */
    uint64_t seed;
} train_feed_config;

#endif
