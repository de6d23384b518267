#include "nn/ops/signs.h"

#include "nn/kernels/elementwise.h"
#include "nn/kernels/signs.h"
#include "nn/ops/ops.h"

typedef struct sign_state {
    uint16_t *bits;
    float *sizes;
} sign_state;

size_t nn_sign_gemm_bytes(int64_t out, int64_t in)
{
    return (size_t)out * (nn_signs_words(in) * sizeof(uint16_t) + sizeof(float));
}

static int prepare(nn_step *step, err *e)
{
    const nn_tensor *w = step->in[1];
    const size_t out = (size_t)w->dims[0];
    sign_state *s = nn_new_state(step, sizeof *s, e);
    if (!s)
        return ERR_NOMEM;
    s->bits = nn_pool_array(step->pool, out * nn_signs_words(w->dims[1]), sizeof *s->bits);
    s->sizes = nn_pool_array(step->pool, out, sizeof *s->sizes);
    if (!s->bits || !s->sizes)
        return err_set(e, ERR_NOMEM, "no memory for the signs of %zu weights", w->count);
    /* fuse_signs.c has checked this, or the step would not exist. */
    if (!nn_signs_find(w->dims[0], w->dims[1], w->data, s->sizes))
        return err_set(e, ERR_STATE, "the matrix has more than one magnitude in a row");
    nn_signs_pack(w->dims[0], w->dims[1], w->data, s->bits);
    return 0;
}

static int run(const nn_step *step, err *e)
{
    (void)e;
    const sign_state *s = step->state;
    const nn_tensor *w = step->in[1], *bias = nn_in(step, 2);
    const int64_t out = w->dims[0], in = w->dims[1];
    const float *x = step->in[0]->data;
    float *y = step->out[0]->data;
    for (int64_t n = 0; n < step->out[0]->dims[0]; n++)
        nn_signs_product(in, out, x + n * in, s->bits, s->sizes, bias ? bias->data : NULL,
                         y + n * out);
    if (step->activation != NN_ACT_NONE)
        nn_activate(step->activation, step->alpha, y, y, step->out[0]->count);
    return 0;
}

const nn_op nn_sign_gemm = {.name = "SignGemm",
                            .min_in = 2,
                            .max_in = 3,
                            .min_out = 1,
                            .max_out = 1,
                            .attrs = "",
                            .prepare = prepare,
                            .run = run,
                            .flags = NN_OP_ACTIVATES};
