/* One step: every thread runs its shard forward and back; then every thread sums a slice of the
 * gradient over the threads' nets; then, the norm being known, every thread moves its slice. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "train/trainer_internal.h"

int trainer_gather_error(const trainer *t, err *e)
{
    for (unsigned i = 0; i < t->config.threads; i++)
        if (t->workers[i].error.code) {
            if (e)
                *e = t->workers[i].error;
            return t->workers[i].error.code;
        }
    return 0;
}

/* --- a shard, forward and back -----------------------------------------------------------------
 */

static void cross_link(const trainer *t, train_worker *w, const train_objective *objective,
                       uint64_t index)
{
    size_t n = t->codeword;
    grad_net *decoder = w->nets[CODEC_DECODER];
    const float *codewords = grad_net_output(w->nets[CODEC_ENCODER])->data;
    float *received = grad_net_input(decoder, 0)->data;
    float *snr_db = t->takes_snr ? grad_net_input(decoder, 1)->data : NULL;
    for (size_t i = 0; i < t->chunk; i++) {
        float estimate;
        train_link_forward(objective, index + i, codewords + i * n, n, received + i * n,
                           w->noise + i * n, &w->links[i], &estimate);
        if (snr_db)
            snr_db[i] = estimate;
    }
}

int trainer_forward(const trainer *t, train_worker *w, const train_objective *objective,
                    uint64_t index)
{
    if (grad_net_forward(w->nets[CODEC_ENCODER], &w->error))
        return err_prefix(&w->error, "encoder");
    cross_link(t, w, objective, index);
    if (grad_net_forward(w->nets[CODEC_DECODER], &w->error))
        return err_prefix(&w->error, "decoder");
    return 0;
}

/* The loss of every sample, and its gradient at the decoder's output. */
static void measure(const trainer *t, train_worker *w)
{
    const train_objective *objective = &t->config.objective;
    grad_net *decoder = w->nets[CODEC_DECODER];
    const float *target = grad_net_input(w->nets[CODEC_ENCODER], 0)->data;
    const float *output = grad_net_output(decoder)->data;
    float *gradient = grad_net_output_gradient(decoder);
    double bit = objective->lambda > 0 ? 1 / objective->lambda / (double)t->config.batch : 0;
    for (size_t i = 0, at = 0, to = 0; i < t->chunk; i++, at += t->pixels, to += t->stride) {
        int bin = w->links[i].bin;
        double weight = train_balance_weight(objective, &t->balance, bin) / (double)t->config.batch;
        w->nmse_sum[bin] += train_loss_sample(objective->loss, target + at, output + to, t->pixels,
                                              weight, gradient + to);
        if (t->stride > t->pixels) {
            w->bits += (double)output[to + t->pixels];
            gradient[to + t->pixels] = (float)bit;
        }
        w->samples[bin]++;
    }
}

static void backward(const trainer *t, train_worker *w)
{
    size_t n = t->codeword;
    grad_net *encoder = w->nets[CODEC_ENCODER], *decoder = w->nets[CODEC_DECODER];
    grad_net_backward(decoder);
    const float *codewords = grad_net_output(encoder)->data;
    const float *d_received = grad_net_input_gradient(decoder);
    float *d_codewords = grad_net_output_gradient(encoder);
    for (size_t i = 0; i < t->chunk; i++)
        train_link_backward(&w->links[i], codewords + i * n, w->noise + i * n, d_received + i * n,
                            n, d_codewords + i * n);
    grad_net_backward(encoder);
}

static void start_shard(train_worker *w)
{
    memset(w->nmse_sum, 0, sizeof w->nmse_sum);
    memset(w->samples, 0, sizeof w->samples);
    w->bits = 0;
    w->error = (err){0};
    for (int side = 0; side < SIDES; side++) {
        grad_net_refresh(w->nets[side]);
        grad_net_clear_gradients(w->nets[side]);
    }
}

static void run_shard(void *arg, unsigned member)
{
    trainer *t = arg;
    train_worker *w = &t->workers[member];
    uint64_t first = t->status.samples + member * t->shard;
    float *images = grad_net_input(w->nets[CODEC_ENCODER], 0)->data;
    start_shard(w);
    for (size_t done = 0; done < t->shard; done += t->chunk) {
        for (size_t i = 0; i < t->chunk; i++)
            train_feed_sample(t->feed, first + done + i, images + i * t->pixels);
        if (trainer_forward(t, w, &t->config.objective, first + done))
            return;
        measure(t, w);
        backward(t, w);
    }
}

/* --- the update --------------------------------------------------------------------------------
 */

/* Where the slice of one thread begins. */
static size_t slice(const trainer *t, size_t count, unsigned member)
{
    return count / TRAIN_BLOCK * member / t->config.threads * TRAIN_BLOCK;
}

static void reduce_slice(void *arg, unsigned member)
{
    trainer *t = arg;
    train_worker *w = &t->workers[member];
    w->squares = 0;
    for (int side = 0; side < SIDES; side++) {
        size_t count = t->weights[side]->count;
        w->squares += train_gradient_reduce(t->gradients[side], t->config.threads,
                                            slice(t, count, member), slice(t, count, member + 1));
    }
}

static void update_slice(void *arg, unsigned member)
{
    trainer *t = arg;
    for (int side = 0; side < SIDES; side++) {
        size_t count = t->weights[side]->count;
        train_optimizer_apply(&t->optimizers[side], &t->update, t->gradients[side][0],
                              t->weights[side]->values, slice(t, count, member),
                              slice(t, count, member + 1));
    }
}

/* --- a step ------------------------------------------------------------------------------------
 */

typedef struct outcome {
    double nmse_sum[TRAIN_SNR_BINS], mean, norm, rate, bits;
    size_t samples[TRAIN_SNR_BINS];
} outcome;

static outcome sum_workers(const trainer *t)
{
    outcome o = {0};
    double squares = 0;
    for (unsigned i = 0; i < t->config.threads; i++) {
        squares += t->workers[i].squares;
        o.bits += t->workers[i].bits / (double)t->config.batch;
        for (int bin = 0; bin < TRAIN_SNR_BINS; bin++) {
            o.nmse_sum[bin] += t->workers[i].nmse_sum[bin];
            o.samples[bin] += t->workers[i].samples[bin];
        }
    }
    for (int bin = 0; bin < TRAIN_SNR_BINS; bin++)
        o.mean += o.nmse_sum[bin] / (double)t->config.batch;
    o.norm = sqrt(fmax(squares + t->tied_squares, 0)); /* rounding may leave less than nothing */
    /* That of the step's middle, so that no step is wasted on a rate of 0. */
    o.rate =
        train_schedule_rate(&t->schedule, (double)t->status.samples + (double)t->config.batch / 2);
    return o;
}

static int check_finite(const trainer *t, const outcome *o, err *e)
{
    if (isfinite(o->mean) && isfinite(o->norm) && isfinite(o->bits))
        return 0;
    return err_set(e, ERR_STATE,
                   "step %" PRIu64 ": the %s is not finite (loss %g, learning rate %g); a lower "
                   "learning rate or clipping may help",
                   t->steps + 1, isfinite(o->mean) ? "gradient" : "loss", o->mean, o->rate);
}

static int run_batch(trainer *t, err *e)
{
    int rc = train_feed_ready(t->feed, t->status.samples, t->config.batch, e);
    if (rc)
        return rc;
    train_crew_run(t->crew, run_shard, t);
    rc = trainer_gather_error(t, e);
    if (rc)
        return err_prefix(e, "step %" PRIu64, t->steps + 1);
    train_crew_run(t->crew, reduce_slice, t);
    float *const sums[SIDES] = {t->gradients[CODEC_ENCODER][0], t->gradients[CODEC_DECODER][0]};
    t->tied_squares = train_ties_join(&t->ties, sums);
    return 0;
}

int trainer_step(trainer *t, err *e)
{
    int rc = run_batch(t, e);
    if (rc)
        return rc;
    outcome o = sum_workers(t);
    rc = check_finite(t, &o, e);
    if (rc)
        return rc;
    t->steps++;
    t->update = train_update_at(&t->adam, t->steps, o.rate, o.norm, t->config.clip);
    train_crew_run(t->crew, update_slice, t);
    train_balance_update(&t->balance, o.nmse_sum, o.samples);
    t->status.samples += t->config.batch;
    t->status.loss = o.mean;
    t->status.learning_rate = o.rate;
    t->status.gradient_norm = o.norm;
    return 0;
}
