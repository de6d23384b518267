/* file.h: the contents of an architecture's YAML file as structs. Internal to train.
 *
 * Sizes are expressions: sums of products and exact quotients of integers and names (parameters of
 * the file, and rows, columns, cr), such as "2*rows/cr" or "C". Pointers are NULL for keys that are
 * absent. */
#ifndef TRAIN_ARCHITECTURE_FILE_H
#define TRAIN_ARCHITECTURE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum { ARCH_CRS = 5, ARCH_LIST_MAX = 256 /* entries of a list */ };
extern const uint32_t arch_crs[ARCH_CRS]; /* 4, 8, 16, 32, 64 */

typedef struct arch_layer arch_layer;

typedef struct arch_layers {
    arch_layer *layers;
    unsigned layers_count;
} arch_layers;

/* Convolution with "same" zero padding; out = channels. */
typedef struct arch_conv {
    char *out;
    unsigned *kernel; /* [2] rows, columns; odd */
    char *group;
    unsigned dilation;
    bool *bias, *bn;
    double *gain, *slope, *shift; /* shift: initial bias */
    char *act, *init;
} arch_conv;

/* Several convolutions in a row, with an activation after the first `acts` of them. */
typedef struct arch_chain {
    char **out;
    unsigned out_count;
    unsigned *kernel;
    unsigned *acts;
    double *slope;
    char *act, *init;
} arch_chain;

/* Fully connected: over all values, or along one axis. */
typedef struct arch_linear {
    char *out;
    unsigned axis; /* 0: flattened */
    bool *bias;
    bool *binary; /* the matrix as one number times its signs (binary.c) */
    double *gain, *slope;
    char *act, *init;
} arch_linear;

/* A linear map of the channels, with its own matrix for every column. */
typedef struct arch_columns {
    char *out;
    bool *bias;
    double *gain;
    char *init;
} arch_columns;

typedef struct arch_slice {
    unsigned axis;
    char *from, *to; /* to: one past the last */
} arch_slice;

typedef struct arch_split {
    unsigned axis;
    char **as;
    unsigned as_count;
} arch_split;

typedef struct arch_modulate {
    char *hidden;
    bool *each; /* a scale and a shift for every value, not for every channel */
} arch_modulate;

/* Takes `count` of the [channels, 1, columns] values, at fixed positions, in the codeword's shape.
 */
typedef struct arch_select {
    char *count;
} arch_select;

/* Puts the codeword's values back at those positions of [out, 1, columns], with zeros elsewhere. */
typedef struct arch_spread {
    char *out;
} arch_spread;

/* A learned number for each value of a sample. */
typedef struct arch_table {
    double *start; /* initial value */
    bool *one;     /* one number for the whole sample instead */
} arch_table;

/* A product with a named matrix. All layers with the same name, in encoder and decoder, share one
 * matrix. */
typedef struct arch_tied {
    char *weight, *out;
    bool *transposed;
} arch_tied;

/* A convolution that divides rows and columns by the stride, or one that multiplies them by it. */
typedef struct arch_resize {
    char *out;
    unsigned *kernel; /* [2], each at least the stride */
    unsigned stride;
    bool *bias, *bn;
    double *slope;
    char *act, *init;
} arch_resize;

/* Multi-head attention of [tokens, features]. */
typedef struct arch_attention {
    unsigned heads;
    char *memory; /* source of keys and values; NULL: the same tokens */
    bool *bias;
} arch_attention;

/* Generalised divisive normalisation. */
typedef struct arch_gdn {
    bool *inverse;
} arch_gdn;

/* A value kept from the previous report; `remember` sets its next value. */
typedef struct arch_memory {
    char *name;
    char **shape;
    unsigned shape_count;
} arch_memory;

/* A recurrent cell of [values], with its state in its own memories. */
typedef struct arch_cell {
    char *units;
} arch_cell;

/* A recurrent cell of [channels, rows, columns]; the default kernel is 3 x 3. */
typedef struct arch_conv_cell {
    char *out;
    unsigned *kernel;
} arch_conv_cell;

/* Batch norm over a chosen axis. */
typedef struct arch_batchnorm {
    unsigned *axis; /* 1: channels */
    double *eps, *gain;
} arch_batchnorm;

/* The maximum or the mean along axes, which keep size 1. */
typedef struct arch_reduce {
    char *by;
    unsigned *axes;
    unsigned axes_count;
} arch_reduce;

/* A product with a random matrix that is never trained. */
typedef struct arch_project {
    char *out;
} arch_project;

typedef struct arch_repeat {
    char *times;
    bool *shared; /* one set of weights for all times */
    arch_layer *layers;
    unsigned layers_count;
} arch_repeat;

typedef struct arch_path {
    char *name;
    arch_layer *layers;
    unsigned layers_count;
} arch_path;

typedef struct arch_branches {
    char *merge; /* concat, add, sub, mul */
    arch_path *paths;
    unsigned paths_count;
} arch_branches;

typedef struct arch_use {
    char *block;
    bool *shared; /* takes the weights of the block's first shared use */
    bool *tied;   /* shares weights with the other side's tied use of the block */
} arch_use;

/* One layer: exactly one operation, its names, and the CRs that it applies to. */
struct arch_layer {
    char *as, *from;
    unsigned *cr;
    unsigned cr_count;
    arch_conv *conv;
    arch_chain *chain;
    arch_linear *linear;
    arch_columns *columns;
    char *act;
    double *slope; /* of act */
    char **add, **sub, **mul, **concat, **matmul, **reshape;
    unsigned add_count, sub_count, mul_count, concat_count, matmul_count, reshape_count;
    unsigned *transpose;
    unsigned transpose_count;
    arch_slice *slice;
    arch_split *split;
    arch_modulate *modulate;
    arch_select *select;
    arch_spread *spread;
    arch_table *position, *weigh;  /* added; multiplied */
    unsigned *layernorm, *softmax; /* the axis */
    arch_batchnorm *batchnorm;
    arch_reduce *reduce;
    arch_project *project;
    char *shuffle;      /* groups of channels */
    unsigned *upsample; /* by this factor */
    arch_layers *gate;
    double *offset, *scale;
    arch_repeat *repeat;
    arch_layers *residual;
    arch_branches *branches;
    arch_use *use;
    arch_tied *tied;
    arch_resize *down, *up;
    arch_attention *attention;
    arch_gdn *gdn;
    char *soft;   /* the value with the thresholds */
    char *top;    /* how many values of each row it keeps */
    char **zeros; /* their shape */
    unsigned zeros_count;
    arch_memory *memory;
    char *remember; /* the memory's name */
    arch_cell *lstm, *gru;
    arch_conv_cell *convlstm;
};

/* A named size: one value, or one for each CR. */
typedef struct arch_parameter {
    char *name;
    char *value; /* an expression of earlier parameters */
    struct {
        unsigned at[ARCH_CRS]; /* 0: not for this CR */
    } * cr;
} arch_parameter;

typedef struct arch_defaults {
    bool *bn, *bias; /* of convolutions */
    double *slope, *eps;
    char *init;
    unsigned *kernel;
} arch_defaults;

typedef struct arch_file {
    char *family, *about;
    arch_parameter *parameters;
    unsigned parameters_count;
    char **codeword; /* its shape */
    unsigned codeword_count;
    double *codeword_rms; /* RMS of the codeword after init klt */
    arch_defaults *defaults;
    arch_path *blocks;
    unsigned blocks_count;
    arch_layer *encoder, *decoder;
    unsigned encoder_count, decoder_count;
} arch_file;

/* Reads `size` bytes of YAML. Checks keys and types; the caller checks names and sizes. NULL on
 * failure, with line and key in the message but not the file. */
arch_file *arch_file_parse(const char *text, size_t size, err *e);
void arch_file_free(arch_file *file);

#endif
