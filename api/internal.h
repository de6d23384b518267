/* internal.h: what the files of the public library share: errors, checks of arguments, layouts.
 *
 * Each function of csilink.h checks its arguments with these, calls common/, and returns through
 * api_return(), which keeps the message of a failure for the calling thread (api/error.c). */
#ifndef API_INTERNAL_H
#define API_INTERNAL_H

#include <complex.h>
#include <stddef.h>
#include <stdint.h>

#include <csilink.h>

#include "base/error.h"
#include "codec/codec.h"
#include "csi/dims.h"
#include "fading/config.h"
#include "payload/payload.h"

/* Keeps the message of a failure for csl_error(); returns e->code. */
int api_return(const err *e);

/* Called before and after a function of the caller. The second returns its failure as an error of
 * csilink: ERR_NONE for 0, else the code with the message that csl_fail kept. `who` names it. */
void api_begin_call(void);
int api_end_call(int code, const char *who, err *e);

/* ERR_INVALID, "NAME is NULL", for a NULL pointer. */
int api_need(const void *pointer, const char *name, err *e);

/* ERR_INVALID with sample and entry where one of h[n][entries] is not finite. */
int api_need_finite(const float complex *h, uint32_t n, size_t entries, const char *name, err *e);

/* csl_dims with `tp` pilots (0: the programs' default) into csi_dims. ERR_INVALID out of range. */
int api_dims(const csl_dims *from, uint32_t tp, csi_dims *to, err *e);

/* Reads "speed=3" and the other keys of csilink.h from a channel's spec into the configuration, and
 * puts the rest, the name for fading_open, into `channel`. ERR_INVALID names the key. */
enum { API_SPEC_MAX = 512 };
int api_channel_spec(const char *spec, char channel[API_SPEC_MAX], fading_config *c, err *e);

/* out[columns][rows] = in[rows][columns], in blocks that fit a cache. They must not overlap. */
void api_transpose(const float complex *in, size_t rows, size_t columns, float complex *out);

/* A payload of csilink.h as one of common/, sharing its memory; and back, with what an end set in
 * it. */
payload api_payload_of(const csl_payload *from);
void api_payload_to(const payload *from, csl_payload *to);

/* ERR_INVALID where a payload lacks the memory that a shape asks for. */
int api_check_room(const csl_payload *p, uint32_t index, const payload_shape *shape, err *e);

/* Checks a payload from the caller: ERR_FORMAT where counts exceed the shape, a bit is set beyond
 * the last, or a value is not finite. */
int api_check_payload(const csl_payload *p, uint32_t index, const payload_shape *shape, err *e);

/* The shape of a codec's payloads. */
const payload_shape *api_codec_shape(const csl_codec *codec);

#endif
