#include "codec/onnx/align.h"

#include <string.h>

enum { COLUMNS = 32 };

static const struct {
    const char *name;
    bool delay, angle;
    uint8_t blocks;
} modes[CSI_ALIGNS] = {
    [CSI_ALIGN_NONE] = {"none", false, false, 0},
    [CSI_ALIGN_DELAY] = {"delay", true, false, 0},
    [CSI_ALIGN_DELAY_ANGLE] = {"delay-angle", true, true, 0},
    [CSI_ALIGN_BLOCKS_8] = {"blocks-8", true, true, 8},
    [CSI_ALIGN_BLOCKS_16] = {"blocks-16", true, true, 16},
    [CSI_ALIGN_BLOCKS_24] = {"blocks-24", true, true, 24},
};

const char *csi_align_name(csi_align align)
{
    return (size_t)align < CSI_ALIGNS ? modes[align].name : NULL;
}

int csi_align_from_name(const char *name)
{
    for (int i = 0; i < CSI_ALIGNS; i++)
        if (strcmp(name, modes[i].name) == 0)
            return i;
    return -1;
}

unsigned csi_align_blocks(csi_align align)
{
    return modes[align].blocks;
}

static size_t blocks_of(const csi_dims *dims)
{
    return (size_t)(dims->nt / CSI_BLOCK) * (dims->ni / CSI_BLOCK);
}

bool csi_align_fits(csi_align align, const csi_dims *dims)
{
    if (!modes[align].blocks)
        return true;
    return dims->nt % CSI_BLOCK == 0 && dims->ni % CSI_BLOCK == 0 &&
           blocks_of(dims) >= modes[align].blocks && blocks_of(dims) <= CSI_BLOCKS_MAX;
}

bool csi_align_lists(csi_align align, const csi_dims *dims, const uint8_t *block, size_t count)
{
    bool met[CSI_BLOCKS_MAX] = {false};
    if (count != modes[align].blocks)
        return false;
    for (size_t i = 0; i < count; i++) {
        if (block[i] >= blocks_of(dims) || met[block[i]])
            return false;
        met[block[i]] = true;
    }
    return true;
}

/* |h|^2 up to the image's scale: zero is at 0.5. */
static inline float power_of(float re, float im)
{
    return (re - 0.5f) * (re - 0.5f) + (im - 0.5f) * (im - 0.5f);
}

/* power[i] = sum over rows of |image[row][i]|^2, i < n; whole blocks have a constant bound, which
 * keeps their sums in registers. */
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

/* The row with the most power over the taps from `delay` on. */
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

/* Copies the four taps of a block's row, which the roll may split. */
static inline void copy_taps(const float *row, size_t ni, size_t column, float *out)
{
    if (column + CSI_BLOCK <= ni)
        memcpy(out, row + column, CSI_BLOCK * sizeof *out);
    else
        for (size_t i = 0; i < CSI_BLOCK; i++)
            out[i] = row[column + i < ni ? column + i : column + i - ni];
}

static inline void place_taps(const float *in, size_t ni, size_t column, float *row)
{
    if (column + CSI_BLOCK <= ni)
        memcpy(row + column, in, CSI_BLOCK * sizeof *in);
    else
        for (size_t i = 0; i < CSI_BLOCK; i++)
            row[column + i < ni ? column + i : column + i - ni] = in[i];
}

/* Row and column in the image of tap [i][0] of a block in the rolled image. */
static inline size_t row_of(const csi_dims *dims, const csi_shift *shift, size_t block, size_t i)
{
    return (block / (dims->ni / CSI_BLOCK) * CSI_BLOCK + i + shift->angle) % dims->nt;
}

static inline size_t column_of(const csi_dims *dims, const csi_shift *shift, size_t block)
{
    return (block % (dims->ni / CSI_BLOCK) * CSI_BLOCK + shift->delay) % dims->ni;
}

static float block_power(const csi_dims *dims, const csi_shift *shift, const float *image,
                         size_t block)
{
    size_t ni = dims->ni, column = column_of(dims, shift, block);
    float power = 0;
    for (size_t i = 0; i < CSI_BLOCK; i++) {
        float re[CSI_BLOCK], im[CSI_BLOCK];
        const float *row = image + row_of(dims, shift, block, i) * ni;
        copy_taps(row, ni, column, re);
        copy_taps(row + dims->nt * ni, ni, column, im);
        for (size_t k = 0; k < CSI_BLOCK; k++)
            power += power_of(re[k], im[k]);
    }
    return power;
}

/* Lists the strongest blocks, in falling order of power. */
static void rank_blocks(const csi_dims *dims, const float *image, size_t listed, csi_shift *shift)
{
    float power[CSI_BLOCKS_MAX];
    size_t blocks = blocks_of(dims);
    for (size_t b = 0; b < blocks; b++)
        power[b] = block_power(dims, shift, image, b);
    for (size_t r = 0; r < listed; r++) {
        size_t best = 0;
        for (size_t b = 1; b < blocks; b++)
            best = power[b] > power[best] ? b : best;
        shift->block[r] = (uint8_t)best;
        power[best] = -1;
    }
    shift->blocks = (uint16_t)listed;
}

csi_shift csi_align_find(csi_align align, const csi_dims *dims, const float *image)
{
    csi_shift shift = {0};
    size_t nt = dims->nt, ni = dims->ni, listed = modes[align].blocks;
    if (!modes[align].delay)
        return shift;
    size_t delay = strongest_delay(dims, image);
    /* With blocks, one more row and column, so that the strongest tap has neighbours on all sides
     * in its block. */
    size_t before = listed ? 1 : 0;
    shift.delay = (uint16_t)((delay + ni - before) % ni);
    if (modes[align].angle)
        shift.angle =
            (uint16_t)((strongest_angle(dims, delay, image) + nt - nt / 2 + nt - before) % nt);
    if (listed)
        rank_blocks(dims, image, listed, &shift);
    return shift;
}

static void roll(const csi_dims *dims, size_t delay, size_t angle, const float *in, float *out)
{
    size_t nt = dims->nt, ni = dims->ni, head = ni - delay;
    for (size_t plane = 0; plane < 2; plane++, in += nt * ni) {
        for (size_t a = 0; a < nt; a++, out += ni) {
            const float *row = in + (a + angle) % nt * ni;
            memcpy(out, row + delay, head * sizeof *out);
            memcpy(out + head, row, delay * sizeof *out);
        }
    }
}

/* The block numbers in the order of the shift: the listed ones, then the rest. */
static size_t order_blocks(const csi_dims *dims, const csi_shift *shift, uint8_t *order)
{
    bool listed[CSI_BLOCKS_MAX] = {false};
    size_t n = shift->blocks;
    memcpy(order, shift->block, n);
    for (size_t i = 0; i < n; i++)
        listed[order[i]] = true;
    for (size_t b = 0; b < blocks_of(dims); b++)
        if (!listed[b])
            order[n++] = (uint8_t)b;
    return n;
}

void csi_align_apply(const csi_dims *dims, const csi_shift *shift, const float *in, float *out)
{
    size_t nt = dims->nt, ni = dims->ni;
    uint8_t order[CSI_BLOCKS_MAX];
    if (!shift->blocks) {
        roll(dims, shift->delay, shift->angle, in, out);
        return;
    }
    size_t blocks = order_blocks(dims, shift, order);
    for (size_t plane = 0; plane < 2; plane++, in += nt * ni)
        for (size_t b = 0; b < blocks; b++)
            for (size_t i = 0; i < CSI_BLOCK; i++, out += CSI_BLOCK)
                copy_taps(in + row_of(dims, shift, order[b], i) * ni, ni,
                          column_of(dims, shift, order[b]), out);
}

void csi_align_undo(const csi_dims *dims, const csi_shift *shift, const float *in, float *out)
{
    size_t nt = dims->nt, ni = dims->ni;
    uint8_t order[CSI_BLOCKS_MAX];
    if (!shift->blocks) {
        roll(dims, (ni - shift->delay) % ni, (nt - shift->angle) % nt, in, out);
        return;
    }
    size_t blocks = order_blocks(dims, shift, order);
    for (size_t plane = 0; plane < 2; plane++, out += nt * ni)
        for (size_t b = 0; b < blocks; b++)
            for (size_t i = 0; i < CSI_BLOCK; i++, in += CSI_BLOCK)
                place_taps(in, ni, column_of(dims, shift, order[b]),
                           out + row_of(dims, shift, order[b], i) * ni);
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
    unsigned bits = modes[align].delay ? bits_for(dims->ni) : 0;
    if (modes[align].angle)
        bits += bits_for(dims->nt);
    return bits + modes[align].blocks * bits_for((uint32_t)blocks_of(dims));
}
