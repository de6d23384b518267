#include "csi/align.h"

#include <string.h>

enum { COLUMNS = 32, NAMES = 3 };

static const char *const names[NAMES] = {"none", "delay", "delay-angle"};

const char *csi_align_name(csi_align align)
{
    return (size_t)align < NAMES ? names[align] : NULL;
}

int csi_align_from_name(const char *name)
{
    for (int i = 0; i < NAMES; i++)
        if (strcmp(name, names[i]) == 0)
            return i;
    return -1;
}

/* |h|^2 up to the image's scale: zero stands at 0.5. */
static inline float power_of(float re, float im)
{
    return (re - 0.5f) * (re - 0.5f) + (im - 0.5f) * (im - 0.5f);
}

/* power[i] = sum over rows of |image[row][i]|^2, i < n; whole blocks have a constant bound, so that
 * their sums stay in registers. */
static inline void sum_rows(const float *re, const float *im, size_t rows, size_t stride, size_t n,
                            float *power)
{
    for (size_t a = 0; a < rows; a++)
        for (size_t i = 0; i < n; i++)
            power[i] += power_of(re[a * stride + i], im[a * stride + i]);
}

static uint16_t strongest_delay(const csi_dims *dims, const float *image)
{
    size_t nt = dims->nt, ni = dims->ni, best = 0;
    float most = -1;
    for (size_t first = 0; first < ni; first += COLUMNS) {
        float power[COLUMNS] = {0};
        const float *re = image + first, *im = re + nt * ni;
        size_t n = ni - first < COLUMNS ? ni - first : COLUMNS;
        if (n == COLUMNS)
            sum_rows(re, im, nt, ni, COLUMNS, power);
        else
            sum_rows(re, im, nt, ni, n, power);
        for (size_t i = 0; i < n; i++) {
            if (power[i] > most) {
                most = power[i];
                best = first + i;
            }
        }
    }
    return (uint16_t)best;
}

/* The row with the most power in the taps from `delay` on. */
static size_t strongest_angle(const csi_dims *dims, size_t delay, const float *image)
{
    size_t nt = dims->nt, ni = dims->ni, best = 0;
    size_t taps = ni < CSI_ALIGN_TAPS ? ni : CSI_ALIGN_TAPS;
    float most = -1;
    for (size_t a = 0; a < nt; a++) {
        const float *re = image + a * ni, *im = re + nt * ni;
        float power = 0;
        for (size_t i = 0; i < taps; i++) {
            size_t d = delay + i < ni ? delay + i : delay + i - ni;
            power += power_of(re[d], im[d]);
        }
        if (power > most) {
            most = power;
            best = a;
        }
    }
    return best;
}

csi_shift csi_align_find(csi_align align, const csi_dims *dims, const float *image)
{
    csi_shift shift = {0};
    if (align == CSI_ALIGN_NONE)
        return shift;
    shift.delay = strongest_delay(dims, image);
    if (align == CSI_ALIGN_DELAY_ANGLE) {
        size_t nt = dims->nt;
        shift.angle = (uint16_t)((strongest_angle(dims, shift.delay, image) + nt - nt / 2) % nt);
    }
    return shift;
}

void csi_align_apply(const csi_dims *dims, csi_shift shift, const float *in, float *out)
{
    size_t nt = dims->nt, ni = dims->ni, head = ni - shift.delay;
    for (size_t plane = 0; plane < 2; plane++, in += nt * ni) {
        for (size_t a = 0; a < nt; a++, out += ni) {
            const float *row = in + (a + shift.angle) % nt * ni;
            memcpy(out, row + shift.delay, head * sizeof *out);
            memcpy(out + head, row, shift.delay * sizeof *out);
        }
    }
}

void csi_align_undo(const csi_dims *dims, csi_shift shift, const float *in, float *out)
{
    csi_shift back = {.delay = (uint16_t)((dims->ni - shift.delay) % dims->ni),
                      .angle = (uint16_t)((dims->nt - shift.angle) % dims->nt)};
    csi_align_apply(dims, back, in, out);
}

static unsigned bits_for(uint32_t values)
{
    unsigned bits = 0;
    while ((uint32_t)1 << bits < values)
        bits++;
    return bits;
}

unsigned csi_align_bits(csi_align align, const csi_dims *dims)
{
    unsigned delay = align == CSI_ALIGN_NONE ? 0 : bits_for(dims->ni);
    return delay + (align == CSI_ALIGN_DELAY_ANGLE ? bits_for(dims->nt) : 0);
}
