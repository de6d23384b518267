/* quantize.h: the parts of `csilink quantize`: the request, the work, how the result is printed. */
#ifndef CLI_QUANTIZE_QUANTIZE_H
#define CLI_QUANTIZE_QUANTIZE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "chain/eval.h"
#include "nn/quant.h"

enum { QUANTIZE_LIST_MAX = 64 };

typedef struct quantize_options {
    const char *encoder, *decoder, *part, *scheme, *rule, *calibrate, *test, *skip, *wide, *snr,
        *layout;
    const char *out;
    uint64_t samples, seed;
    bool json;
} quantize_options;

/* The result; the quantizer's layers are in `layers`. */
typedef struct quantize_result {
    const quantizer *layers;
    size_t samples;                   /* calibrated on, and compared over */
    size_t bytes_before, bytes_after; /* of all initializers */
    bool evaluated;                   /* both ends were given */
    chain_eval_config config;         /* of the two evaluations */
    chain_eval_result before, after;
} quantize_result;

/* Quantizes, writes the file and, if both ends are given, evaluates the pair before and after.
 * Calls `report` with the result while it is valid. */
int quantize_run(const quantize_options *options, const chain_eval_config *snrs,
                 void (*report)(const quantize_options *options, const quantize_result *result),
                 err *e);

void quantize_print(const quantize_options *options, const quantize_result *result);
void quantize_print_json(const quantize_options *options, const quantize_result *result);

#endif
