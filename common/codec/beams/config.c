#include "codec/beams/config.h"

#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "codec/options.h"
#include "csi/beam_grid.h"
#include "csi/dims.h"
#include "csi/subbands.h"

/* TS 38.214, table 5.2.2.2.5-1, for ranks 1 and 2; p_v and beta in quarters. */
static const struct {
    uint32_t beams, tap_quarters, coefficient_quarters;
} combinations[BEAMS_COMBINATIONS] = {{2, 1, 1}, {2, 1, 2}, {4, 1, 1}, {4, 1, 2},
                                      {4, 1, 3}, {4, 2, 2}, {6, 1, 2}, {6, 1, 3}};

static uint32_t quarters_of(uint32_t quarters, uint32_t n)
{
    return (quarters * n + 3) / 4;
}

/* 0 in a number: the option was not given. */
typedef struct given {
    beams_config c;
    uint32_t type, amplitudes; /* amplitudes 1: wideband, 2: subband */
} given;

static int take_option(void *user, const char *key, const char *value, err *e)
{
    given *g = user;
    beams_config *c = &g->c;
    const struct {
        const char *key;
        uint32_t least, most, *number;
    } numbers[] = {
        {"combination", 1, BEAMS_COMBINATIONS, &c->combination},
        {"beams", 1, BEAMS_MAX, &c->beams},
        {"taps", 1, BEAMS_TAPS_MAX, &c->taps},
        {"coefficients", 1, BEAMS_ROWS_MAX * BEAMS_TAPS_MAX, &c->coefficients},
        {"subbands", 1, CSI_SUBBANDS_MAX, &c->subbands},
        {"oversampling", 1, CSI_BEAM_OVERSAMPLING_MAX, &c->oversampling},
        {"polarisations", 1, 2, &c->polarisations},
        {"nt", 2, CSI_NT_MAX, &c->nt},
        {"ni", 1, CSI_SUBBANDS_NI_MAX, &c->ni},
    };
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        if (strcmp(key, numbers[i].key) != 0)
            continue;
        if (codec_whole_option(value, numbers[i].least, numbers[i].most, numbers[i].number))
            return ERR_NONE;
        return err_set(e, ERR_INVALID,
                       "%s=%.40s of codec beams; it must be a whole number from %u to %u", key,
                       value, numbers[i].least, numbers[i].most);
    }
    const struct {
        const char *key, *values[2];
        uint32_t *number, numbers[2];
    } choices[] = {
        {"type", {"r15", "r16"}, &g->type, {BEAMS_R15, BEAMS_R16}},
        {"psk", {"4", "8"}, &c->psk, {4, 8}},
        {"amplitudes", {"wideband", "subband"}, &g->amplitudes, {1, 2}},
    };
    for (size_t i = 0; i < sizeof choices / sizeof choices[0]; i++) {
        if (strcmp(key, choices[i].key) != 0)
            continue;
        for (int k = 0; k < 2; k++)
            if (strcmp(value, choices[i].values[k]) == 0) {
                *choices[i].number = choices[i].numbers[k];
                return ERR_NONE;
            }
        return err_set(e, ERR_INVALID, "%s=%.40s of codec beams; it must be %s or %s", key, value,
                       choices[i].values[0], choices[i].values[1]);
    }
    return err_set(e, ERR_INVALID, "unknown option %.20s of codec beams; it takes " BEAMS_USAGE,
                   key);
}

static int settle_r15(given *g, err *e)
{
    beams_config *c = &g->c;
    if (c->combination || c->taps || c->coefficients)
        return err_set(e, ERR_INVALID,
                       "codec beams: combination, taps and coefficients are options of type=r16; "
                       "type=r15 takes beams, psk and amplitudes");
    c->beams = c->beams ? c->beams : 4;
    c->psk = c->psk ? c->psk : 8;
    c->subband_amplitudes = g->amplitudes == 2;
    c->strongest = c->beams < 4 ? 4 : 6; /* 5.2.2.2.3: 4, 4, 6 for L = 2, 3, 4 */
    return ERR_NONE;
}

static int settle_r16(given *g, err *e)
{
    beams_config *c = &g->c;
    if (c->psk || g->amplitudes)
        return err_set(e, ERR_INVALID,
                       "codec beams: psk and amplitudes are options of type=r15; type=r16 takes "
                       "combination, beams, taps and coefficients");
    if (c->subbands > BEAMS_TAPS_MAX)
        return err_set(e, ERR_INVALID,
                       "subbands=%u of codec beams; type=r16 takes 1 to %d; more would need a "
                       "window of taps, which csilink does not have",
                       c->subbands, BEAMS_TAPS_MAX);
    c->combination = c->combination ? c->combination : 4;
    uint32_t row = c->combination - 1;
    c->beams = c->beams ? c->beams : combinations[row].beams;
    c->taps = c->taps ? c->taps : quarters_of(combinations[row].tap_quarters, c->subbands);
    if (c->taps > c->subbands)
        return err_set(e, ERR_INVALID,
                       "taps=%u of codec beams; %u subbands have at most as many "
                       "taps",
                       c->taps, c->subbands);
    uint32_t all = c->beams * c->polarisations * c->taps;
    if (!c->coefficients)
        c->coefficients = quarters_of(combinations[row].coefficient_quarters, all);
    if (c->coefficients > all)
        return err_set(e, ERR_INVALID, "coefficients=%u of codec beams; there are %u",
                       c->coefficients, all);
    return ERR_NONE;
}

int beams_config_read(const char *arguments, beams_config *c, err *e)
{
    given g = {.type = BEAMS_R16,
               .c = {.nt = 32, .ni = 32, .polarisations = 1, .oversampling = 4, .subbands = 13}};
    int rc = codec_options("beams", arguments, take_option, &g, e);
    g.c.type = (beams_type)g.type;
    if (rc == ERR_NONE)
        rc = g.c.type == BEAMS_R15 ? settle_r15(&g, e) : settle_r16(&g, e);
    if (rc != ERR_NONE)
        return rc;
    *c = g.c;
    c->n1 = c->nt / c->polarisations;
    c->rows = c->beams * c->polarisations;
    if (c->nt % c->polarisations)
        return err_set(e, ERR_INVALID,
                       "nt=%u of codec beams; two polarisations need an even number", c->nt);
    if (c->beams > c->n1)
        return err_set(e, ERR_INVALID,
                       "beams=%u of codec beams; %u antennas have %u orthogonal ones", c->beams,
                       c->n1, c->n1);
    return ERR_NONE;
}

void beams_config_name(const beams_config *c, char name[CODEC_NAME_MAX])
{
    const char *dual = c->polarisations == 2 ? "-dual" : "";
    if (c->type == BEAMS_R15)
        snprintf(name, CODEC_NAME_MAX, "beams-r15-l%u-psk%u%s%s", c->beams, c->psk,
                 c->subband_amplitudes ? "-sba" : "", dual);
    else
        snprintf(name, CODEC_NAME_MAX, "beams-r16-l%u-m%u-k%u%s", c->beams, c->taps,
                 c->coefficients, dual);
}

uint64_t beams_config_identity(const beams_config *c)
{
    char text[192];
    snprintf(text, sizeof text,
             "beams,type=%d,nt=%u,polarisations=%u,oversampling=%u,subbands=%u,beams=%u,psk=%u,"
             "amplitudes=%d,taps=%u,coefficients=%u",
             (int)c->type, c->nt, c->polarisations, c->oversampling, c->subbands, c->beams, c->psk,
             c->subband_amplitudes, c->taps, c->coefficients);
    return hash_text(HASH_START, text);
}
