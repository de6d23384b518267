/* eval.h: the parts of `csilink eval`. */
#ifndef CLI_EVAL_H
#define CLI_EVAL_H

#include "base/error.h"
#include "chain/eval.h"

/* What was evaluated, for the record. */
typedef struct eval_subject {
    const codec_info *encoder, *decoder;
    const char *channel;
    double seconds; /* of wall clock */
} eval_subject;

void eval_print_table(const chain_eval_config *config, const eval_subject *subject,
                      const chain_eval_result *result);
void eval_print_json(const chain_eval_config *config, const eval_subject *subject,
                     const chain_eval_result *result);

#endif
