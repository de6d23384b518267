#include "codec/klt/model.h"

#include <cblas.h>
#include <stdlib.h>

#include "codec/options.h"

/* --- loading -------------------------------------------------------------------------------------
 */

int klt_model_read(klt_model *m, const char *kind, const char *arguments, err *e)
{
    klt_components *c = &m->components;
    char name[CODEC_SPEC_MAX];
    void *file = NULL;
    size_t size;
    int rc =
        codec_file_read(kind, arguments, KLT_ENDING, KLT_FILE_BYTES_MAX, &file, &size, name, e);
    if (rc != ERR_NONE)
        return rc;
    rc = klt_file_read(file, size, c, e);
    free(file);
    if (rc != ERR_NONE)
        return err_prefix(e, "%s", name);
    m->reals = (size_t)2 * c->nt * c->ni;
    m->sent = m->cr ? (uint32_t)(m->reals / m->cr / c->form) : c->vectors;
    m->values = m->sent * c->form;
    openblas_set_num_threads(1); /* the process already has a thread for every core */
    if (m->sent >= 1 && m->sent <= c->vectors)
        return ERR_NONE;
    return err_set(e, ERR_INVALID, "cr=%u; this file serves CR %zu to %zu", m->cr,
                   /* NOLINTNEXTLINE(clang-analyzer-core.DivideZero): a klt file has vectors */
                   (m->reals + c->vectors * c->form - 1) / (c->vectors * c->form),
                   m->reals / c->form);
}

void klt_model_unload(void *model)
{
    klt_model *m = model;
    if (!m)
        return;
    klt_components_free(&m->components);
    klt_entropy_free(m->coder);
    free(m->gain);
    free(m->power);
    free(m->deviation);
    free(m->width);
    free(m->quantizer);
    free(m);
}

/* --- one thread's work ---------------------------------------------------------------------------
 */

void klt_work_close(void *work)
{
    klt_work *w = work;
    if (!w)
        return;
    klt_entropy_close(w->coding);
    free(w->rotated);
    free(w->scaled);
    free(w);
}

void *klt_work_open(const void *model, err *e)
{
    const klt_model *m = model;
    klt_work *w = calloc(1, sizeof *w);
    if (w) {
        w->model = m;
        w->rotated = calloc(m->reals, sizeof *w->rotated);
        w->scaled = calloc(m->values, sizeof *w->scaled);
        w->coding = m->coder ? klt_entropy_open(m->coder, NULL) : NULL;
        if (w->rotated && w->scaled && (w->coding || !m->coder))
            return w;
        klt_work_close(w);
    }
    err_set(e, ERR_NOMEM, "out of memory for a workspace of codec klt");
    return NULL;
}

/* One pass over the components: u^H h is the conjugate of u^T conj(h). */
void klt_project(klt_work *w, const float *h, float scale)
{
    const klt_model *m = w->model;
    const klt_components *c = &m->components;
    int rows = (int)m->sent, n = (int)(m->reals / c->form);
    static const float one[2] = {1, 0}, zero[2] = {0, 0};
    if (c->form == KLT_REAL) {
        for (size_t j = 0; j < m->reals; j++)
            w->rotated[j] = h[j] * scale;
        cblas_sgemv(CblasRowMajor, CblasNoTrans, rows, n, 1, c->vector, n, w->rotated, 1, 0,
                    w->scaled, 1);
        return;
    }
    for (size_t j = 0; j < m->reals; j += 2) {
        w->rotated[j] = h[j] * scale;
        w->rotated[j + 1] = -h[j + 1] * scale;
    }
    cblas_cgemv(CblasRowMajor, CblasNoTrans, rows, n, one, c->vector, n, w->rotated, 1, zero,
                w->scaled, 1);
    for (size_t i = 1; i < m->values; i += 2)
        w->scaled[i] = -w->scaled[i];
}

void klt_expand(klt_work *w, float *h)
{
    const klt_model *m = w->model;
    const klt_components *c = &m->components;
    int rows = (int)m->sent, n = (int)(m->reals / c->form);
    static const float one[2] = {1, 0}, zero[2] = {0, 0};
    if (c->form == KLT_REAL)
        cblas_sgemv(CblasRowMajor, CblasTrans, rows, n, 1, c->vector, n, w->scaled, 1, 0, h, 1);
    else
        cblas_cgemv(CblasRowMajor, CblasTrans, rows, n, one, c->vector, n, w->scaled, 1, zero, h,
                    1);
}
