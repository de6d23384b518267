/* Reports of delta-net. The side bits, least significant first:
 *
 *     4      leak, an index into block_leak; 0: a key, and the pair's own side bits follow
 *     4      step, an index into block_step: by how much the blocks have aged, in reports
 *     ...    which blocks are sent, their rank among all choices of so many
 *
 * The values are, block after block, z = h - a x: the UE's estimate h less a share, the leak, of x,
 * what the report that it builds on left. The base station adds a x of its own to the z that
 * arrive. As in delta-klt (delta/values.c) what noise did to x fades by a, however the channel
 * moves, and the UE need not know the SNR: with P the error of x that an SNR of 1 would have made,
 * it takes the a for which a^2 P + E z^2, the error after this report, is least. Without noise x is
 * h, whatever a is.
 *
 * Which blocks are off most, the UE finds by the straight line that the base station draws through
 * the last two x of a block; z is not measured from it, since noise would be drawn out with it. The
 * step is the one that lets these lines fit best. A report after a lost one has a longer step.
 *
 * A report is a key where that leaves less: the UE decodes the key that it could send. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/decibel.h"
#include "codec/blocks/model.h"
#include "payload/enumerative.h"

extern const codec_kind codec_onnx;

const float block_leak[BLOCK_LEAKS] = {0,     0,     0.3f,  0.5f,  0.6f,   0.7f,   0.77f,  0.83f,
                                       0.88f, 0.91f, 0.94f, 0.96f, 0.975f, 0.985f, 0.993f, 0.999f};
const float block_step[BLOCK_STEPS] = {0, 0.5f, 0.75f, 1, 1.25f, 1.5f, 2, 2.5f,
                                       3, 3.5f, 4,     5, 6,     7,    8, 10};

enum { one_step = 3 }; /* block_step[one_step] is 1 */

/* The UE does not know the SNR, and a key bears noise better than blocks that cannot be predicted:
 * they are held against each other at this one. */
static const double usual = 0.02;

/* A key is tried where the error without one is more than this share of the last key's. */
static const float tried = 0.5f;

/* Of the noise on a key's values, this share comes out of the decoder. */
static const float through = 0.4f;

/* Beyond, the values as they arrived stand for themselves. */
static const double no_noise_db = 60;
/* What the UE takes for no noise, to run the decoder itself. */
static const double clean_db = 60;

uint32_t blocks_head_bits(const blocks_model *m)
{
    return BLOCK_LEAK_BITS + BLOCK_STEP_BITS + m->rank_bits;
}

static double energy_of(const float *x, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (double)x[i] * (double)x[i];
    return sum;
}

static double distance(const float *a, const float *b, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += ((double)a[i] - (double)b[i]) * ((double)a[i] - (double)b[i]);
    return sum;
}

static size_t reals_of(const blocks_model *m)
{
    return (size_t)2 * m->grid.nt * m->grid.ni;
}

/* --- the UE --------------------------------------------------------------------------------------
 */

/* A plan of a report: how far the clock goes, how the blocks in w->place are sent, and the energy
 * of the error after it: of the other blocks, and with the noise of `usual` on those sent. */
typedef struct plan {
    uint32_t step, leak;
    double left, cost;
} plan;

static int descending(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x < y) - (x > y);
}

/* Energies of the error of each block, `steps` after `before`, into w->error. */
static void measure(blocks_work *w, const held *before, float steps)
{
    for (size_t k = 0; k < w->model->grid.blocks; k++) {
        block_state b = before->block[k];
        const float *h = w->now + k * BLOCK_REALS;
        float sum = 0, lead;
        if (b.age >= 0)
            b.age += steps;
        lead = b.age > 0 ? block_lead(&b) : 0;
        for (size_t i = 0; i < BLOCK_REALS; i++) {
            float off = h[i] - b.x[i] - lead * b.v[i];
            sum += off * off;
        }
        w->error[k] = sum;
    }
}

static double left_of(blocks_work *w, float *sorted)
{
    const blocks_model *m = w->model;
    double left = 0;
    memcpy(sorted, w->error, m->grid.blocks * sizeof *sorted);
    qsort(sorted, m->grid.blocks, sizeof *sorted, descending);
    for (size_t k = m->sent; k < m->grid.blocks; k++)
        left += (double)sorted[k];
    return left;
}

/* The blocks with the largest errors into w->place, ascending; the lowest number wins a tie. */
static void choose_blocks(blocks_work *w, float least)
{
    const blocks_model *m = w->model;
    uint32_t n = 0, above = 0;
    for (uint32_t k = 0; k < m->grid.blocks; k++)
        above += w->error[k] > least;
    for (uint32_t k = 0, ties = m->sent - above; k < m->grid.blocks; k++) {
        bool tie = w->error[k] == least && ties > 0;
        if (w->error[k] > least || tie)
            w->place[n++] = k;
        ties -= tie;
    }
}

/* The leak a for which the error that noise makes, a^2 P + E|h - a x|^2, is least. */
static void choose_leak(const blocks_work *w, plan *p)
{
    const blocks_model *m = w->model;
    double product = 0, power = 0, whole = 0, least = INFINITY;
    for (size_t k = 0; k < m->sent; k++) {
        const block_state *b = &w->ahead->block[w->place[k]];
        const float *h = w->now + (size_t)w->place[k] * BLOCK_REALS;
        for (size_t i = 0; i < BLOCK_REALS; i++) {
            product += (double)h[i] * (double)b->x[i];
            power += (double)b->x[i] * (double)b->x[i];
            whole += (double)h[i] * (double)h[i];
        }
        power += (double)BLOCK_REALS * (double)b->error;
    }
    for (uint32_t a = 1; a < BLOCK_LEAKS; a++) {
        double leak = (double)block_leak[a], value = leak * leak * power - 2 * leak * product;
        if (value < least) {
            least = value;
            p->leak = a;
        }
    }
    p->cost = p->left + usual * (least + whole);
}

static plan make_plan(blocks_work *w, const held *before)
{
    float sorted[BLOCKS_MAX];
    plan best = {.leak = 1, .left = INFINITY, .cost = INFINITY};
    for (uint32_t i = 0; i < BLOCK_STEPS; i++) {
        uint32_t s = (one_step + i) % BLOCK_STEPS; /* of equal ones, a report's time */
        measure(w, before, block_step[s]);
        double left = left_of(w, sorted);
        if (left < best.left)
            best = (plan){.step = s, .leak = 1, .left = left};
    }
    measure(w, before, block_step[best.step]);
    left_of(w, sorted);
    choose_blocks(w, sorted[w->model->sent - 1]);
    held_advance(&w->model->grid, before, block_step[best.step], w->ahead);
    choose_leak(w, &best);
    return best;
}

static int send_blocks(blocks_work *w, const plan *p, payload *out, held *after, err *e)
{
    const blocks_model *m = w->model;
    memcpy(after, w->ahead, held_bytes(&m->grid));
    float a = block_leak[p->leak];
    for (size_t k = 0; k < m->sent; k++) {
        const float *h = w->now + (size_t)w->place[k] * BLOCK_REALS;
        const float *x = w->ahead->block[w->place[k]].x;
        for (size_t i = 0; i < BLOCK_REALS; i++)
            out->value[k * BLOCK_REALS + i] = h[i] - a * x[i];
    }
    out->values = m->values;
    out->exact = true; /* what is built on must be what was sent */
    double power = energy_of(out->value, m->values) / m->values;
    if (!isfinite((float)power))
        return err_set(e, ERR_FORMAT, "the channel is too large for a difference of floats");
    for (size_t k = 0; k < m->sent; k++)
        block_update(&after->block[w->place[k]], a, out->value + k * BLOCK_REALS, (float)power);
    bit_writer side = {.byte = out->side, .room = blocks_head_bits(m)};
    bits_put(&side, p->leak, BLOCK_LEAK_BITS);
    bits_put(&side, p->step, BLOCK_STEP_BITS);
    enumerative_rank(m->grid.blocks, m->sent, w->place, w->rank, w->scratch);
    for (uint32_t at = 0; at < m->rank_bits; at += 32)
        bits_put(&side, w->rank[at / 32], m->rank_bits - at < 32 ? m->rank_bits - at : 32);
    out->side_bits = side.bits;
    return ERR_NONE;
}

/* Encodes a key into w->key, its values at `value`, and decodes it as a base station without noise
 * would, into w->network. */
static int try_key(blocks_work *w, csi_view *csi, float *value, err *e)
{
    w->key.value = value;
    int rc = codec_onnx.encode(w->encoder, NULL, csi, &w->key, NULL, e);
    return rc == ERR_NONE
               ? codec_onnx.decode(w->decoder, NULL, &w->key, &(codec_hint){.snr_db = clean_db},
                                   (float complex *)w->network, NULL, e)
               : rc;
}

/* 4 zeros and the pair's own report. */
static void send_key(blocks_work *w, float loss, payload *out, held *after)
{
    const blocks_model *m = w->model;
    out->values = w->key.values;
    out->exact = w->key.exact;
    out->builds_on = 0;
    bit_reader from = {.byte = w->key.side, .size = w->key.side_bits};
    bit_writer side = {.byte = out->side, .room = BLOCK_LEAK_BITS + w->key.side_bits};
    bits_put(&side, 0, BLOCK_LEAK_BITS);
    for (uint32_t at = 0; at < from.size; at += 32) {
        unsigned bits = from.size - at < 32 ? from.size - at : 32;
        bits_put(&side, bits_get(&from, bits), bits);
    }
    out->side_bits = side.bits;
    blocks_from_channel(&m->grid, w->network, w->now);
    held_start(&m->grid, w->now, through, after);
    after->key_loss = loss;
}

int blocks_encode(blocks_work *w, const held *before, csi_view *csi, payload *out, held *after,
                  err *e)
{
    const blocks_model *m = w->model;
    const float *h = (const float *)csi_view_angle_delay(csi);
    size_t reals = reals_of(m);
    double energy = energy_of(h, reals), noise = usual * (double)through * energy;
    plan p = {.cost = INFINITY};
    if (!isfinite((float)energy))
        return err_set(e, ERR_FORMAT, "the channel has values that are not finite");
    blocks_from_channel(&m->grid, h, w->now);
    if (before)
        p = make_plan(w, before);
    if (!before || p.cost > (double)tried * ((double)before->key_loss * energy + noise)) {
        int rc = try_key(w, csi, out->value, e);
        if (rc != ERR_NONE)
            return rc;
        double lost = distance(h, w->network, reals);
        if (!(p.cost <= lost + noise)) {
            send_key(w, energy > 0 ? (float)(lost / energy) : 0, out, after);
            return ERR_NONE;
        }
    }
    return send_blocks(w, &p, out, after, e);
}

/* --- the base station ----------------------------------------------------------------------------
 */

/* As klt's: a hint that is not a number shrinks nothing. */
static float noise_of(const codec_hint *hint)
{
    bool noisy = hint->snr_db < no_noise_db;
    return noisy ? (float)power_of_db(-fmax(hint->snr_db, -no_noise_db)) : 0;
}

/* What a block is taken to be now: v by how much of it is more than noise, and all of it by the
 * linear estimate of its power. */
static void estimate(const block_state *b, float *h)
{
    float lead = b->age > 0 ? block_lead(b) : 0, speed = 0, power = 0;
    for (size_t i = 0; i < BLOCK_REALS; i++)
        speed += b->v[i] * b->v[i];
    speed /= BLOCK_REALS;
    lead *= speed > b->jitter ? 1 - b->jitter / speed : 0;
    float error = b->error + lead * lead * b->jitter;
    for (size_t i = 0; i < BLOCK_REALS; i++) {
        h[i] = b->x[i] + lead * b->v[i];
        power += h[i] * h[i];
    }
    power /= BLOCK_REALS;
    float weight = b->age < 0 ? 1 : power > error ? 1 - error / power : 0;
    for (size_t i = 0; i < BLOCK_REALS; i++)
        h[i] *= weight;
}

static int refuse_size(const payload *in, uint32_t values, uint32_t side_bits, const char *what,
                       err *e)
{
    return err_set(e, ERR_FORMAT, "%u values and %u side bits; %s of this delta-net has %u and %u",
                   in->values, in->side_bits, what, values, side_bits);
}

/* An uplink may deliver zeros behind the values. */
static bool has_values(const blocks_model *m, const payload *in, uint32_t values)
{
    uint32_t codeword = m->of_decoder.shape.values_max;
    return in->values == values || (in->values == codeword && codeword > values) ||
           (in->values == m->values && m->values > values);
}

static int receive_key(blocks_work *w, bit_reader *side, const payload *in, const codec_hint *hint,
                       held *after, err *e)
{
    const blocks_model *m = w->model;
    uint32_t wanted = m->of_decoder.shape.side_bits_max, values = m->of_decoder.shape.values_max;
    if (!has_values(m, in, values) || in->side_bits != BLOCK_LEAK_BITS + wanted)
        return refuse_size(in, values, BLOCK_LEAK_BITS + wanted, "a key", e);
    bit_writer to = {.byte = w->key.side, .room = wanted};
    for (uint32_t at = 0; at < wanted; at += 32) {
        unsigned bits = wanted - at < 32 ? wanted - at : 32;
        bits_put(&to, bits_get(side, bits), bits);
    }
    payload key = *in;
    key.side = w->key.side;
    key.side_bits = wanted;
    key.values = values;
    int rc = codec_onnx.decode(w->decoder, NULL, &key, hint, (float complex *)w->network, NULL, e);
    if (rc != ERR_NONE)
        return rc;
    blocks_from_channel(&m->grid, w->network, w->now);
    held_start(&m->grid, w->now, through * noise_of(hint), after);
    after->key_loss = 0;
    return ERR_NONE;
}

static int receive_blocks(blocks_work *w, uint32_t leak, bit_reader *side, const held *before,
                          const payload *in, const codec_hint *hint, held *after, err *e)
{
    const blocks_model *m = w->model;
    if (!has_values(m, in, m->values) || in->side_bits != blocks_head_bits(m))
        return refuse_size(in, m->values, blocks_head_bits(m), "a report", e);
    if (!before)
        return err_set(e, ERR_FORMAT, "blocks that build on no report");
    float steps = block_step[bits_get(side, BLOCK_STEP_BITS)];
    memset(w->rank, 0, enumerative_words(m->grid.blocks) * sizeof *w->rank);
    for (uint32_t at = 0; at < m->rank_bits; at += 32)
        w->rank[at / 32] = bits_get(side, m->rank_bits - at < 32 ? m->rank_bits - at : 32);
    int rc = enumerative_positions(m->grid.blocks, m->sent, w->rank, w->place, w->scratch, e);
    if (rc != ERR_NONE)
        return rc;
    float noise = noise_of(hint), power = (float)(energy_of(in->value, m->values) / m->values);
    noise = power * (noise / (1 + noise));
    if (!isfinite(power))
        return err_set(e, ERR_FORMAT, "values too large to build on");
    held_advance(&m->grid, before, steps, after);
    for (size_t k = 0; k < m->sent; k++)
        block_update(&after->block[w->place[k]], block_leak[leak], in->value + k * BLOCK_REALS,
                     noise);
    return ERR_NONE;
}

int blocks_decode(blocks_work *w, const held *before, const payload *in, const codec_hint *hint,
                  float complex *h, held *after, err *e)
{
    const blocks_model *m = w->model;
    bit_reader side = {.byte = in->side, .size = in->side_bits};
    uint32_t leak = bits_get(&side, BLOCK_LEAK_BITS);
    if (leak == 0) {
        int rc = receive_key(w, &side, in, hint, after, e);
        if (rc == ERR_NONE)
            memcpy(h, w->network, reals_of(m) * sizeof *w->network);
        return rc;
    }
    int rc = receive_blocks(w, leak, &side, before, in, hint, after, e);
    if (rc != ERR_NONE)
        return rc;
    for (size_t k = 0; k < m->grid.blocks; k++)
        estimate(&after->block[k], w->now + k * BLOCK_REALS);
    blocks_to_channel(&m->grid, w->now, (float *)h);
    return ERR_NONE;
}
