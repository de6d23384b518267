/* Runs one chunk through a sequence of reports, forward and backward: back-propagation through time
 * over all reports. The nets hold one report at a time. The forward pass keeps the memories of both
 * ends after each report. The backward pass goes from the last report to the first. It runs each
 * report again from the memory that it builds on (with the same bits, since link and networks are
 * pure) and passes the gradient of that memory to the report that made it. This costs one more
 * forward run of every report but the last; in return only the memories are kept for each report,
 * not all activations. */
#include <stdlib.h>
#include <string.h>

#include "train/trainer_internal.h"

/* --- memory ----------------------------------------------------------------------------------- */

int trainer_track_open(const trainer *t, train_track *track, err *e)
{
    size_t reports = t->reports * t->chunk;
    track->images = train_vector_new(t->chunk * t->sample);
    track->outcomes = calloc(reports, sizeof *track->outcomes);
    bool failed = !track->images || !track->outcomes;
    for (int side = 0; side < SIDES; side++) {
        size_t held = t->ports[side].held * reports;
        track->memory[side] = calloc(held + 1, sizeof(float));
        track->d_memory[side] = calloc(held + 1, sizeof(float));
        failed |= !track->memory[side] || !track->d_memory[side];
    }
    return failed ? err_set(e, ERR_NOMEM, "no memory for sequences of %u reports", t->reports) : 0;
}

void trainer_track_close(train_track *track)
{
    free(track->images);
    free(track->outcomes);
    for (int side = 0; side < SIDES; side++) {
        free(track->memory[side]);
        free(track->d_memory[side]);
    }
    *track = (train_track){0};
}

const train_outcome *trainer_outcome(const trainer *t, const train_track *track, unsigned report,
                                     size_t i)
{
    return &track->outcomes[i * t->reports + report];
}

/* --- one report ------------------------------------------------------------------------------- */

/* The memory of sample i of the chunk after a report. */
static float *memory_at(const trainer *t, float *memory, int side, unsigned report, size_t i)
{
    return memory + (report * t->chunk + i) * t->ports[side].held;
}

static void put_memory(const trainer *t, train_worker *w, int side, unsigned report)
{
    const train_ports *ports = &t->ports[side];
    for (int k = 0; k < ports->memories; k++) {
        const train_memory_port *port = &ports->memory[k];
        float *to = grad_net_input(w->nets[side], port->input)->data;
        for (size_t i = 0; i < t->chunk; i++, to += port->count) {
            int base = trainer_outcome(t, &w->track, report, i)->base;
            if (base < 0)
                memset(to, 0, port->count * sizeof *to);
            else
                memcpy(to,
                       memory_at(t, w->track.memory[side], side, (unsigned)base, i) + port->offset,
                       port->count * sizeof *to);
        }
    }
}

static void take_memory(const trainer *t, train_worker *w, int side, unsigned report)
{
    const train_ports *ports = &t->ports[side];
    for (int k = 0; k < ports->memories; k++) {
        const train_memory_port *port = &ports->memory[k];
        const float *from = grad_net_output_at(w->nets[side], port->output)->data;
        for (size_t i = 0; i < t->chunk; i++, from += port->count)
            memcpy(memory_at(t, w->track.memory[side], side, report, i) + port->offset, from,
                   port->count * sizeof *from);
    }
}

static void cross_link(const trainer *t, train_worker *w, const train_objective *objective,
                       uint64_t index, unsigned report)
{
    size_t n = t->codeword;
    grad_net *decoder = w->nets[CODEC_DECODER];
    const float *codewords = grad_net_output(w->nets[CODEC_ENCODER])->data;
    float *received = grad_net_input(decoder, 0)->data;
    int snr = t->ports[CODEC_DECODER].snr;
    float *snr_db = snr ? grad_net_input(decoder, snr)->data : NULL;
    for (size_t i = 0; i < t->chunk; i++) {
        float estimate;
        train_link_forward(objective, (index + i) * t->reports + report, codewords + i * n, n,
                           received + i * n, w->noise + i * n, &w->links[i], &estimate);
        if (snr_db)
            snr_db[i] = estimate;
    }
}

/* Encoder, link and decoder of one report, forward. */
static int run_report(const trainer *t, train_worker *w, const train_objective *objective,
                      uint64_t index, unsigned report)
{
    float *image = grad_net_input(w->nets[CODEC_ENCODER], 0)->data;
    for (size_t i = 0; i < t->chunk; i++)
        memcpy(image + i * t->pixels, w->track.images + i * t->sample + report * t->pixels,
               t->pixels * sizeof *image);
    put_memory(t, w, CODEC_ENCODER, report);
    if (grad_net_forward(w->nets[CODEC_ENCODER], &w->error))
        return err_prefix(&w->error, "encoder");
    cross_link(t, w, objective, index, report);
    put_memory(t, w, CODEC_DECODER, report);
    if (grad_net_forward(w->nets[CODEC_DECODER], &w->error))
        return err_prefix(&w->error, "decoder");
    return 0;
}

int trainer_forward(const trainer *t, train_worker *w, const train_objective *objective,
                    uint64_t index)
{
    for (size_t i = 0; i < t->chunk; i++)
        train_sequence_draw(&t->config.sequence, objective->seed, index + i, t->reports,
                            w->track.outcomes + i * t->reports);
    for (unsigned report = 0; report < t->reports; report++) {
        int rc = run_report(t, w, objective, index, report);
        if (rc)
            return rc;
        for (int side = 0; side < SIDES; side++)
            take_memory(t, w, side, report);
    }
    return 0;
}

/* --- backward --------------------------------------------------------------------------------- */

/* The loss of every report, and its gradient at the decoder's output. A lost report has neither:
 * the base station keeps an older reconstruction, which does not depend on this report. */
static void measure(const trainer *t, train_worker *w, unsigned report)
{
    const train_objective *objective = &t->config.objective;
    grad_net *decoder = w->nets[CODEC_DECODER];
    const float *target = grad_net_input(w->nets[CODEC_ENCODER], 0)->data;
    const float *output = grad_net_output(decoder)->data;
    float *gradient = grad_net_output_gradient(decoder);
    double count = (double)t->config.batch * t->reports;
    double bit = objective->lambda > 0 ? 1 / objective->lambda / count : 0;
    for (size_t i = 0, at = 0, to = 0; i < t->chunk; i++, at += t->pixels, to += t->stride) {
        int bin = w->links[i].bin;
        if (trainer_outcome(t, &w->track, report, i)->lost) {
            memset(gradient + to, 0, t->stride * sizeof *gradient);
            continue;
        }
        double weight = train_balance_weight(objective, &t->balance, bin) / count;
        w->nmse_sum[bin] += train_loss_sample(objective->loss, target + at, output + to, t->pixels,
                                              weight, gradient + to);
        if (t->stride > t->pixels) {
            w->bits += (double)output[to + t->pixels];
            gradient[to + t->pixels] = (float)bit;
        }
        w->samples[bin]++;
    }
}

/* The gradient of the memory after this report, summed over the reports that build on it. */
static void put_memory_gradients(const trainer *t, train_worker *w, int side, unsigned report)
{
    const train_ports *ports = &t->ports[side];
    for (int k = 0; k < ports->memories; k++) {
        const train_memory_port *port = &ports->memory[k];
        float *to = grad_net_output_gradient_at(w->nets[side], port->output);
        for (size_t i = 0; i < t->chunk; i++, to += port->count)
            memcpy(to, memory_at(t, w->track.d_memory[side], side, report, i) + port->offset,
                   port->count * sizeof *to);
    }
}

static void add_memory_gradients(const trainer *t, train_worker *w, int side, unsigned report)
{
    const train_ports *ports = &t->ports[side];
    for (int k = 0; k < ports->memories; k++) {
        const train_memory_port *port = &ports->memory[k];
        const float *from = grad_net_input_gradient_at(w->nets[side], port->input);
        for (size_t i = 0; i < t->chunk; i++, from += port->count) {
            int base = trainer_outcome(t, &w->track, report, i)->base;
            if (base < 0)
                continue;
            float *to =
                memory_at(t, w->track.d_memory[side], side, (unsigned)base, i) + port->offset;
            for (size_t j = 0; j < port->count; j++)
                to[j] += from[j];
        }
    }
}

static void reverse_report(const trainer *t, train_worker *w, unsigned report)
{
    size_t n = t->codeword;
    grad_net *encoder = w->nets[CODEC_ENCODER], *decoder = w->nets[CODEC_DECODER];
    put_memory_gradients(t, w, CODEC_DECODER, report);
    grad_net_backward(decoder);
    add_memory_gradients(t, w, CODEC_DECODER, report);
    const float *codewords = grad_net_output(encoder)->data;
    const float *d_received = grad_net_input_gradient(decoder);
    float *d_codewords = grad_net_output_gradient(encoder);
    for (size_t i = 0; i < t->chunk; i++)
        train_link_backward(&w->links[i], codewords + i * n, w->noise + i * n, d_received + i * n,
                            n, d_codewords + i * n);
    put_memory_gradients(t, w, CODEC_ENCODER, report);
    grad_net_backward(encoder);
    add_memory_gradients(t, w, CODEC_ENCODER, report);
}

int trainer_backward(const trainer *t, train_worker *w, const train_objective *objective,
                     uint64_t index)
{
    for (int side = 0; side < SIDES; side++)
        memset(w->track.d_memory[side], 0,
               t->ports[side].held * t->reports * t->chunk * sizeof(float));
    for (unsigned report = t->reports; report-- > 0;) {
        int rc = report + 1 < t->reports ? run_report(t, w, objective, index, report) : 0;
        if (rc)
            return rc;
        measure(t, w, report);
        reverse_report(t, w, report);
    }
    return 0;
}
