#include "csi/subbands.h"

#include <cblas.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "csi/plan.h"

enum {
    POINTS_MIN = 4,
    /* G^256: if the second eigenvalue is 0.99 of the first, its remainder costs 6e-5 of the gain;
     * if it is closer still, both vectors are equally good. */
    SQUARINGS = 8,
};

struct csi_subbands {
    uint32_t nt, ni, subbands, points;
    uint32_t nc;           /* that `phases` is for; 0: none yet */
    float complex *taps;   /* [nt][ni] conj of the angle-delay matrix, scaled, angle 0 first */
    float complex *phases; /* [subbands points][ni] exp(j 2 pi n r / nc) */
    float complex *filters;
    float complex *gram, *square; /* [points][points] */
    fftwf_plan antennas;          /* of `filters`, in place */
};

uint32_t csi_subbands_points(uint32_t ni, uint32_t subbands)
{
    uint32_t spread = (3 * ni + 2 * subbands - 1) / (2 * subbands);
    return spread > POINTS_MIN ? spread : POINTS_MIN;
}

csi_subbands *csi_subbands_create(uint32_t nt, uint32_t ni, uint32_t subbands, err *e)
{
    csi_subbands *b = calloc(1, sizeof *b);
    if (b) {
        b->nt = nt;
        b->ni = ni;
        b->subbands = subbands;
        b->points = csi_subbands_points(ni, subbands);
        size_t all = (size_t)subbands * b->points, square = (size_t)b->points * b->points;
        b->taps = calloc((size_t)nt * ni, sizeof *b->taps);
        b->phases = calloc(all * ni, sizeof *b->phases);
        b->filters = calloc(all * nt, sizeof *b->filters);
        b->gram = calloc(square, sizeof *b->gram);
        b->square = calloc(square, sizeof *b->square);
        if (b->filters)
            b->antennas =
                csi_plan_create((csi_plan_loop){.n = (int)nt, .is = 1, .os = 1}, 1,
                                &(csi_plan_loop){.n = (int)all, .is = (int)nt, .os = (int)nt},
                                b->filters, b->filters, FFTW_BACKWARD);
    }
    if (!b || !b->taps || !b->phases || !b->gram || !b->square || !b->antennas) {
        err_set(e, ERR_NOMEM, "out of memory for %u subbands", subbands);
        csi_subbands_free(b);
        return NULL;
    }
    return b;
}

void csi_subbands_free(csi_subbands *b)
{
    if (!b)
        return;
    csi_plan_free(b->antennas);
    free(b->taps);
    free(b->phases);
    free(b->filters);
    free(b->gram);
    free(b->square);
    free(b);
}

int64_t csi_subbands_filters_macs(uint32_t nt, uint32_t ni, uint32_t subbands)
{
    int64_t all = (int64_t)subbands * csi_subbands_points(ni, subbands);
    return all * (4 * (int64_t)nt * ni + csi_plan_macs(nt));
}

int64_t csi_subbands_eigenvectors_macs(uint32_t nt, uint32_t ni, uint32_t subbands)
{
    int64_t points = csi_subbands_points(ni, subbands);
    int64_t products = points * points * nt + SQUARINGS * points * points * points + points * nt;
    return 4 * products * subbands;
}

static void tabulate_phases(csi_subbands *b, uint32_t nc)
{
    for (uint32_t s = 0; s < b->subbands; s++) {
        uint32_t first = csi_subband_first(nc, b->subbands, s);
        uint32_t width = csi_subband_first(nc, b->subbands, s + 1) - first;
        for (uint32_t i = 0; i < b->points; i++) {
            double n = first - 0.5 + (i + 0.5) * width / b->points;
            float complex *row = b->phases + ((size_t)s * b->points + i) * b->ni;
            for (uint32_t r = 0; r < b->ni; r++)
                row[r] = (float complex)cexp(I * 2 * M_PI * fmod(n * r / nc, 1));
        }
    }
    b->nc = nc;
}

/* Conjugates into b->taps, undoes the centring of the angle axis, and scales by a power of two: the
 * digits are then the same whatever the channel's scale, and no product of two overflows. */
static int take_taps(csi_subbands *b, const float complex *h, err *e)
{
    size_t n = (size_t)b->nt * b->ni, half = (size_t)(b->nt / 2) * b->ni;
    const float *part = (const float *)h;
    float largest = 0, poison = 0;
    for (size_t i = 0; i < 2 * n; i++) {
        float size = fabsf(part[i]);
        largest = size > largest ? size : largest;
        poison += 0 * size; /* NaN if `size` is not finite */
    }
    if (isnan(poison))
        return err_set(e, ERR_FORMAT, "the channel estimate is not finite");
    int exponent;
    frexpf(largest, &exponent);
    /* In two steps, since 2^-exponent can be beyond a float. */
    float once = ldexpf(1, -exponent / 2), twice = ldexpf(1, -exponent - -exponent / 2);
    for (size_t i = 0; i < n; i++)
        b->taps[i] = conjf(h[i < n - half ? i + half : i - (n - half)]) * once * twice;
    return ERR_NONE;
}

int csi_subbands_filters(csi_subbands *b, csi_view *csi, const float complex **x, err *e)
{
    static const float complex one = 1, zero = 0;
    const csi_dims *dims = csi_view_dims(csi);
    if (dims->nt != b->nt || dims->ni != b->ni)
        return err_set(e, ERR_MISMATCH,
                       "a channel of %u antennas and %u taps for a codec of %u and %u", dims->nt,
                       dims->ni, b->nt, b->ni);
    if (dims->nc < b->subbands)
        return err_set(e, ERR_MISMATCH,
                       "%u subbands of %u subcarriers; a subband needs at least one", b->subbands,
                       dims->nc);
    int rc = take_taps(b, csi_view_angle_delay(csi), e);
    if (rc != ERR_NONE)
        return rc;
    if (dims->nc != b->nc)
        tabulate_phases(b, dims->nc);
    cblas_cgemm(CblasRowMajor, CblasNoTrans, CblasTrans, (int)(b->subbands * b->points), (int)b->nt,
                (int)b->ni, &one, b->phases, (int)b->ni, b->taps, (int)b->ni, &zero, b->filters,
                (int)b->nt);
    fftwf_execute(b->antennas);
    *x = b->filters;
    return ERR_NONE;
}

/* Divides b->gram by its trace, and returns the trace; leaves a zero matrix and returns 0. */
static float normalise_gram(csi_subbands *b)
{
    float trace = 0;
    size_t points = b->points;
    for (size_t i = 0; i < points; i++)
        trace += crealf(b->gram[i * points + i]);
    for (size_t i = 0; trace > 0 && i < points * points; i++)
        b->gram[i] /= trace;
    return trace;
}

/* With the filters as the rows of X [points][nt], v = X^T conj(u) / |X^T conj(u)|, u the dominant
 * eigenvector of the Gram matrix X X^H, which is small. Repeated squaring turns every column into a
 * multiple of u; the column with the largest diagonal entry is not close to zero. */
static void find_eigenvector(csi_subbands *b, const float complex *x, float complex *v)
{
    static const float complex one = 1, zero = 0;
    int points = (int)b->points, nt = (int)b->nt;
    cblas_cgemm(CblasRowMajor, CblasNoTrans, CblasConjTrans, points, points, nt, &one, x, nt, x, nt,
                &zero, b->gram, points);
    float power = normalise_gram(b);
    for (int i = 0; power > 0 && i < SQUARINGS; i++) {
        cblas_cgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, points, points, points, &one,
                    b->gram, points, b->gram, points, &zero, b->square, points);
        memcpy(b->gram, b->square, sizeof *b->gram * b->points * b->points);
        normalise_gram(b);
    }
    int column = 0;
    for (int i = 1; i < points; i++)
        if (crealf(b->gram[i * points + i]) > crealf(b->gram[column * points + column]))
            column = i;
    double energy = 0;
    for (int k = 0; k < nt; k++) {
        float complex sum = 0;
        for (int i = 0; i < points; i++)
            sum += x[i * nt + k] * conjf(b->gram[i * points + column]);
        v[k] = sum;
        energy += (double)(crealf(sum) * crealf(sum) + cimagf(sum) * cimagf(sum));
    }
    float scale = energy > 0 ? (float)(1 / sqrt(energy)) : 0;
    for (int k = 0; k < nt; k++)
        v[k] = scale > 0 ? v[k] * scale : 1 / sqrtf((float)nt);
}

void csi_subbands_eigenvectors(csi_subbands *b, float complex *v)
{
    for (size_t s = 0; s < b->subbands; s++)
        find_eigenvector(b, b->filters + s * b->points * b->nt, v + s * b->nt);
}
