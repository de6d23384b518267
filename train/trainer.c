#include "train/trainer.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "nn/nn.h"
#include "train/settings.h"
#include "train/trainer_internal.h"

static int no_memory(err *e)
{
    return err_set(e, ERR_NOMEM, "no memory for the training");
}

/* --- the networks of a thread ----------------------------------------------------------------- */

static void close_workers(trainer *t)
{
    for (unsigned i = 0; t->workers && i < t->config.threads; i++) {
        train_worker *w = &t->workers[i];
        for (int side = 0; side < SIDES; side++) {
            grad_net_free(w->nets[side]);
            free(w->sums[side]);
        }
        free(w->noise);
        free(w->links);
        trainer_track_close(&w->track);
        *w = (train_worker){0};
    }
}

/* A net with memories needs the gradient of each memory, and a decoder also that of its codeword.
 */
static grad_net *open_net(const trainer *t, int side, err *e)
{
    unsigned inputs = side == CODEC_DECODER;
    for (int k = 0; k < t->ports[side].memories; k++)
        inputs |= 1u << t->ports[side].memory[k].input;
    if (t->ports[side].memories)
        return grad_net_open_ends(t->weights[side], (int64_t)t->chunk, inputs, e);
    return grad_net_open_quantized(t->weights[side], &t->quantization[side], (int64_t)t->chunk,
                                   side == CODEC_DECODER, e);
}

static int open_nets(trainer *t, err *e)
{
    for (unsigned i = 0; i < t->config.threads; i++)
        for (int side = 0; side < SIDES; side++) {
            grad_net **net = &t->workers[i].nets[side];
            *net = open_net(t, side, e);
            if (!*net) {
                err_prefix(e, "%s", side == CODEC_DECODER ? "decoder" : "encoder");
                return ERR_UNSUPPORTED;
            }
            t->batch_norm |= grad_net_has_batch_norm(*net);
        }
    return 0;
}

static int allocate_worker(const trainer *t, train_worker *w, err *e)
{
    w->noise = train_vector_new(t->chunk * t->codeword);
    w->links = calloc(t->chunk, sizeof *w->links);
    bool failed = !w->noise || !w->links;
    for (int side = 0; t->batch_norm && side < SIDES; side++) {
        w->sums[side] = calloc(t->weights[side]->count, sizeof(double));
        failed |= !w->sums[side];
    }
    return failed ? no_memory(e) : trainer_track_open(t, &w->track, e);
}

static bool is_batch_of(const nn_tensor *tensor, size_t chunk, size_t each)
{
    return tensor && tensor->dtype == NN_FLOAT && tensor->rank > 0 &&
           tensor->dims[0] == (int64_t)chunk && tensor->count == chunk * each;
}

/* Checks the input or output that is an image: [n, 2, rows, columns] of the layout. */
static int check_image(const trainer *t, const nn_tensor *tensor, const char *what, err *e)
{
    const csi_dims *dims = &t->config.feed.dims;
    bool angle_rows = t->config.feed.layout == ONNX_ANGLE_DELAY;
    int64_t want[] = {(int64_t)t->chunk, 2, angle_rows ? dims->nt : dims->ni,
                      angle_rows ? dims->ni : dims->nt};
    nn_dims_text has, wants;
    if (tensor && tensor->rank == 4 && memcmp(tensor->dims, want, sizeof want) == 0 &&
        is_batch_of(tensor, t->chunk, t->pixels))
        return 0;
    return err_set(e, ERR_MISMATCH, "the %s is [%s], not an image, float [%s]", what,
                   nn_dims_print(&has, tensor ? tensor->rank : 0, tensor ? tensor->dims : want),
                   nn_dims_print(&wants, 4, want));
}

/* The decoder's output: an image or, with lambda, a flat image and its bits
 * (architecture/density.h). */
static int check_output(const trainer *t, const nn_tensor *tensor, err *e)
{
    if (t->stride == t->pixels)
        return check_image(t, tensor, "decoder's output", e);
    if (is_batch_of(tensor, t->chunk, t->stride))
        return 0;
    return err_set(e, ERR_MISMATCH,
                   "the decoder gives no bits of its codeword, which lambda weighs "
                   "against the distortion");
}

/* Checks that the two networks fit each other and the samples. Sets the codeword's size. */
static int check_shapes(trainer *t, err *e)
{
    grad_net *encoder = t->workers[0].nets[CODEC_ENCODER];
    grad_net *decoder = t->workers[0].nets[CODEC_DECODER];
    const nn_tensor *codewords = grad_net_output(encoder);
    int rc = check_image(t, grad_net_input(encoder, 0), "encoder's input", e);
    if (!rc)
        rc = check_output(t, grad_net_output(decoder), e);
    if (rc)
        return rc;
    t->codeword = codewords->count / t->chunk;
    if (t->codeword < 1 || t->codeword > ONNX_CODEWORD_MAX ||
        !is_batch_of(codewords, t->chunk, t->codeword) ||
        !is_batch_of(grad_net_input(decoder, 0), t->chunk, t->codeword))
        return err_set(e, ERR_MISMATCH,
                       "the encoder gives %zu values a sample, the decoder takes %zu; both must "
                       "be the same, 1 to %d",
                       t->codeword, grad_net_input(decoder, 0)->count / t->chunk,
                       ONNX_CODEWORD_MAX);
    int snr = t->ports[CODEC_DECODER].snr;
    if (snr && !is_batch_of(grad_net_input(decoder, snr), t->chunk, 1))
        return err_set(e, ERR_MISMATCH,
                       "an encoder has one input; a decoder may have a second one, snr_db, float "
                       "[n]; any others must be memory_*");
    return 0;
}

/* The largest divisor of `shard` that is not above `most`. */
static size_t divisor(size_t shard, size_t most)
{
    size_t chunk = most < shard ? most : shard;
    while (shard % chunk)
        chunk--;
    return chunk;
}

static int open_workers(trainer *t, err *e)
{
    t->shard = t->config.batch / t->config.threads;
    t->chunk = divisor(t->shard, t->config.chunk);
    int rc = open_nets(t, e);
    if (!rc && t->batch_norm && t->chunk != t->shard) {
        close_workers(t);
        t->chunk = t->shard;
        rc = open_nets(t, e);
    }
    if (!rc)
        rc = check_shapes(t, e);
    for (unsigned i = 0; !rc && i < t->config.threads; i++) {
        rc = allocate_worker(t, &t->workers[i], e);
        for (int side = 0; side < SIDES; side++)
            t->gradients[side][i] = grad_net_gradients(t->workers[i].nets[side]);
    }
    return rc;
}

/* --- checkpoints ------------------------------------------------------------------------------ */

static train_snapshot take_snapshot(trainer *t)
{
    const train_status *status = &t->status;
    train_snapshot s = {.settings = t->settings};
    s.figures = (train_figures){.total = t->config.samples,
                                .samples = status->samples,
                                .steps = t->steps,
                                .validated_at = status->validated_at,
                                .seconds = status->seconds,
                                .score = status->score,
                                .best_score = status->best_score,
                                .balance = t->balance};
    memcpy(s.figures.network, t->network, sizeof t->network);
    memcpy(s.figures.nmse_db, status->nmse_db, sizeof status->nmse_db);
    for (int side = 0; side < SIDES; side++) {
        const train_optimizer *o = &t->optimizers[side];
        float *vectors[] = {t->weights[side]->values, o->m, o->v, o->average,
                            t->validation.best[side]};
        enum { EACH = CHECKPOINT_VECTORS / SIDES };
        for (int i = 0; i < EACH; i++) {
            s.vectors[side * EACH + i].values = vectors[i];
            s.vectors[side * EACH + i].count = o->count;
        }
    }
    return s;
}

int trainer_checkpoint(trainer *t, const char *path, err *e)
{
    train_snapshot s = take_snapshot(t);
    return train_checkpoint_write(path, &s, e);
}

static int resume_from(trainer *t, const char *path, err *e)
{
    train_snapshot s = take_snapshot(t);
    int rc = train_checkpoint_read(path, &s, e);
    if (rc)
        return rc;
    train_status *status = &t->status;
    status->samples = s.figures.samples;
    status->validated_at = s.figures.validated_at;
    status->seconds = s.figures.seconds;
    status->score = s.figures.score;
    status->best_score = s.figures.best_score;
    memcpy(status->nmse_db, s.figures.nmse_db, sizeof status->nmse_db);
    /* Older trainers took the mean of decibels as the score, which is not comparable: forget that
     * best. */
    if (!(fabs(status->score - train_score_db(status->nmse_db, t->config.checks)) < 1e-6))
        status->best_score = NAN;
    t->steps = s.figures.steps;
    t->balance = s.figures.balance;
    return 0;
}

/* --- opening ---------------------------------------------------------------------------------- */

static int open_quantization(trainer *t, err *e)
{
    const train_quantize *q = &t->config.quantize;
    int sides = q->decoder ? SIDES : 1;
    if (q->scheme == GRAD_UNQUANTIZED)
        return 0;
    if (q->scheme == GRAD_STATIC) {
        t->ranges =
            calloc((size_t)nn_model_values(t->models[CODEC_ENCODER]) + 1, sizeof *t->ranges);
        if (!t->ranges)
            return no_memory(e);
    }
    for (int side = 0; side < sides; side++)
        t->quantization[side] = (grad_quantization){q->scheme, q->skip, q->wide, t->ranges};
    int rc = grad_names_check(q->skip, t->models, sides, e);
    return rc ? rc : grad_names_check(q->wide, t->models, sides, e);
}

static int find_ports(trainer *t, err *e)
{
    bool memory = false;
    for (int side = 0; side < SIDES; side++) {
        int rc = train_ports_find(t->models[side], (codec_side)side, &t->ports[side], e);
        if (rc)
            return err_prefix(e, "%s", side == CODEC_DECODER ? "decoder" : "encoder");
        memory |= t->ports[side].memories > 0;
    }
    if (memory && t->reports < 2)
        return err_set(e, ERR_INVALID,
                       "this pair remembers the previous report; train it over sequences "
                       "(sequence.length of 2 reports or more)");
    return 0;
}

static int open_networks(trainer *t, const train_pair *pair, err *e)
{
    t->models[CODEC_ENCODER] = pair->encoder;
    t->models[CODEC_DECODER] = pair->decoder;
    int rc = open_quantization(t, e);
    if (rc)
        return rc;
    rc = find_ports(t, e);
    if (rc)
        return rc;
    t->workers = calloc(t->config.threads, sizeof *t->workers);
    if (!t->workers)
        return no_memory(e);
    for (int side = 0; side < SIDES; side++) {
        t->network[side] = nn_model_hash(t->models[side]);
        t->weights[side] = grad_weights_open(t->models[side], e);
        t->gradients[side] = calloc(t->config.threads, sizeof(float *));
        if (!t->weights[side] || !t->gradients[side])
            return no_memory(e);
        rc = train_optimizer_init(&t->optimizers[side], t->weights[side], e);
        if (rc)
            return rc;
    }
    rc = train_ties_find((const grad_weights *const *)t->weights, &t->ties, e);
    return rc ? rc : open_workers(t, e);
}

static int open_all(trainer *t, const train_pair *pair, const char *resume, err *e)
{
    int rc = train_settings_check(&t->config, e);
    if (!rc)
        rc = open_networks(t, pair, e);
    if (!rc)
        rc = trainer_validation_open(t, e);
    if (!rc && !(t->settings = train_settings_text(&t->config)))
        rc = no_memory(e);
    if (!rc && resume)
        rc = resume_from(t, resume, e);
    if (rc)
        return rc;
    t->feed = train_feed_open(&t->config.feed, t->status.samples, e);
    t->threads = t->feed ? train_thread_pool_open(t->config.threads, e) : NULL;
    if (!t->threads)
        return ERR_INVALID; /* the callee set the message */
    rc = trainer_validation_draw(t, e);
    return !rc && t->ranges ? trainer_calibrate(t, e) : rc;
}

trainer *trainer_open(const train_config *config, train_pair *pair, const char *resume, err *e)
{
    trainer *t = calloc(1, sizeof *t);
    if (!t) {
        no_memory(e);
        return NULL;
    }
    t->config = *config;
    t->adam = (train_adam){.beta1 = config->beta1,
                           .beta2 = config->beta2,
                           .epsilon = config->epsilon,
                           .weight_decay = config->weight_decay,
                           .ema = config->ema};
    t->schedule = (train_schedule){.rate = config->learning_rate,
                                   .final_rate = config->final_rate,
                                   .warmup = config->warmup,
                                   .samples = config->samples};
    t->pixels = (size_t)2 * config->feed.dims.nt * config->feed.dims.ni;
    t->stride = t->pixels + (config->objective.lambda > 0);
    t->reports = config->feed.reports ? config->feed.reports : 1;
    t->sample = t->pixels * t->reports;
    t->status.total = config->samples;
    if (open_all(t, pair, resume, e) == 0)
        return t;
    trainer_free(t);
    return NULL;
}

void trainer_free(trainer *t)
{
    if (!t)
        return;
    train_thread_pool_free(t->threads);
    train_feed_close(t->feed);
    trainer_validation_close(t);
    close_workers(t);
    free(t->workers);
    for (int side = 0; side < SIDES; side++) {
        train_optimizer_free(&t->optimizers[side]);
        grad_weights_free(t->weights[side]);
        free(t->gradients[side]);
    }
    free(t->ties.list);
    free(t->ranges);
    free(t->settings);
    free(t);
}

/* --- running ---------------------------------------------------------------------------------- */

/* Sets a mark every half second; the speed is the mean since the oldest mark. */
static void keep_pace(train_pace *p, double seconds, train_status *status)
{
    static const double interval = 0.5;
    if (p->count == 0) {
        p->marks[0].samples = status->samples;
        p->count = 1;
        return;
    }
    p->seconds += seconds;
    double passed = p->seconds - p->marks[0].seconds;
    if (passed > 0)
        status->samples_per_s = (double)(status->samples - p->marks[0].samples) / passed;
    if (p->seconds - p->marks[p->count - 1].seconds < interval)
        return;
    if (p->count == PACE_MARKS)
        memmove(&p->marks[0], &p->marks[1], (size_t)--p->count * sizeof p->marks[0]);
    p->marks[p->count].seconds = p->seconds;
    p->marks[p->count++].samples = status->samples;
}

static double seconds_since(uint64_t start)
{
    return (double)(clock_ns() - start) * 1e-9;
}

/* True if the last step passed a multiple of validate_every or ended the run. */
static bool validation_is_due(const trainer *t)
{
    uint64_t every = t->config.validate_every, now = t->status.samples;
    return now / every != (now - t->config.batch) / every || trainer_complete(t);
}

static int advance(trainer *t, uint64_t samples, err *e)
{
    uint64_t begin = t->status.samples;
    double loss = 0, steps = 0;
    do {
        uint64_t start = clock_ns();
        int rc = trainer_step(t, e);
        if (rc)
            return rc;
        keep_pace(&t->pace, seconds_since(start), &t->status);
        loss += t->status.loss;
        t->status.loss = loss / ++steps;
    } while (t->status.samples - begin < samples && !validation_is_due(t));
    return validation_is_due(t) ? trainer_validate(t, e) : 0;
}

int trainer_advance(trainer *t, uint64_t samples, err *e)
{
    if (trainer_complete(t))
        return err_set(e, ERR_STATE, "the run of %" PRIu64 " samples is complete",
                       t->config.samples);
    uint64_t start = clock_ns();
    t->status.validated = false;
    int rc = advance(t, samples, e);
    t->status.seconds += seconds_since(start);
    return rc;
}

bool trainer_complete(const trainer *t)
{
    return t->status.samples >= t->config.samples;
}

const train_status *trainer_status(const trainer *t)
{
    return &t->status;
}

int trainer_store_best(trainer *t, err *e)
{
    bool validated = t->status.validated_at > 0;
    int rc = validated ? 0 : trainer_average(t, e);
    for (int side = 0; !rc && side < SIDES; side++) {
        float *values = t->validation.weights[side];
        if (validated)
            memcpy(values, t->validation.best[side], t->weights[side]->count * sizeof *values);
        grad_quantized_store(&t->quantization[side], t->weights[side], values);
        rc = grad_weights_store(t->weights[side], values, t->models[side], e);
    }
    return rc;
}
