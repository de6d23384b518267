/* cost.h: what an encoder costs the UE, and a decoder the base station. */
#ifndef CLI_EVAL_COST_H
#define CLI_EVAL_COST_H

#include "case.h"

/* Times every encoder, one after the other, this thread alone: the least of several means. */
int eval_time_encoders(eval_set *set, err *e);

/* The same for both ends of one codec, over `count` channels h[count][nt][ni] in turn, each report
 * by itself. Microseconds of one sample; *decode_us is of a report that arrived without noise. */
int eval_time_codec(const codec *encoder, const codec *decoder, const float complex *h,
                    size_t count, double *encode_us, double *decode_us, err *e);

#endif
