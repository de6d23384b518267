/* RNN, GRU and LSTM as in ONNX: every gate, activation, peephole, direction and layout.
 *
 * One product over all steps computes the input's part of all gates; then each step adds the
 * product of the state and does the rest elementwise. */
#include <inttypes.h>
#include <math.h>
#include <string.h>
#include <strings.h>

#include "nn/kernels/elementwise.h"
#include "nn/kernels/gemm.h"
#include "nn/ops/ops.h"

enum { IN_X, IN_W, IN_R, IN_B, IN_LENGTHS, IN_H, IN_C, IN_P };
enum { RNN, GRU, LSTM };
enum { ACTIVATIONS_MAX = 3, DIRECTIONS_MAX = 2 };

typedef enum activation_kind {
    BEND_SIGMOID,
    BEND_TANH,
    BEND_RELU,
    BEND_LEAKY_RELU,
    BEND_THRESHOLDED_RELU,
    BEND_HARD_SIGMOID,
    BEND_ELU,
    BEND_AFFINE,
    BEND_SCALED_TANH,
    BEND_SOFTSIGN,
    BEND_SOFTPLUS,
    ACTIVATIONS
} activation_kind;

/* An activation with its parameters. */
typedef struct activation {
    activation_kind kind;
    float alpha, beta;
} activation;

static const struct {
    const char *name;
    bool has_alpha, has_beta;
    float alpha, beta; /* the defaults */
} activations[ACTIVATIONS] = {
    [BEND_SIGMOID] = {.name = "Sigmoid"},
    [BEND_TANH] = {.name = "Tanh"},
    [BEND_RELU] = {.name = "Relu"},
    [BEND_LEAKY_RELU] = {"LeakyRelu", true, false, 0.01f, 0},
    [BEND_THRESHOLDED_RELU] = {"ThresholdedRelu", true, false, 1, 0},
    [BEND_HARD_SIGMOID] = {"HardSigmoid", true, true, 0.2f, 0.5f},
    [BEND_ELU] = {"Elu", true, false, 1, 0},
    [BEND_AFFINE] = {"Affine", true, true, 1, 0},
    [BEND_SCALED_TANH] = {"ScaledTanh", true, true, 1, 1},
    [BEND_SOFTSIGN] = {.name = "Softsign"},
    [BEND_SOFTPLUS] = {.name = "Softplus"},
};

typedef struct recurrent {
    int kind;
    int64_t steps, batch, inputs, hidden, gates, directions;
    bool batch_first, backward; /* backward: the only direction is reverse */
    bool couples;               /* LSTM: the forget gate is 1 - the input gate */
    bool resets_product;        /* GRU: linear_before_reset */
    float clip;                 /* 0: none */
    activation activation[DIRECTIONS_MAX][ACTIVATIONS_MAX];
} recurrent;

static int gates_of(int kind)
{
    return kind == LSTM ? 4 : kind == GRU ? 3 : 1;
}

/* The number of activations of a direction. */
static int activations_of(int kind)
{
    return kind == LSTM ? 3 : kind == GRU ? 2 : 1;
}

/* --- reading ------------------------------------------------------------------------------------
 */

static int find_activation(const char *name, activation *b, err *e)
{
    for (int i = 0; i < ACTIVATIONS; i++)
        if (strcasecmp(activations[i].name, name) == 0) {
            b->kind = (activation_kind)i;
            return 0;
        }
    return err_set(e, ERR_UNSUPPORTED, "csilink does not have its activation '%.40s'", name);
}

/* The lists of alpha and beta have an entry for each activation with that parameter, in order. */
static int read_activations(const nn_step *step, recurrent *r, err *e)
{
    static const char *const usual[][ACTIVATIONS_MAX] = {
        [RNN] = {"Tanh"}, [GRU] = {"Sigmoid", "Tanh"}, [LSTM] = {"Sigmoid", "Tanh", "Tanh"}};
    const nn_attr *names = nn_find_attr(step->node, "activations");
    const nn_attr *alpha = nn_find_attr(step->node, "activation_alpha");
    const nn_attr *beta = nn_find_attr(step->node, "activation_beta");
    int count = activations_of(r->kind), all = count * (int)r->directions, rc = 0;
    size_t next_alpha = 0, next_beta = 0;
    if (names && names->count != (size_t)all)
        return err_set(e, ERR_FORMAT, "it has %zu activations; %d directions need %d", names->count,
                       (int)r->directions, all);
    for (int i = 0; !rc && i < all; i++) {
        activation *b = &r->activation[i / count][i % count];
        rc = find_activation(names ? names->strings[i] : usual[r->kind][i % count], b, e);
        if (rc)
            return rc;
        b->alpha = activations[b->kind].alpha;
        b->beta = activations[b->kind].beta;
        if (activations[b->kind].has_alpha && alpha && next_alpha < alpha->count)
            b->alpha = alpha->floats[next_alpha++];
        if (activations[b->kind].has_beta && beta && next_beta < beta->count)
            b->beta = beta->floats[next_beta++];
    }
    return rc;
}

static int need_shape(const nn_step *step, int k, int rank, const int64_t *dims, err *e)
{
    const nn_tensor *t = nn_in(step, k);
    nn_dims_text have, want;
    if (!t)
        return 0;
    int rc = nn_need_dtype(step, k, NN_FLOAT, e);
    if (rc || (t->rank == rank && memcmp(t->dims, dims, (size_t)rank * sizeof *dims) == 0))
        return rc;
    return err_set(e, ERR_FORMAT, "input %d has shape %s; it must be %s", k,
                   nn_dims_print(&have, t->rank, t->dims), nn_dims_print(&want, rank, dims));
}

static int check_shapes(const nn_step *step, const recurrent *r, err *e)
{
    int64_t d = r->directions, rows = r->gates * r->hidden;
    int64_t state[3] = {r->batch_first ? r->batch : d, r->batch_first ? d : r->batch, r->hidden};
    int rc = need_shape(step, IN_W, 3, (int64_t[]){d, rows, r->inputs}, e);
    if (!rc)
        rc = need_shape(step, IN_R, 3, (int64_t[]){d, rows, r->hidden}, e);
    if (!rc)
        rc = need_shape(step, IN_B, 2, (int64_t[]){d, 2 * rows}, e);
    if (!rc)
        rc = need_shape(step, IN_H, 3, state, e);
    if (!rc && r->kind == LSTM)
        rc = need_shape(step, IN_C, 3, state, e);
    if (!rc && r->kind == LSTM)
        rc = need_shape(step, IN_P, 2, (int64_t[]){d, 3 * r->hidden}, e);
    const nn_tensor *lengths = nn_in(step, IN_LENGTHS);
    if (rc || !lengths)
        return rc;
    if (lengths->rank != 1 || lengths->dims[0] != r->batch)
        return err_set(e, ERR_FORMAT, "its sequence_lens has %zu values; the batch is %" PRId64,
                       lengths->count, r->batch);
    return nn_need_dtype(step, IN_LENGTHS, NN_INT32, e);
}

static int read_direction(const nn_step *step, recurrent *r, err *e)
{
    const char *direction = nn_attr_string(step->node, "direction", "forward");
    bool both = strcmp(direction, "bidirectional") == 0;
    r->backward = strcmp(direction, "reverse") == 0;
    r->directions = both ? 2 : 1;
    if (!both && !r->backward && strcmp(direction, "forward") != 0)
        return err_set(e, ERR_FORMAT,
                       "its direction is '%.40s'; it must be forward, reverse or bidirectional",
                       direction);
    return 0;
}

static int read_recurrent(const nn_step *step, recurrent *r, err *e)
{
    const nn_tensor *x = step->in[IN_X], *recurrence = step->in[IN_R];
    *r = (recurrent){.kind = step->op->variant, .gates = gates_of(step->op->variant)};
    int rc = nn_need_dtype(step, IN_X, NN_FLOAT, e);
    if (!rc)
        rc = nn_need_rank(step, IN_X, 3, 3, e);
    if (!rc)
        rc = nn_need_rank(step, IN_R, 3, 3, e);
    if (!rc)
        rc = read_direction(step, r, e);
    if (rc)
        return rc;
    r->batch_first = nn_attr_int(step->node, "layout", 0) != 0;
    r->steps = x->dims[r->batch_first ? 1 : 0];
    r->batch = x->dims[r->batch_first ? 0 : 1];
    r->inputs = x->dims[2];
    r->hidden = recurrence->dims[2];
    r->couples = nn_attr_int(step->node, "input_forget", 0) != 0;
    r->resets_product = nn_attr_int(step->node, "linear_before_reset", 0) != 0;
    r->clip = nn_attr_float(step->node, "clip", 0);
    int64_t claimed = nn_attr_int(step->node, "hidden_size", r->hidden);
    if (claimed != r->hidden)
        return err_set(e, ERR_FORMAT, "its hidden_size is %" PRId64 ", but input 2 is for %" PRId64,
                       claimed, r->hidden);
    if (r->steps > INT32_MAX || r->batch > INT32_MAX || r->inputs > INT32_MAX ||
        r->hidden > INT32_MAX / 8 || (r->steps && r->batch > INT32_MAX / r->steps))
        return err_set(e, ERR_UNSUPPORTED, "it is larger than 2^31 in a dimension");
    if (!(r->clip >= 0))
        return err_set(e, ERR_FORMAT, "its clip is %g; it must be above 0", (double)r->clip);
    rc = check_shapes(step, r, e);
    return rc ? rc : read_activations(step, r, e);
}

static int infer_recurrent(nn_step *step, err *e)
{
    recurrent r;
    int rc = read_recurrent(step, &r, e);
    if (rc)
        return rc;
    int64_t all[4] = {r.steps, r.directions, r.batch, r.hidden};
    int64_t last[3] = {r.directions, r.batch, r.hidden};
    if (r.batch_first) {
        memcpy(all, (int64_t[]){r.batch, r.steps, r.directions, r.hidden}, sizeof all);
        memcpy(last, (int64_t[]){r.batch, r.directions, r.hidden}, sizeof last);
    }
    if (nn_out(step, 0))
        rc = nn_tensor_shape(step->out[0], NN_FLOAT, 4, all, e);
    for (int k = 1; !rc && k < 3; k++)
        if (nn_out(step, k))
            rc = nn_tensor_shape(step->out[k], NN_FLOAT, 3, last, e);
    double macs = (double)r.steps * (double)r.batch * (double)r.directions * (double)r.gates *
                  (double)r.hidden * ((double)r.inputs + (double)r.hidden);
    step->macs = macs < 0x1p62 ? (int64_t)macs : INT64_MAX;
    return rc;
}

/* --- running ------------------------------------------------------------------------------------
 */

/* One running direction; the arrays are in the step's scratch. */
typedef struct work {
    const recurrent *r;
    int64_t direction;
    bool backward;
    const activation *activation;
    const float *recurrence;     /* [gates * hidden][hidden] */
    const float *candidate_bias; /* GRU: bias that the reset gate multiplies; NULL: none */
    const float *peephole;       /* [3 * hidden]: input, output, forget; NULL: none */
    const int32_t *length;       /* of each sample; NULL: all steps */
    float *bias;                 /* [gates * hidden] */
    float *from_input;           /* [steps * batch, in the order of x][gates * hidden] */
    float *gate;                 /* [batch][gates * hidden]; of a GRU the first two */
    float *candidate, *reset;    /* [batch][hidden] */
    float *h, *c;                /* [batch][hidden] */
} work;

static int prepare_recurrent(nn_step *step, err *e)
{
    recurrent *r = nn_new_state(step, sizeof *r, e);
    if (!r)
        return ERR_NOMEM;
    int rc = read_recurrent(step, r, e);
    if (rc)
        return rc;
    double wide = (double)r->gates * (double)r->hidden, batch = (double)r->batch;
    double floats =
        (double)r->steps * batch * wide + batch * wide + wide + 4 * batch * (double)r->hidden;
    if (floats > 0x1p40)
        return err_set(e, ERR_NOMEM, "it needs %.3g values of scratch memory", floats);
    step->scratch_bytes = (size_t)floats * sizeof(float);
    return 0;
}

static void apply(const activation *b, float *x, size_t n)
{
    float alpha = b->alpha, beta = b->beta;
    switch (b->kind) {
    case BEND_SIGMOID:
        nn_activate(NN_ACT_SIGMOID, 0, x, x, n);
        return;
    case BEND_TANH:
        nn_activate(NN_ACT_TANH, 0, x, x, n);
        return;
    case BEND_RELU:
        nn_activate(NN_ACT_RELU, 0, x, x, n);
        return;
    case BEND_LEAKY_RELU:
        nn_activate(NN_ACT_LEAKY_RELU, alpha, x, x, n);
        return;
    default:
        break;
    }
    for (size_t i = 0; i < n; i++) {
        float v = x[i];
        switch (b->kind) {
        case BEND_THRESHOLDED_RELU:
            x[i] = v > alpha ? v : 0;
            break;
        case BEND_HARD_SIGMOID:
            x[i] = fmaxf(0, fminf(1, alpha * v + beta));
            break;
        case BEND_ELU:
            x[i] = v < 0 ? alpha * expm1f(v) : v;
            break;
        case BEND_AFFINE:
            x[i] = alpha * v + beta;
            break;
        case BEND_SCALED_TANH:
            x[i] = alpha * tanhf(beta * v);
            break;
        case BEND_SOFTSIGN:
            x[i] = v / (1 + fabsf(v));
            break;
        default:
            x[i] = v > 20 ? v : log1pf(expf(v));
        }
    }
}

/* Clips the input of the activation, and applies it. */
static void activate_row(const work *w, int which, float *x, size_t n)
{
    float clip = w->r->clip;
    for (size_t i = 0; clip > 0 && i < n; i++)
        x[i] = x[i] > clip ? clip : x[i] < -clip ? -clip : x[i];
    apply(&w->activation[which], x, n);
}

/* One sample's gates i, o, f, c, in this order, each the sum of the input's and the state's part.
 */
static void step_lstm(const work *w, float *gate, float *h, float *c)
{
    size_t n = (size_t)w->r->hidden;
    float *in = gate, *out = gate + n, *forget = gate + 2 * n, *cell = gate + 3 * n;
    const float *p = w->peephole;
    for (size_t k = 0; p && k < n; k++) {
        in[k] += p[k] * c[k];
        forget[k] += p[2 * n + k] * c[k];
    }
    activate_row(w, 0, in, n);
    activate_row(w, 0, forget, n);
    activate_row(w, 1, cell, n);
    for (size_t k = 0; k < n; k++) {
        float kept = w->r->couples ? 1 - in[k] : forget[k];
        c[k] = kept * c[k] + in[k] * cell[k];
        out[k] += p ? p[n + k] * c[k] : 0;
        h[k] = c[k];
    }
    activate_row(w, 0, out, n);
    apply(&w->activation[2], h, n);
    for (size_t k = 0; k < n; k++)
        h[k] *= out[k];
}

/* z, r are in `gate`; `candidate` already holds the state's part of the candidate. */
static void step_gru(const work *w, const float *gate, const float *input, float *candidate,
                     float *h)
{
    size_t n = (size_t)w->r->hidden;
    for (size_t k = 0; k < n; k++)
        candidate[k] += input[k];
    activate_row(w, 1, candidate, n);
    for (size_t k = 0; k < n; k++)
        h[k] = (1 - gate[k]) * candidate[k] + gate[k] * h[k];
}

/* The row of x, and of its products, for sample `at` in step s; -1 behind its end. */
static int64_t row_of(const work *w, int64_t s, int64_t at)
{
    const recurrent *r = w->r;
    int64_t length = w->length ? w->length[at] : r->steps;
    if (s >= length)
        return -1;
    int64_t t = w->backward ? length - 1 - s : s;
    return r->batch_first ? at * r->steps + t : t * r->batch + at;
}

/* Offset of a sample's state in initial_h, initial_c, Y_h and Y_c. */
static size_t state_at(const work *w, int64_t at)
{
    const recurrent *r = w->r;
    int64_t row = r->batch_first ? at * r->directions + w->direction : w->direction * r->batch + at;
    return (size_t)(row * r->hidden);
}

/* Offset in Y of its output at the step of that row of x. */
static size_t output_at(const work *w, int64_t row, int64_t at)
{
    const recurrent *r = w->r;
    int64_t t = row / r->batch;
    int64_t index = r->batch_first ? row * r->directions + w->direction
                                   : (t * r->directions + w->direction) * r->batch + at;
    return (size_t)(index * r->hidden);
}

/* Computes the gates z and r of a GRU, and in w->candidate the state's part of the candidate with
 * the reset gate: r (h R) or (r h) R. */
static void prepare_candidates(work *w, int64_t s)
{
    const recurrent *r = w->r;
    int64_t n = r->hidden;
    const float *third = w->recurrence + 2 * n * n;
    if (r->resets_product)
        nn_linear(r->batch, n, n, w->h, third, w->candidate_bias, w->candidate);
    for (int64_t at = 0; at < r->batch; at++) {
        int64_t row = row_of(w, s, at);
        float *gate = w->gate + at * 2 * n;
        const float *h = w->h + at * n, *input = w->from_input + (row < 0 ? 0 : row) * 3 * n;
        for (int64_t k = 0; row >= 0 && k < 2 * n; k++)
            gate[k] += input[k];
        activate_row(w, 0, gate, (size_t)(2 * n));
        float *by = r->resets_product ? w->candidate + at * n : w->reset + at * n;
        for (int64_t k = 0; k < n; k++)
            by[k] = gate[n + k] * (r->resets_product ? by[k] : h[k]);
    }
    if (!r->resets_product)
        nn_linear(r->batch, n, n, w->reset, third, NULL, w->candidate);
}

static void step_sample(work *w, int64_t row, int64_t at)
{
    const recurrent *r = w->r;
    int64_t n = r->hidden, wide = r->gates * n;
    const float *input = w->from_input + row * wide;
    float *h = w->h + at * n;
    if (r->kind == GRU) {
        step_gru(w, w->gate + at * 2 * n, input + 2 * n, w->candidate + at * n, h);
        return;
    }
    float *gate = w->gate + at * wide;
    for (int64_t k = 0; k < wide; k++)
        gate[k] += input[k];
    if (r->kind == LSTM) {
        step_lstm(w, gate, h, w->c + at * n);
        return;
    }
    activate_row(w, 0, gate, (size_t)n);
    memcpy(h, gate, (size_t)n * sizeof *h);
}

static void run_steps(work *w, float *y)
{
    const recurrent *r = w->r;
    int64_t n = r->hidden, products = r->kind == GRU ? 2 * n : r->gates * n;
    for (int64_t s = 0; s < r->steps; s++) {
        nn_linear(r->batch, n, products, w->h, w->recurrence, NULL, w->gate);
        if (r->kind == GRU)
            prepare_candidates(w, s);
        for (int64_t at = 0; at < r->batch; at++) {
            int64_t row = row_of(w, s, at);
            if (row < 0)
                continue;
            step_sample(w, row, at);
            if (y)
                memcpy(y + output_at(w, row, at), w->h + at * n, (size_t)n * sizeof *y);
        }
    }
}

/* Adds the biases of input and state, except for a GRU's candidate with linear_before_reset. */
static void set_bias(work *w, const float *given)
{
    const recurrent *r = w->r;
    int64_t wide = r->gates * r->hidden;
    bool apart = r->kind == GRU && r->resets_product;
    for (int64_t k = 0; k < wide; k++) {
        bool alone = apart && k >= 2 * r->hidden;
        w->bias[k] = !given ? 0 : alone ? given[k] : given[k] + given[wide + k];
    }
    w->candidate_bias = apart && given ? given + wide + 2 * r->hidden : NULL;
}

static const float *part_of(const nn_step *step, int k, int64_t direction, int64_t each)
{
    const nn_tensor *t = nn_in(step, k);
    return t ? (const float *)t->data + direction * each : NULL;
}

static void load_states(const work *w, const nn_tensor *from, float *to)
{
    size_t n = (size_t)w->r->hidden;
    for (int64_t at = 0; at < w->r->batch; at++) {
        float *state = to + (size_t)at * n;
        if (from)
            memcpy(state, (const float *)from->data + state_at(w, at), n * sizeof *to);
        else
            memset(state, 0, n * sizeof *to);
    }
}

static void store_states(const work *w, const float *from, nn_tensor *to)
{
    size_t n = (size_t)w->r->hidden;
    for (int64_t at = 0; to && at < w->r->batch; at++)
        memcpy((float *)to->data + state_at(w, at), from + (size_t)at * n, n * sizeof *from);
}

static void run_direction(const nn_step *step, const recurrent *r, int64_t direction)
{
    int64_t n = r->hidden, wide = r->gates * n, rows = r->steps * r->batch;
    bool lstm = r->kind == LSTM;
    float *at = step->scratch;
    work w = {.r = r,
              .direction = direction,
              .backward = r->backward || direction == 1,
              .activation = r->activation[direction],
              .recurrence = part_of(step, IN_R, direction, wide * n),
              .peephole = lstm ? part_of(step, IN_P, direction, 3 * n) : NULL};
    const nn_tensor *lengths = nn_in(step, IN_LENGTHS);
    w.length = lengths ? lengths->data : NULL;
    w.from_input = at, at += rows * wide;
    w.gate = at, at += r->batch * wide;
    w.bias = at, at += wide;
    w.candidate = at, at += r->batch * n;
    w.reset = at, at += r->batch * n;
    w.h = at, at += r->batch * n;
    w.c = at;
    set_bias(&w, part_of(step, IN_B, direction, 2 * wide));
    nn_linear(rows, r->inputs, wide, step->in[IN_X]->data,
              part_of(step, IN_W, direction, wide * r->inputs), w.bias, w.from_input);
    load_states(&w, nn_in(step, IN_H), w.h);
    load_states(&w, lstm ? nn_in(step, IN_C) : NULL, w.c);
    run_steps(&w, nn_out(step, 0) ? step->out[0]->data : NULL);
    store_states(&w, w.h, nn_out(step, 1));
    store_states(&w, w.c, lstm ? nn_out(step, 2) : NULL);
}

static int run_recurrent(const nn_step *step, err *e)
{
    const recurrent *r = step->state;
    const nn_tensor *lengths = nn_in(step, IN_LENGTHS);
    for (int64_t at = 0; lengths && at < r->batch; at++) {
        int32_t length = ((const int32_t *)lengths->data)[at];
        if (length < 0 || length > r->steps)
            return err_set(e, ERR_FORMAT,
                           "sequence_lens has %d for sample %" PRId64 "; there are %" PRId64
                           " steps",
                           length, at, r->steps);
    }
    if (nn_out(step, 0) && step->out[0]->bytes)
        memset(step->out[0]->data, 0, step->out[0]->bytes); /* behind a sequence's end */
    for (int64_t d = 0; d < r->directions && r->batch && r->hidden; d++)
        run_direction(step, r, d);
    return 0;
}

#define RECURRENT(op, most_in, most_out, more, which)                                              \
    NN_OP(op, 3, most_in, 0, most_out,                                                             \
          "activation_alpha:F activation_beta:F activations:S clip:f direction:s hidden_size:i "   \
          "layout:i output_sequence:i" more,                                                       \
          .infer = infer_recurrent, .prepare = prepare_recurrent, .run = run_recurrent,            \
          .variant = which)

const nn_op nn_ops_recurrent[] = {
    RECURRENT("RNN", 6, 2, "", RNN),
    RECURRENT("GRU", 6, 2, " linear_before_reset:i", GRU),
    RECURRENT("LSTM", 8, 3, " input_forget:i", LSTM),
    {0},
};
