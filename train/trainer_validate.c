/* Validation runs the averaged weights, in copies of the models, on the inference engine. It runs
 * quantized networks on a net that rounds as training does. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/decibel.h"
#include "csi/metrics.h"
#include "train/trainer_internal.h"

/* Marks a lost report in the array of NMSEs. */
static const double LOST = -1;

enum { VALIDATION_BATCH = 16, VALIDATION_SET = 0, STATISTICS_SET = 1, CALIBRATION_SET = 3 };

/* --- opening ---------------------------------------------------------------------------------- */

static float *draw_images(trainer *t, uint64_t set, size_t count, err *e)
{
    float *images = train_vector_new(count * t->sample);
    if (!images) {
        err_set(e, ERR_NOMEM, "no memory for %zu samples of validation", count);
        return NULL;
    }
    if (train_feed_holdout(t->feed, -1, set, count, images, e) == 0)
        return images;
    free(images);
    return NULL;
}

static int draw_statistics(trainer *t, err *e)
{
    train_validation *v = &t->validation;
    if (!t->batch_norm)
        return 0;
    v->passes = (t->config.statistics + t->config.batch - 1) / t->config.batch;
    if (v->passes == 0)
        v->passes = 1;
    v->statistics = draw_images(t, STATISTICS_SET, v->passes * t->config.batch, e);
    return v->statistics ? 0 : ERR_NOMEM;
}

int trainer_validation_open(trainer *t, err *e)
{
    train_validation *v = &t->validation;
    for (int side = 0; side < SIDES; side++) {
        v->models[side] = nn_model_copy(t->models[side], e);
        if (!v->models[side])
            return ERR_NOMEM;
        v->weights[side] = train_vector_new(t->weights[side]->count);
        v->best[side] = train_vector_new(t->weights[side]->count);
        if (!v->weights[side] || !v->best[side])
            return err_set(e, ERR_NOMEM, "no memory for the best weights");
    }
    v->bits = calloc(t->config.validation, sizeof *v->bits);
    v->nmse = calloc(t->config.checks * t->config.validation * t->reports, sizeof *v->nmse);
    return v->nmse && v->bits ? 0 : err_set(e, ERR_NOMEM, "no memory for validation");
}

int trainer_validation_draw(trainer *t, err *e)
{
    t->validation.images = draw_images(t, VALIDATION_SET, t->config.validation, e);
    return t->validation.images ? draw_statistics(t, e) : ERR_NOMEM;
}

void trainer_validation_close(trainer *t)
{
    train_validation *v = &t->validation;
    for (int side = 0; side < SIDES; side++) {
        nn_model_free(v->models[side]);
        free(v->weights[side]);
        free(v->best[side]);
    }
    free(v->images);
    free(v->statistics);
    free(v->nmse);
    free(v->bits);
}

float *trainer_calibration_images(trainer *t, err *e)
{
    return draw_images(t, CALIBRATION_SET, t->config.quantize.calibration, e);
}

/* Measures the ranges with the model's initial weights, also in a resumed run, which therefore gets
 * the same ranges. */
int trainer_calibrate(trainer *t, err *e)
{
    float *images = trainer_calibration_images(t, e);
    int rc = images ? grad_calibrate(&t->quantization[CODEC_ENCODER], t->models[CODEC_ENCODER],
                                     images, t->config.quantize.calibration, t->ranges, e)
                    : ERR_NOMEM;
    free(images);
    return rc;
}

/* --- exact statistics of batch norm ----------------------------------------------------------- */

static void restart_statistics(const trainer *t, train_worker *w)
{
    w->error = (err){0};
    for (int side = 0; side < SIDES; side++) {
        grad_net_refresh(w->nets[side]);
        grad_net_statistics_take(w->nets[side], w->sums[side]);
        memset(w->sums[side], 0, t->weights[side]->count * sizeof(double));
    }
}

static void gather_statistics(void *arg, unsigned thread)
{
    trainer *t = arg;
    train_worker *w = &t->workers[thread];
    restart_statistics(t, w);
    for (size_t pass = 0; pass < t->validation.passes; pass++) {
        size_t first = pass * t->config.batch + thread * t->shard;
        memcpy(w->track.images, t->validation.statistics + first * t->sample,
               t->shard * t->sample * sizeof *w->track.images);
        if (trainer_forward(t, w, &t->config.objective, TRAIN_STATISTICS_INDEX + first))
            return;
    }
    for (int side = 0; side < SIDES; side++)
        w->forwards[side] = grad_net_statistics_take(w->nets[side], w->sums[side]);
}

/* Adds the sums of all threads, in the order of the threads. */
static void put_statistics(trainer *t, int side)
{
    double *sums = t->workers[0].sums[side], forwards = (double)t->workers[0].forwards[side];
    for (unsigned i = 1; i < t->config.threads; i++) {
        for (size_t k = 0; k < t->weights[side]->count; k++)
            sums[k] += t->workers[i].sums[side][k];
        forwards += (double)t->workers[i].forwards[side];
    }
    grad_statistics_put(t->weights[side], sums, forwards, t->validation.weights[side]);
}

static void swap_weights(trainer *t)
{
    for (int side = 0; side < SIDES; side++) {
        float *a = t->weights[side]->values, *b = t->validation.weights[side];
        for (size_t i = 0; i < t->weights[side]->count; i++) {
            float value = a[i];
            a[i] = b[i];
            b[i] = value;
        }
    }
}

int trainer_average(trainer *t, err *e)
{
    for (int side = 0; side < SIDES; side++)
        memcpy(t->validation.weights[side], t->optimizers[side].average,
               t->weights[side]->count * sizeof(float));
    if (!t->batch_norm)
        return 0;
    /* The nets read the live weights, so swap the averages in meanwhile. */
    swap_weights(t);
    train_thread_pool_run(t->threads, gather_statistics, t);
    swap_weights(t);
    int rc = trainer_gather_error(t, e);
    if (rc)
        return err_prefix(e, "statistics of batch norm");
    for (int side = 0; side < SIDES; side++)
        put_statistics(t, side);
    return 0;
}

/* --- validation ------------------------------------------------------------------------------- */

/* One thread's networks with the weights under test: sessions, or nets that round. */
typedef struct bench {
    nn_session *sessions[SIDES];
    grad_net *nets[SIDES];
    grad_weights weights[SIDES]; /* the trainer's, with other values */
    float noise[ONNX_CODEWORD_MAX];
    train_outcome outcomes[VALIDATION_BATCH][TRAIN_REPORTS_MAX];
    /* [reports][VALIDATION_BATCH][held]: the encoder's, then the decoder's at each SNR */
    float *memory[1 + TRAIN_CHECKS_MAX];
} bench;

static int open_bench(const trainer *t, bench *b, err *e)
{
    for (int side = 0; side < SIDES; side++) {
        if (t->quantization[side].scheme == GRAD_UNQUANTIZED) {
            b->sessions[side] = nn_session_open(t->validation.models[side], VALIDATION_BATCH, e);
        } else {
            b->weights[side] = *t->weights[side];
            b->weights[side].values = t->validation.weights[side];
            b->nets[side] = grad_net_open_quantized(&b->weights[side], &t->quantization[side],
                                                    VALIDATION_BATCH, false, e);
        }
        if (!b->sessions[side] && !b->nets[side])
            return ERR_NOMEM;
    }
    for (size_t i = 0; i <= t->config.checks; i++) {
        size_t held = t->ports[i > 0].held * t->reports * VALIDATION_BATCH;
        b->memory[i] = calloc(held + 1, sizeof(float));
        if (!b->memory[i])
            return err_set(e, ERR_NOMEM, "no memory for validation");
    }
    return 0;
}

static void close_bench(bench *b)
{
    for (int side = 0; side < SIDES; side++) {
        nn_session_free(b->sessions[side]);
        grad_net_free(b->nets[side]);
    }
    for (int i = 0; i <= TRAIN_CHECKS_MAX; i++)
        free(b->memory[i]);
}

static float *bench_input(const bench *b, codec_side side, int index)
{
    return b->nets[side] ? grad_net_input(b->nets[side], index)->data
                         : nn_session_input(b->sessions[side], index)->data;
}

static const float *bench_output(const bench *b, codec_side side, int index)
{
    return b->nets[side] ? grad_net_output_at(b->nets[side], index)->data
                         : nn_session_output(b->sessions[side], index)->data;
}

static int run_bench(const bench *b, codec_side side, err *e)
{
    return b->nets[side] ? grad_net_forward(b->nets[side], e)
                         : nn_session_run(b->sessions[side], e);
}

/* Runs one side on one report, from the memory that it builds on to the memory after it. */
static int run_from(const trainer *t, bench *b, codec_side side, float *memory, unsigned report,
                    err *e)
{
    const train_ports *ports = &t->ports[side];
    size_t block = VALIDATION_BATCH * ports->held;
    for (int k = 0; k < ports->memories; k++) {
        const train_memory_port *port = &ports->memory[k];
        float *to = bench_input(b, side, port->input);
        for (size_t i = 0; i < VALIDATION_BATCH; i++, to += port->count) {
            int base = b->outcomes[i][report].base;
            const float *from = memory + (size_t)(base < 0 ? 0 : base) * block + i * ports->held;
            memset(to, 0, port->count * sizeof *to);
            if (base >= 0)
                memcpy(to, from + port->offset, port->count * sizeof *to);
        }
    }
    int rc = run_bench(b, side, e);
    for (int k = 0; !rc && k < ports->memories; k++) {
        const train_memory_port *port = &ports->memory[k];
        const float *from = bench_output(b, side, port->output);
        for (size_t i = 0; i < VALIDATION_BATCH; i++, from += port->count)
            memcpy(memory + report * block + i * ports->held + port->offset, from,
                   port->count * sizeof *from);
    }
    return rc;
}

/* Sends and decodes one encoded report of the samples from `first` on, at one SNR. */
static int check_block(trainer *t, bench *b, size_t check, size_t first, size_t count,
                       unsigned report, err *e)
{
    size_t n = t->codeword;
    double *nmse = t->validation.nmse + check * t->config.validation * t->reports;
    double snr_db = t->config.check_snr_db[check];
    train_objective objective = {.snr_min_db = snr_db,
                                 .snr_max_db = snr_db,
                                 .clean = isinf(snr_db) ? 1 : 0,
                                 .references = t->config.objective.references,
                                 .seed = t->config.seed};
    const float *codewords = bench_output(b, CODEC_ENCODER, 0);
    float *received = bench_input(b, CODEC_DECODER, 0);
    int snr = t->ports[CODEC_DECODER].snr;
    bool rounded = t->config.objective.lambda > 0;
    for (size_t i = 0; rounded && i < count * n; i++)
        received[i] = rintf(codewords[i]);
    for (size_t i = 0; !rounded && i < count; i++) {
        train_link link;
        float estimate;
        train_link_forward(&objective, TRAIN_VALIDATION_INDEX + (first + i) * t->reports + report,
                           codewords + i * n, n, received + i * n, b->noise, &link, &estimate);
        if (snr)
            bench_input(b, CODEC_DECODER, snr)[i] = estimate;
    }
    int rc = run_from(t, b, CODEC_DECODER, b->memory[1 + check], report, e);
    const float *output = bench_output(b, CODEC_DECODER, 0);
    for (size_t i = 0; !rc && i < count; i++) {
        const float *image = output + i * t->stride;
        nmse[(first + i) * t->reports + report] =
            b->outcomes[i][report].lost
                ? LOST
                : csi_nmse_image(t->validation.images + (first + i) * t->sample +
                                     report * t->pixels,
                                 image, t->pixels);
        t->validation.bits[first + i] = t->stride > t->pixels ? (double)image[t->pixels] : 0;
    }
    return rc;
}

static int validate_block(trainer *t, bench *b, size_t first, err *e)
{
    size_t left = t->config.validation - first;
    size_t count = left < VALIDATION_BATCH ? left : VALIDATION_BATCH;
    float *images = bench_input(b, CODEC_ENCODER, 0);
    for (size_t i = 0; i < VALIDATION_BATCH; i++)
        train_sequence_draw(&t->config.sequence, t->config.seed, TRAIN_VALIDATION_INDEX + first + i,
                            t->reports, b->outcomes[i]);
    int rc = 0;
    for (unsigned report = 0; !rc && report < t->reports; report++) {
        for (size_t i = 0; i < count; i++)
            memcpy(images + i * t->pixels,
                   t->validation.images + (first + i) * t->sample + report * t->pixels,
                   t->pixels * sizeof *images);
        rc = run_from(t, b, CODEC_ENCODER, b->memory[0], report, e);
        for (size_t check = 0; !rc && check < t->config.checks; check++)
            rc = check_block(t, b, check, first, count, report, e);
    }
    return rc;
}

static int validate_blocks(trainer *t, bench *b, unsigned thread, err *e)
{
    int rc = open_bench(t, b, e);
    size_t step = (size_t)VALIDATION_BATCH * t->config.threads;
    for (size_t at = (size_t)VALIDATION_BATCH * thread; !rc && at < t->config.validation;
         at += step)
        rc = validate_block(t, b, at, e);
    return rc;
}

static void validate_share(void *arg, unsigned thread)
{
    trainer *t = arg;
    err *e = &t->workers[thread].error;
    *e = (err){0};
    bench *b = calloc(1, sizeof *b);
    if (!b) {
        err_set(e, ERR_NOMEM, "no memory for validation");
        return;
    }
    validate_blocks(t, b, thread, e);
    close_bench(b);
    free(b);
}

static int take_score(trainer *t, err *e)
{
    size_t total = t->config.validation * t->reports;
    for (size_t check = 0; check < t->config.checks; check++) {
        double sum = 0;
        size_t arrived = 0;
        const double *nmse = t->validation.nmse + check * total;
        for (size_t i = 0; i < total; i++) {
            bool lost = nmse[i] == LOST;
            sum += lost ? 0 : nmse[i];
            arrived += !lost;
        }
        if (arrived == 0)
            return err_set(e, ERR_INVALID, "no report of the %zu samples of validation arrives",
                           t->config.validation);
        t->status.nmse_db[check] = db_of_power(sum / (double)arrived);
    }
    t->status.score = train_score_db(t->status.nmse_db, t->config.checks);
    t->status.bits = 0;
    for (size_t i = 0; i < t->config.validation; i++)
        t->status.bits += t->validation.bits[i] / (double)t->config.validation;
    /* With lambda a lower NMSE can cost more bits, so the last weights are the best. */
    bool first = t->status.validated_at == 0 || isnan(t->status.best_score) ||
                 t->config.objective.lambda > 0;
    t->status.validated = true;
    t->status.validated_at = t->status.samples;
    if (!first && !(t->status.score < t->status.best_score))
        return 0;
    t->status.best_score = t->status.score;
    for (int side = 0; side < SIDES; side++)
        memcpy(t->validation.best[side], t->validation.weights[side],
               t->weights[side]->count * sizeof(float));
    return 0;
}

int trainer_validate(trainer *t, err *e)
{
    int rc = trainer_average(t, e);
    for (int side = 0; !rc && side < SIDES; side++)
        rc = grad_weights_store(t->weights[side], t->validation.weights[side],
                                t->validation.models[side], e);
    if (rc)
        return rc;
    train_thread_pool_run(t->threads, validate_share, t);
    rc = trainer_gather_error(t, e);
    if (rc)
        return err_prefix(e, "validation");
    return take_score(t, e);
}
