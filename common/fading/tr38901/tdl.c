/* 3GPP TR 38.901, clause 7.7.2: tapped delay lines TDL-A to -E: Rayleigh taps with Clarke's
 * spectrum (rayleigh.c); in D and E the first tap also has a specular wave with a Doppler shift of
 * 0.7 of the maximum. A tapped delay line has no angles. Its antennas fade independently of each
 * other, unless correlation= asks for the extension of clause 7.7.5.2, a correlation matrix, here
 * that of a base station's ULA in TS 36.101, annex B.2.3,
 *
 *     R[i][j] = alpha^(((i - j) / (Nt - 1))^2).
 *
 * The specular wave is the same at all antennas, as from broadside. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "fading/rayleigh.h"
#include "fading/tr38901/delay_line.h"

static const double LOS_SHIFT = 0.7; /* of the maximum Doppler shift */

/* The lower Cholesky factor of R, [nt][nt]; NULL when memory ran out. R is positive definite, but
 * its smallest eigenvalues are below double precision: a column without a remainder stays 0. */
static float *correlation_root(double alpha, uint32_t nt)
{
    static const double nothing = 1e-12;
    double *root = calloc((size_t)nt * nt, sizeof *root);
    float *rounded = malloc((size_t)nt * nt * sizeof *rounded);
    for (uint32_t i = 0; root && rounded && i < nt; i++) {
        for (uint32_t j = 0; j <= i; j++) {
            double apart = i == j ? 0 : (double)(i - j) / (nt - 1), sum = pow(alpha, apart * apart);
            const double *a = root + (size_t)i * nt, *b = root + (size_t)j * nt;
            for (uint32_t k = 0; k < j; k++)
                sum -= a[k] * b[k];
            if (i == j)
                root[(size_t)i * nt + i] = sum > nothing ? sqrt(sum) : 0;
            else if (b[j] > 0)
                root[(size_t)i * nt + j] = sum / b[j];
        }
    }
    for (size_t i = 0; root && rounded && i < (size_t)nt * nt; i++)
        rounded[i] = (float)root[i];
    if (!root) {
        free(rounded);
        rounded = NULL;
    }
    free(root);
    return rounded;
}

static int fill_line(rayleigh_line *line, const tr38901_link *l, const fading_config *c, err *e)
{
    double delay_s[TR38901_DELAY_LINE_ROWS], power[TR38901_DELAY_LINE_ROWS];
    int rc = tr38901_link_profile(l, c, delay_s, power, e), first = l->line->los ? 1 : 0;
    if (rc)
        return rc;
    *line = (rayleigh_line){.los_power = first ? power[0] : 0, .los_shift = LOS_SHIFT};
    for (int i = first; i < l->line->count; i++) {
        line->profile.delay[line->profile.paths] = delay_s[i] * c->bandwidth_hz;
        line->profile.power[line->profile.paths++] = power[i];
    }
    if (l->correlation == 0)
        return ERR_NONE;
    line->root = correlation_root(l->correlation, c->dims.nt);
    return line->root ? ERR_NONE : err_set(e, ERR_NOMEM, "out of memory for a channel");
}

static void *open_line(char letter, const char *arguments, const fading_config *c,
                       char *description, err *e)
{
    tr38901_link l;
    rayleigh_line line;
    if (tr38901_link_parse(&l, &tr38901_delay_lines[letter - 'a'], true, arguments, e) ||
        fill_line(&line, &l, c, e))
        return NULL;
    char options[FADING_DESCRIPTION_MAX / 2];
    tr38901_link_describe(&l, options, sizeof options);
    snprintf(description, FADING_DESCRIPTION_MAX,
             "tdl-%c: TR 38.901 at %g GHz, delay spread %g ns%s, %g km/h (%.3g Hz Doppler)", letter,
             c->carrier_hz / 1e9, l.delay_spread_ns, options, c->speed_kmh, rayleigh_doppler_hz(c));
    return rayleigh_create(&line, c, e);
}

#define LINE(letter)                                                                               \
    static void *open_##letter(const char *arguments, const fading_config *c,                      \
                               char description[FADING_DESCRIPTION_MAX], err *e)                   \
    {                                                                                              \
        return open_line(#letter[0], arguments, c, description, e);                                \
    }                                                                                              \
    const fading_model_ops fading_tdl_##letter = {.carrier_hz = 3.5e9,                             \
                                                  .open = open_##letter,                           \
                                                  .close = rayleigh_close,                         \
                                                  .ue_create = rayleigh_ue_create,                 \
                                                  .ue_free = rayleigh_ue_free,                     \
                                                  .frequency = rayleigh_frequency,                 \
                                                  .grid = rayleigh_grid,                           \
                                                  .angle_delay = rayleigh_angle_delay}

LINE(a);
LINE(b);
LINE(c);
LINE(d);
LINE(e);
