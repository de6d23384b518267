/* config.h: the parameters of a `beams` codec, from its options. Private to beams. */
#ifndef CODEC_BEAMS_CONFIG_H
#define CODEC_BEAMS_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "codec/codec.h"

enum {
    BEAMS_MAX = 8, /* L */
    BEAMS_ROWS_MAX = 2 * BEAMS_MAX,
    BEAMS_TAPS_MAX = 19, /* N3 of r16, and thus the limit of Mv */
    BEAMS_COMBINATIONS = 8,
};

typedef enum beams_type { BEAMS_R15, BEAMS_R16 } beams_type;

typedef struct beams_config {
    beams_type type;
    uint32_t nt, ni;
    uint32_t polarisations; /* 1 or 2 */
    uint32_t n1;            /* antennas of one polarisation */
    uint32_t oversampling;  /* O1 */
    uint32_t subbands;      /* N3 */
    uint32_t beams;         /* L, at most n1 */
    uint32_t rows;          /* of coefficients: L of each polarisation */
    /* r15 */
    uint32_t psk;            /* 4 or 8 */
    bool subband_amplitudes; /* 1 bit each for the strongest coefficients */
    uint32_t strongest;      /* K(2): their number, with the strongest of all */
    /* r16 */
    uint32_t combination;  /* 1 .. 8; determines beams, taps and coefficients */
    uint32_t taps;         /* Mv */
    uint32_t coefficients; /* K0 */
} beams_config;

/* For a message about options; docs/codecs.md lists their ranges. */
#define BEAMS_USAGE                                                                                \
    "beams[:type=r15|r16][,combination=N][,beams=N][,taps=N][,coefficients=N][,psk=4|8]"           \
    "[,amplitudes=wideband|subband][,subbands=N][,oversampling=N][,polarisations=1|2][,nt=N,ni=N]"

/* From the arguments of a codec. ERR_INVALID names an option that is unknown, out of range, of the
 * other type, or too large for the array. */
int beams_config_read(const char *arguments, beams_config *c, err *e);

/* The name in records and tables, "beams-r16-pc4"; and the identity, a hash of everything that both
 * ends must share. */
void beams_config_name(const beams_config *c, char name[CODEC_NAME_MAX]);
uint64_t beams_config_identity(const beams_config *c);

#endif
