/* One step, in three phases: every thread runs its shard forward and backward; every thread sums
 * its slice of the gradient over all nets; and, once the norm is known, every thread updates its
 * slice of the weights. */
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

/* --- a shard, forward and backward ------------------------------------------------------------ */

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

static void run_shard(void *arg, unsigned thread)
{
    trainer *t = arg;
    train_worker *w = &t->workers[thread];
    uint64_t first = t->status.samples + thread * t->shard;
    start_shard(w);
    for (size_t done = 0; done < t->shard; done += t->chunk) {
        for (size_t i = 0; i < t->chunk; i++)
            train_feed_sample(t->feed, first + done + i, w->track.images + i * t->sample);
        if (trainer_forward(t, w, &t->config.objective, first + done) ||
            trainer_backward(t, w, &t->config.objective, first + done))
            return;
    }
}

/* --- the update ------------------------------------------------------------------------------- */

/* The first weight of a thread's slice. */
static size_t slice(const trainer *t, size_t count, unsigned thread)
{
    return count / TRAIN_BLOCK * thread / t->config.threads * TRAIN_BLOCK;
}

static void reduce_slice(void *arg, unsigned thread)
{
    trainer *t = arg;
    train_worker *w = &t->workers[thread];
    w->squares = 0;
    for (int side = 0; side < SIDES; side++) {
        size_t count = t->weights[side]->count;
        w->squares += train_gradient_reduce(t->gradients[side], t->config.threads,
                                            slice(t, count, thread), slice(t, count, thread + 1));
    }
}

static void update_slice(void *arg, unsigned thread)
{
    trainer *t = arg;
    for (int side = 0; side < SIDES; side++) {
        size_t count = t->weights[side]->count;
        train_optimizer_apply(&t->optimizers[side], &t->update, t->gradients[side][0],
                              t->weights[side]->values, slice(t, count, thread),
                              slice(t, count, thread + 1));
    }
}

/* --- a step ----------------------------------------------------------------------------------- */

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
    double arrived = 0;
    for (int bin = 0; bin < TRAIN_SNR_BINS; bin++)
        arrived += (double)o.samples[bin];
    for (int bin = 0; bin < TRAIN_SNR_BINS && arrived > 0; bin++)
        o.mean += o.nmse_sum[bin] / arrived;
    o.norm = sqrt(fmax(squares + t->tied_squares, 0)); /* rounding may make the sum negative */
    /* The rate at the middle of the step, since at its start the first rate would be 0. */
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
    train_thread_pool_run(t->threads, run_shard, t);
    rc = trainer_gather_error(t, e);
    if (rc)
        return err_prefix(e, "step %" PRIu64, t->steps + 1);
    train_thread_pool_run(t->threads, reduce_slice, t);
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
    train_thread_pool_run(t->threads, update_slice, t);
    train_balance_update(&t->balance, o.nmse_sum, o.samples);
    t->status.samples += t->config.batch;
    t->status.loss = o.mean;
    t->status.learning_rate = o.rate;
    t->status.gradient_norm = o.norm;
    return 0;
}
