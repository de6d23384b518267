/* cost.h: the time of an encoder at the UE, and of a decoder at the base station. */
#ifndef CLI_EVAL_COST_H
#define CLI_EVAL_COST_H

#include "case.h"

/* Times every encoder on this thread, one after the other: the minimum of several means. */
int eval_time_encoders(eval_set *set, err *e);

/* The same for both ends of one codec, over `count` channels h[count][nt][ni] in turn; no report
 * builds on another. Microseconds for one sample; *decode_us is for a report that arrived without
 * noise. */
int eval_time_codec(const codec *encoder, const codec *decoder, const float complex *h,
                    size_t count, double *encode_us, double *decode_us, err *e);

#endif
