/* Lists are processed in chunks, so that the data of a chunk stay in the cache, whatever the
 * length.
 *
 * Angle-delay. Since sin(pi (r - tau)) = -(-1)^r sin(pi tau), the kernels of paths.h are
 *
 *     D_r(tau) = -sin(pi tau) exp(-j pi tau (Nc-1)/Nc) exp(-j pi r / Nc) / (sqrt(Nc) s_r),
 *     s_r = sin(pi (r - tau) / Nc)
 *
 * and E_m likewise: each phase depends only on the path, or only on the entry. So H is a product of
 * real kernels with complex coefficients, which halves the work, and the phases of the entries are
 * applied at the end.
 *
 * Frequency. Around the middle subcarrier c, with the taps' phases taken there,
 *
 *     H[c +- i][k] = sum_l cos(i theta_l) w_l[k]  -+  j sum_l sin(i theta_l) w_l[k]:
 *
 * two rows for one pass, and likewise on any even grid of subcarriers. The phasor of i is the
 * product of an exact phasor, one for every STEPS, and of one of STEPS steps, so errors do not
 * accumulate. */
#include "fading/paths.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "fading/paths_simd.h"

enum { CHUNK = 128, STEPS = 16 };

/* Paths nearer than this to a tap or an angle bin are moved this far away: the kernel is the same
 * to the last digit, and nothing is divided by zero. */
static const double NEAR = 1e-12;

typedef struct inner_loops {
    paths_phasors_fn *phasors;
    paths_steer_fn *steer;
    paths_multiply_fn *multiply;
    paths_sum_fn *sum;
    paths_dirichlet_fn *dirichlet;
    paths_outer_fn *outer;
} inner_loops;

struct fading_synthesis {
    csi_dims dims;
    double bandwidth_hz;
    size_t chunk, nt, ni; /* padded */
    inner_loops f;
    float high[CHUNK], low[CHUNK]; /* phase step in cycles from one subcarrier to the next */
    float re[CHUNK], im[CHUNK];
    float rotated_re[CHUNK], rotated_im[CHUNK];
    float step_re[STEPS][CHUNK], step_im[STEPS][CHUNK];
    float *memory;            /* holds all arrays below */
    float *rows_re, *rows_im; /* [chunk][nt] */
    float *kernels;           /* [chunk][ni] */
    float *sum;               /* [4][nt] */
    float *ad_re, *ad_im;     /* [nt][ni] */
    float *phase_nt;          /* [nt][2]: exp(-j pi m / Nt) / sqrt(Nt) */
    float *phase_ni;          /* [ni][2]: exp(-j pi r / Nc) / sqrt(Nc) */
};

/* --- memory ------------------------------------------------------------------------------------
 */

static size_t pad(size_t n)
{
    return (n + PATHS_PAD - 1) / PATHS_PAD * PATHS_PAD;
}

static float *take(float **from, size_t count)
{
    float *at = *from;
    *from += count;
    return at;
}

static bool allocate(fading_synthesis *s)
{
    size_t c = s->chunk, nt = s->nt, ni = s->ni;
    size_t count = 2 * c * nt + c * ni + 4 * nt + 2 * nt * ni + 2 * nt + 2 * ni;
    float *at = aligned_alloc(64, (count * sizeof(float) + 63) / 64 * 64);
    s->memory = at;
    if (!at)
        return false;
    memset(at, 0, count * sizeof *at);
    s->rows_re = take(&at, c * nt);
    s->rows_im = take(&at, c * nt);
    s->kernels = take(&at, c * ni);
    s->sum = take(&at, 4 * nt);
    s->ad_re = take(&at, nt * ni);
    s->ad_im = take(&at, nt * ni);
    s->phase_nt = take(&at, 2 * nt);
    s->phase_ni = take(&at, 2 * ni);
    return true;
}

static void fill_phases(float *phase, size_t count, double first, double n)
{
    for (size_t i = 0; i < count; i++) {
        double angle = M_PI * (first + (double)i) / n;
        phase[2 * i] = (float)(cos(angle) / sqrt(n));
        phase[2 * i + 1] = (float)(-sin(angle) / sqrt(n));
    }
}

static inner_loops choose(void)
{
    static paths_phasors_fn *const phasors[CPU_LEVELS] = SIMD_TABLE(paths_phasors);
    static paths_steer_fn *const steer[CPU_LEVELS] = SIMD_TABLE(paths_steer);
    static paths_multiply_fn *const multiply[CPU_LEVELS] = SIMD_TABLE(paths_multiply);
    static paths_sum_fn *const sum[CPU_LEVELS] = SIMD_TABLE(paths_sum);
    static paths_dirichlet_fn *const dirichlet[CPU_LEVELS] = SIMD_TABLE(paths_dirichlet);
    static paths_outer_fn *const outer[CPU_LEVELS] = SIMD_TABLE(paths_outer);
    int level = (int)cpu_level();
    return (inner_loops){phasors[level], steer[level],     multiply[level],
                         sum[level],     dirichlet[level], outer[level]};
}

fading_synthesis *fading_synthesis_create(const csi_dims *dims, double bandwidth_hz, size_t most,
                                          err *e)
{
    if (csi_dims_check(dims, e))
        return NULL;
    fading_synthesis *s = calloc(1, sizeof *s);
    if (s) {
        s->dims = *dims;
        s->bandwidth_hz = bandwidth_hz;
        s->chunk = most < CHUNK ? pad(most + !most) : CHUNK;
        s->nt = pad(dims->nt);
        s->ni = pad(dims->ni);
        s->f = choose();
    }
    if (!s || !allocate(s)) {
        err_set(e, ERR_NOMEM, "out of memory for a channel of %zu paths", most);
        free(s);
        return NULL;
    }
    fill_phases(s->phase_nt, dims->nt, -(double)(dims->nt / 2), dims->nt);
    fill_phases(s->phase_ni, dims->ni, 0, dims->nc);
    return s;
}

void fading_synthesis_free(fading_synthesis *s)
{
    if (!s)
        return;
    free(s->memory);
    free(s);
}

/* --- angle-delay -------------------------------------------------------------------------------
 */

/* A position along an axis of n bins, modulo n. */
typedef struct axis_position {
    double at; /* within [-n/2, n/2] */
    double nearest;
    float fraction;
} axis_position;

static axis_position find_position(double at, double n)
{
    axis_position p = {.at = at - n * floor(at / n + 0.5)};
    p.nearest = floor(p.at + 0.5);
    double fraction = p.at - p.nearest;
    p.fraction = (float)(fabs(fraction) < NEAR ? NEAR : fraction);
    return p;
}

/* Reduces modulo 1 to [-1/2, 1/2], and splits into the two parts that paths_simd.h needs. */
static void split_cycles(double cycles, float *high, float *low)
{
    cycles -= floor(cycles + 0.5);
    double coarse = floor(cycles * 2048 + 0.5) / 2048;
    *high = (float)coarse;
    *low = (float)(cycles - coarse);
}

static void fill_kernels(fading_synthesis *s, const fading_path *paths, size_t count)
{
    double nt = s->dims.nt, nc = s->dims.nc, lowest = -(double)(s->dims.nt / 2);
    for (size_t l = 0; l < count; l++) {
        axis_position delay = find_position(paths[l].delay_s * s->bandwidth_hz, nc);
        axis_position angle = find_position(nt / 2 * paths[l].sine, nt);
        s->f.dirichlet((float)delay.nearest, delay.fraction, 0, (float)nc, s->ni,
                       s->kernels + l * s->ni);
        s->f.dirichlet((float)angle.nearest, angle.fraction, (float)lowest, (float)nt, s->nt,
                       s->rows_re + l * s->nt);
        split_cycles(
            (delay.at * (nc - 1) / nc + angle.at * (nt - 1) / nt - delay.nearest - angle.nearest) /
                2,
            &s->high[l], &s->low[l]);
    }
}

/* rows = gain, rotated by the path's phases, times the kernel in rows_re. */
static void scale_rows(fading_synthesis *s, const fading_path *paths, size_t count)
{
    s->f.phasors(s->high, s->low, pad(count), 1, s->re, s->im);
    for (size_t l = 0; l < count; l++) {
        float a = crealf(paths[l].gain), b = cimagf(paths[l].gain);
        float re = a * s->re[l] - b * s->im[l], im = a * s->im[l] + b * s->re[l];
        float *row_re = s->rows_re + l * s->nt, *row_im = s->rows_im + l * s->nt;
        for (size_t k = 0; k < s->nt; k++) {
            row_im[k] = im * row_re[k];
            row_re[k] = re * row_re[k];
        }
    }
}

static void apply_phases(const fading_synthesis *s, float complex *h_ad)
{
    float *out = (float *)h_ad;
    for (size_t m = 0; m < s->dims.nt; m++) {
        const float *re = s->ad_re + m * s->ni, *im = s->ad_im + m * s->ni;
        float a = s->phase_nt[2 * m], b = s->phase_nt[2 * m + 1];
        for (size_t r = 0; r < s->dims.ni; r++, out += 2) {
            float c = s->phase_ni[2 * r], d = s->phase_ni[2 * r + 1];
            float p = a * c - b * d, q = a * d + b * c;
            out[0] = p * re[r] - q * im[r];
            out[1] = p * im[r] + q * re[r];
        }
    }
}

void fading_synthesis_angle_delay(fading_synthesis *s, const fading_path *paths, size_t count,
                                  float complex *h_ad)
{
    memset(s->ad_re, 0, s->nt * s->ni * sizeof *s->ad_re);
    memset(s->ad_im, 0, s->nt * s->ni * sizeof *s->ad_im);
    for (size_t at = 0; at < count; at += s->chunk) {
        size_t now = count - at < s->chunk ? count - at : s->chunk;
        fill_kernels(s, paths + at, now);
        scale_rows(s, paths + at, now);
        s->f.outer(s->rows_re, s->rows_im, s->kernels, now, s->nt, s->ni, s->ad_re, s->ad_im);
    }
    apply_phases(s, h_ad);
}

/* --- frequency ---------------------------------------------------------------------------------
 */

/* Sums the next paths of equal delay into rows[at], each antenna's gain on subcarrier 0; returns
 * their number. */
static size_t gather_delay(fading_synthesis *s, const fading_path *paths, size_t count, size_t at)
{
    float *re = s->rows_re + at * s->nt, *im = s->rows_im + at * s->nt;
    memset(re, 0, s->nt * sizeof *re);
    memset(im, 0, s->nt * sizeof *im);
    size_t l = 0;
    do {
        float high, low, gain[2] = {crealf(paths[l].gain), cimagf(paths[l].gain)};
        split_cycles(paths[l].sine / 2, &high, &low);
        s->f.steer(high, low, gain, s->nt, re, im);
    } while (++l < count && paths[l].delay_s == paths[0].delay_s);
    split_cycles(paths[0].delay_s * s->bandwidth_hz / s->dims.nc, &s->high[at], &s->low[at]);
    return l;
}

/* Rotates the rows from subcarrier 0 to `middle`. */
static void rotate_rows(fading_synthesis *s, size_t taps, uint32_t middle)
{
    s->f.phasors(s->high, s->low, pad(taps), (float)middle, s->re, s->im);
    for (size_t l = 0; l < taps; l++) {
        float *re = s->rows_re + l * s->nt, *im = s->rows_im + l * s->nt;
        for (size_t k = 0; k < s->nt; k++) {
            float a = re[k], b = im[k];
            re[k] = a * s->re[l] - b * s->im[l];
            im[k] = a * s->im[l] + b * s->re[l];
        }
    }
}

/* h = (or +=) cosine sums + sign j sine sums. */
static void put_row(const fading_synthesis *s, float sign, bool add, float complex *h)
{
    const float *c_re = s->sum, *c_im = c_re + s->nt, *s_re = c_im + s->nt, *s_im = s_re + s->nt;
    float *out = (float *)h;
    for (size_t k = 0; k < s->dims.nt; k++) {
        float re = c_re[k] - sign * s_im[k], im = c_im[k] + sign * s_re[k];
        out[2 * k] = add ? out[2 * k] + re : re;
        out[2 * k + 1] = add ? out[2 * k + 1] + im : im;
    }
}

/* Rows m - i and m + i of an even grid are equally far from row m, for which rows_re, rows_im hold
 * the taps.
 */
static void put_even_grid(fading_synthesis *s, const csi_grid *g, size_t taps, bool add,
                          float complex *h)
{
    uint32_t nt = s->dims.nt, middle = g->count / 2, above = g->count - middle;
    uint32_t apart = g->nc / g->count;
    for (uint32_t i = 0; i < STEPS; i++)
        s->f.phasors(s->high, s->low, pad(taps), (float)(i * apart), s->step_re[i], s->step_im[i]);
    for (uint32_t i = 0; i <= middle; i++) {
        if (i % STEPS == 0)
            s->f.phasors(s->high, s->low, pad(taps), (float)(i * apart), s->re, s->im);
        s->f.multiply(s->re, s->im, s->step_re[i % STEPS], s->step_im[i % STEPS], pad(taps),
                      s->rotated_re, s->rotated_im);
        memset(s->sum, 0, 4 * s->nt * sizeof *s->sum);
        s->f.sum(s->rotated_re, s->rotated_im, s->rows_re, s->rows_im, taps, s->nt, s->sum);
        if (i < above)
            put_row(s, 1, add, h + (size_t)(middle + i) * nt);
        if (i > 0)
            put_row(s, -1, add, h + (size_t)(middle - i) * nt);
    }
}

/* Without that symmetry, row by row. */
static void put_uneven_grid(fading_synthesis *s, const csi_grid *g, size_t taps, bool add,
                            float complex *h)
{
    float middle = (float)csi_grid_subcarrier(g, g->count / 2);
    for (uint32_t i = 0; i < g->count; i++) {
        s->f.phasors(s->high, s->low, pad(taps), (float)csi_grid_subcarrier(g, i) - middle, s->re,
                     s->im);
        memset(s->sum, 0, 4 * s->nt * sizeof *s->sum);
        s->f.sum(s->re, s->im, s->rows_re, s->rows_im, taps, s->nt, s->sum);
        put_row(s, 1, add, h + (size_t)i * s->dims.nt);
    }
}

void fading_synthesis_grid(fading_synthesis *s, const fading_path *paths, size_t count,
                           const csi_grid *grid, float complex *h_grid)
{
    size_t at = 0;
    if (count == 0)
        memset(h_grid, 0, (size_t)grid->count * s->dims.nt * sizeof *h_grid);
    while (at < count) {
        bool first = at == 0;
        size_t taps = 0;
        for (; taps < s->chunk && at < count; taps++)
            at += gather_delay(s, paths + at, count - at, taps);
        rotate_rows(s, taps, csi_grid_subcarrier(grid, grid->count / 2));
        if (grid->even)
            put_even_grid(s, grid, taps, !first, h_grid);
        else
            put_uneven_grid(s, grid, taps, !first, h_grid);
    }
}

void fading_synthesis_frequency(fading_synthesis *s, const fading_path *paths, size_t count,
                                float complex *h_freq)
{
    csi_grid every = {s->dims.nc, s->dims.nc, true};
    fading_synthesis_grid(s, paths, count, &every, h_freq);
}
