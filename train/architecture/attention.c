/* Multi-head attention of tokens [tokens, features] (Vaswani et al.): with heads h of d features,
 *
 *     q = x Wq + bq,  k = c Wk + bk,  v = c Wv + bv,   c = x, or the memory's tokens
 *     y = concat_h(softmax(q_h k_h^T / sqrt d) v_h) Wo + bo */
#include <math.h>
#include <stdio.h>

#include "train/architecture/emit.h"
#include "train/architecture/names.h"

/* [tokens, features] -> [heads, tokens, d], or [heads, d, tokens] of the keys. */
static int split_heads(arch_emitter *m, unsigned heads, bool turned, const char *name)
{
    int64_t tokens = m->at.dims[1], d = m->at.dims[2] / heads;
    arch_value shape = {.rank = 4, .dims = {-1, tokens, heads, d}};
    char whole[ARCH_NAME_MAX] = "";
    int rc = arch_name(m, whole, "%s.heads", name);
    if (!rc)
        rc = arch_reshape(m, &shape, whole);
    m->at.dims[1] = heads;
    m->at.dims[2] = turned ? d : tokens;
    m->at.dims[3] = turned ? tokens : d;
    if (!rc)
        rc = arch_apply(m, "Transpose", NULL, name, "turned");
    if (!rc)
        nn_builder_ints(m->b, "perm", 4,
                        turned ? (int64_t[]){0, 2, 3, 1} : (int64_t[]){0, 2, 1, 3});
    return rc;
}

/* One of q, k and v, of `from`. */
static int make_heads(arch_emitter *m, const arch_value *from, const arch_attention *a,
                      int64_t features, const char *name, char which, arch_value *to)
{
    char whole[ARCH_NAME_MAX] = "";
    int rc = arch_name(m, whole, "%s.%c", name, which);
    m->at = *from;
    if (!rc)
        rc = arch_dense(m, whole, features, a->bias ? *a->bias : true);
    if (!rc)
        rc = split_heads(m, a->heads, which == 'k', whole);
    *to = m->at;
    return rc;
}

/* softmax(q k^T / sqrt d) v, [heads, tokens, d]. */
static int attend(arch_emitter *m, const arch_value *q, const arch_value *k, const arch_value *v,
                  const char *name)
{
    char own[ARCH_NAME_MAX] = "", second[ARCH_NAME_MAX] = "";
    int rc = arch_name(m, own, "%s.scale", name);
    if (!rc)
        rc = arch_number(m, own, (float)(1 / sqrt((double)q->dims[3])));
    if (!rc)
        rc = arch_name(m, second, "const.%s", own);
    m->at = *q;
    if (!rc)
        rc = arch_apply(m, "Mul", second, name, "scaled");
    m->at.dims[3] = k->dims[3];
    if (!rc)
        rc = arch_apply(m, "MatMul", k->name, name, "scores");
    if (!rc)
        rc = arch_apply(m, "Softmax", NULL, name, "shares");
    if (!rc)
        nn_builder_int(m->b, "axis", 3);
    m->at.dims[3] = v->dims[3];
    return rc ? rc : arch_apply(m, "MatMul", v->name, name, "mixed");
}

int arch_emit_attention(arch_emitter *m, const arch_layer *layer, const char *name)
{
    const arch_attention *a = layer->attention;
    arch_value x = m->at, memory = x, q, k, v;
    arch_dims_text dims;
    char whole[ARCH_NAME_MAX] = "";
    int rc = a->memory ? arch_look_up(m, a->memory, &memory) : 0;
    if (rc)
        return rc;
    if (x.rank != 3 || memory.rank != 3)
        return arch_fail(m, ERR_MISMATCH, "attention is for [tokens, features], not [%s]",
                         arch_dims(x.rank != 3 ? &x : &memory, &dims));
    if (a->heads == 0 || x.dims[2] % a->heads)
        return arch_fail(m, ERR_MISMATCH, "%u heads do not divide the features of [%s]", a->heads,
                         arch_dims(&x, &dims));
    rc = make_heads(m, &x, a, x.dims[2], name, 'q', &q);
    if (!rc)
        rc = make_heads(m, &memory, a, x.dims[2], name, 'k', &k);
    if (!rc)
        rc = make_heads(m, &memory, a, x.dims[2], name, 'v', &v);
    if (!rc)
        rc = attend(m, &q, &k, &v, name);
    if (rc)
        return rc;
    m->at.dims[1] = x.dims[1];
    m->at.dims[2] = a->heads;
    rc = arch_apply(m, "Transpose", NULL, name, "together");
    if (rc)
        return rc;
    nn_builder_ints(m->b, "perm", 4, (int64_t[]){0, 2, 1, 3});
    rc = arch_name(m, whole, "%s.tokens", name);
    if (!rc)
        rc = arch_reshape(m, &x, whole);
    if (!rc)
        rc = arch_name(m, whole, "%s.out", name);
    return rc ? rc : arch_dense(m, whole, x.dims[2], a->bias ? *a->bias : true);
}
