/* init: klt. Initializes layers with the best linear code of the images, their Karhunen-Loeve
 * transform.
 *
 * The vectors x are whole images or the columns of an image (2 rows values, with one matrix for all
 * columns or one for each). Let V be the first C eigenvectors of the second moment E{x x^T}, and g
 * the gain that gives the codeword's values g V^T x the configured RMS. The encoder's matrix is g
 * V^T and the decoder's V / g, so the mean square error of the reconstruction is the sum of the
 * other eigenvalues. If only some coefficients are sent, they are those with the most power, and
 * the gain and the error follow from these. */
#include <cblas.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "nn/grad.h"
#include "nn/nn.h"
#include "train/architecture/architecture.h"
#include "train/architecture/fit.h"
#include "train/architecture/select.h"

/* LAPACK: eigenvalues of a symmetric matrix, in ascending order, by divide and conquer. The
 * eigenvectors replace the matrix. The last two arguments are the lengths of the strings, as
 * Fortran passes them. */
void dsyevd_(const char *jobz, const char *uplo, const int *n, double *a, const int *lda, double *w,
             double *work, const int *lwork, int *iwork, const int *liwork, int *info,
             size_t jobz_length, size_t uplo_length);

enum { BLOCK = 64 }; /* images taken at once */

/* The kind of a matrix, which follows from its shape: [out][in][1][1], [matrices][in][out],
 * [out][in]. */
typedef enum klt_kind { KLT_SHARED = 4, KLT_COLUMNS = 3, KLT_WHOLE = 2 } klt_kind;

typedef struct klt_layer {
    bool asked;
    char name[128];
    double scale, offset, rms; /* of the image before or after the layer; of the codeword */
    klt_kind kind;
    int64_t matrices, in, out, taps;
} klt_layer;

typedef struct klt {
    klt_kind kind;
    size_t rows, columns; /* of a plane */
    size_t matrices, n, kept;
    double *moment; /* [matrices][n][n], then the eigenvectors, in ascending order */
    double *values; /* [matrices][n] */
    double *power;  /* [kept][columns] of the coefficients, if some are selected */
    int64_t *positions;
    size_t selected; /* number of coefficients sent; 0: all */
    double gain;
} klt;

/* --- layers ----------------------------------------------------------------------------------- */

static int find_layer(const nn_model *model, klt_layer *layer, err *e)
{
    const char *text = nn_model_metadata(model, "csilink.klt");
    *layer = (klt_layer){.asked = text != NULL};
    if (!text)
        return 0;
    size_t length = strcspn(text, " ");
    const char *at = length > 0 && length < sizeof layer->name ? text + length : NULL;
    double *const number[] = {&layer->scale, &layer->offset, &layer->rms};
    for (size_t i = 0; at && i < 3; i++)
        at = *at == ' ' ? text_number_at(at + 1, number[i]) : NULL;
    if (!at || *at || !(layer->scale > 0 && layer->scale < 1e9) || !(fabs(layer->offset) < 1e9) ||
        !(layer->rms > 0 && layer->rms < 1e9))
        return err_set(e, ERR_FORMAT,
                       "its csilink.klt is not a weight, a scale, an offset and an RMS");
    memcpy(layer->name, text, length);
    const nn_tensor *t = nn_model_constant(model, nn_model_find_constant(model, layer->name));
    if (!t || t->dtype != NN_FLOAT || t->rank < 2 || t->rank > 4)
        return err_set(e, ERR_MISMATCH, "it has no matrix '%s' for the KLT", layer->name);
    layer->kind = (klt_kind)t->rank;
    bool last = layer->kind == KLT_COLUMNS;
    layer->matrices = last ? t->dims[0] : 1;
    layer->in = t->dims[1];
    layer->out = t->dims[last ? 2 : 0];
    layer->taps = layer->kind == KLT_SHARED ? t->dims[2] * t->dims[3] : 1;
    if ((int64_t)t->count != layer->matrices * layer->in * layer->out * layer->taps)
        return err_set(e, ERR_MISMATCH, "'%s' is not a matrix for the KLT", layer->name);
    return 0;
}

static int check_layer(const klt_layer *layer, const klt *k, bool encoder, err *e)
{
    int64_t n = encoder ? layer->in : layer->out, kept = encoder ? layer->out : layer->in;
    if (layer->kind != k->kind || layer->matrices != (int64_t)k->matrices || n != (int64_t)k->n ||
        kept != (int64_t)k->kept)
        return err_set(e, ERR_MISMATCH,
                       "the KLT of '%s' is between %" PRId64 " and %" PRId64 " values with %" PRId64
                       " matrices, not %zu and %zu with %zu",
                       layer->name, n, kept, layer->matrices, k->n, k->kept, k->matrices);
    return 0;
}

/* Takes the sizes from one layer and the images, and checks both layers against them. */
static int lay_out(const klt_layer layers[2], size_t rows, size_t columns, klt *k, err *e)
{
    bool encoder = layers[0].asked;
    const klt_layer *l = &layers[encoder ? 0 : 1];
    k->kind = l->kind;
    k->rows = rows;
    k->columns = columns;
    k->matrices = l->kind == KLT_COLUMNS ? columns : 1;
    k->n = l->kind == KLT_WHOLE ? 2 * rows * columns : 2 * rows;
    int64_t kept = encoder ? l->out : l->in;
    k->kept = kept > 0 ? (size_t)kept : 0;
    if (k->kept < 1 || k->kept > k->n || k->n > 8192)
        return err_set(e, ERR_UNSUPPORTED,
                       "the KLT keeps %zu of %zu values; 1 to all of at most 8192 are allowed",
                       k->kept, k->n);
    for (int side = 0; side < 2; side++) {
        int rc = layers[side].asked ? check_layer(&layers[side], k, side == 0, e) : 0;
        if (rc)
            return rc;
    }
    return 0;
}

/* --- the transform ---------------------------------------------------------------------------- */

/* Writes the vectors of `count` images for one matrix side by side to x[n][...]. Returns their
 * number. */
static size_t take_vectors(const klt *k, const float *images, size_t count, size_t matrix,
                           double *x)
{
    size_t plane = 2 * k->rows * k->columns;
    bool shared = k->kind == KLT_SHARED;
    size_t width = count * (shared ? k->columns : 1);
    for (size_t i = 0; i < k->n; i++) {
        for (size_t s = 0; s < count; s++) {
            const float *image = images + s * plane;
            const float *from = k->kind == KLT_WHOLE ? image + i : image + i * k->columns + matrix;
            for (size_t c = 0; c < (shared ? k->columns : 1); c++)
                *x++ = (double)from[c] - 0.5;
        }
    }
    return width;
}

/* moment = mean of x x^T, its upper triangle. */
static int take_moments(klt *k, const float *images, size_t count, err *e)
{
    size_t wide = BLOCK * (k->kind == KLT_SHARED ? k->columns : 1),
           plane = 2 * k->rows * k->columns;
    double *x = malloc(k->n * wide * sizeof *x);
    if (!x)
        return err_set(e, ERR_NOMEM, "no memory for the KLT");
    for (size_t first = 0; first < count; first += BLOCK) {
        size_t n = count - first < BLOCK ? count - first : BLOCK;
        for (size_t matrix = 0; matrix < k->matrices; matrix++) {
            size_t width = take_vectors(k, images + first * plane, n, matrix, x);
            cblas_dsyrk(CblasRowMajor, CblasUpper, CblasNoTrans, (int)k->n, (int)width,
                        1.0 / (double)(count * (wide / BLOCK)), x, (int)width, 1,
                        k->moment + matrix * k->n * k->n, (int)k->n);
        }
    }
    free(x);
    return 0;
}

static int solve(klt *k, err *e)
{
    int n = (int)k->n, lwork = -1, liwork = -1, info = 0, isize = 0;
    double size = 0;
    dsyevd_("V", "L", &n, k->moment, &n, k->values, &size, &lwork, &isize, &liwork, &info, 1, 1);
    lwork = (int)size;
    liwork = isize;
    double *work = malloc((size_t)lwork * sizeof *work);
    int *iwork = malloc((size_t)liwork * sizeof *iwork);
    if (!work || !iwork)
        info = INT32_MAX;
    for (size_t matrix = 0; matrix < k->matrices && info == 0; matrix++)
        dsyevd_("V", "L", &n, k->moment + matrix * k->n * k->n, &n, k->values + matrix * k->n, work,
                &lwork, iwork, &liwork, &info, 1, 1);
    free(work);
    free(iwork);
    if (info == INT32_MAX)
        return err_set(e, ERR_NOMEM, "no memory for the KLT");
    return info ? err_set(e, ERR_FORMAT, "the KLT of these images was not found; are they finite?")
                : 0;
}

/* Eigenvector `which` in order of falling eigenvalues, its largest value positive. */
static double vector_sign(const double *v, size_t n)
{
    size_t top = 0;
    for (size_t i = 1; i < n; i++)
        if (fabs(v[i]) > fabs(v[top]))
            top = i;
    return v[top] < 0 ? -1 : 1;
}

static const double *vector(const klt *k, size_t matrix, size_t which)
{
    return k->moment + matrix * k->n * k->n + (k->n - 1 - which) * k->n;
}

static int find_gain(klt *k, double rms, err *e)
{
    double sum = 0;
    size_t travelling = k->selected ? k->selected : k->kept * k->matrices;
    for (size_t i = 0; i < k->selected; i++)
        sum += k->power[k->positions[i]];
    for (size_t matrix = 0; matrix < k->matrices && !k->selected; matrix++)
        for (size_t j = 0; j < k->kept; j++)
            sum += k->values[matrix * k->n + k->n - 1 - j];
    if (!(sum > 0 && isfinite(sum)))
        return err_set(e, ERR_INVALID, "the images are all 0.5: there is nothing to transform");
    k->gain = rms / sqrt(sum / (double)travelling);
    return 0;
}

/* --- selection -------------------------------------------------------------------------------- */

static int check_selection(const arch_selection *s, const klt *k, err *e)
{
    if (k->kind != KLT_WHOLE && s->channels == k->kept && s->columns == k->columns)
        return 0;
    return err_set(e, ERR_MISMATCH,
                   "'%s' selects from %zu x 1 x %zu values, but the KLT gives %zu for each of %zu "
                   "columns",
                   s->name, s->channels, s->columns, k->kept, k->columns);
}

/* Adds the squares of the coefficients of `width` vectors x[n][width], those of an image side by
 * side. y[kept][width] is scratch space. */
static void add_powers(klt *k, const double *x, size_t width, double *y)
{
    for (size_t j = 0; j < k->kept; j++) {
        cblas_dgemv(CblasRowMajor, CblasTrans, (int)k->n, (int)width, 1, x, (int)width,
                    vector(k, 0, j), 1, 0, y, 1);
        for (size_t i = 0; i < width; i++)
            k->power[j * k->columns + i % k->columns] += y[i] * y[i];
    }
}

/* With one matrix for all columns, the power in each column is measured on the images. */
static int measure_powers(klt *k, const float *images, size_t count, err *e)
{
    size_t wide = BLOCK * k->columns, plane = 2 * k->rows * k->columns;
    double *x = malloc((k->n + 1) * wide * sizeof *x);
    if (!x)
        return err_set(e, ERR_NOMEM, "no memory for the KLT");
    for (size_t first = 0; first < count; first += BLOCK) {
        size_t n = count - first < BLOCK ? count - first : BLOCK;
        size_t width = take_vectors(k, images + first * plane, n, 0, x);
        add_powers(k, x, width, x + k->n * wide);
    }
    for (size_t i = 0; i < k->kept * k->columns; i++)
        k->power[i] /= (double)count;
    free(x);
    return 0;
}

static int select_positions(const arch_selection *s, klt *k, const float *images, size_t count,
                            err *e)
{
    size_t n = k->kept * k->columns;
    k->power = calloc(n, sizeof *k->power);
    k->positions = malloc(s->count * sizeof *k->positions);
    if (!k->power || !k->positions)
        return err_set(e, ERR_NOMEM, "no memory to choose of %zu values", n);
    int rc = k->kind == KLT_SHARED ? measure_powers(k, images, count, e) : 0;
    for (size_t i = 0; i < n && k->kind == KLT_COLUMNS; i++)
        k->power[i] = k->values[i % k->columns * k->n + k->n - 1 - i / k->columns];
    if (!rc)
        rc = arch_choose(k->power, n, s->count, k->positions, e);
    k->selected = s->count;
    return rc;
}

/* --- weights ---------------------------------------------------------------------------------- */

/* Writes to the middle tap of a kernel; the other taps are zero. */
static void write_matrix(const klt *k, bool encoder, const klt_layer *layer, float *w)
{
    double factor = encoder ? k->gain / layer->scale : 1 / (k->gain * layer->scale);
    bool kept_first = encoder != (k->kind == KLT_COLUMNS);
    size_t taps = (size_t)layer->taps, size = k->n * k->kept * taps;
    memset(w, 0, k->matrices * size * sizeof *w);
    for (size_t matrix = 0; matrix < k->matrices; matrix++, w += size) {
        for (size_t j = 0; j < k->kept; j++) {
            const double *v = vector(k, matrix, j);
            double f = factor * vector_sign(v, k->n);
            for (size_t i = 0; i < k->n; i++)
                w[(kept_first ? j * k->n + i : i * k->kept + j) * taps + taps / 2] =
                    (float)(f * v[i]);
        }
    }
}

static int find_entry(const grad_weights *w, const char *name)
{
    int i = 0;
    while (i < w->n_entries && strcmp(w->entries[i].name, name) != 0)
        i++;
    return i < w->n_entries ? i : -1;
}

/* The vectors are images less 0.5. The bias removes any other offset of the layer's input. */
static int write_bias(const klt *k, const klt_layer *layer, const grad_weights *w, err *e)
{
    char name[sizeof layer->name + 8];
    size_t stem = strlen(layer->name) - strlen("weight");
    if (layer->offset == -0.5)
        return 0;
    snprintf(name, sizeof name, "%.*sbias", (int)stem, layer->name);
    int i = find_entry(w, name);
    if (i < 0 || k->kind != KLT_SHARED)
        return err_set(e, ERR_MISMATCH, "'%s' needs a bias, since its image has no offset of -0.5",
                       layer->name);
    for (size_t j = 0; j < k->kept; j++) {
        const double *v = vector(k, 0, j);
        double sum = 0;
        for (size_t m = 0; m < k->n; m++)
            sum += v[m];
        w->values[w->entries[i].offset + j] -=
            (float)((0.5 + layer->offset) * k->gain * vector_sign(v, k->n) * sum);
    }
    return 0;
}

static int put_layer(nn_model *model, const klt_layer *layer, const klt *k, bool encoder, err *e)
{
    if (!layer->asked)
        return 0;
    grad_weights *w = grad_weights_open(model, e);
    if (!w)
        return ERR_NOMEM;
    int i = find_entry(w, layer->name), rc = 0;
    if (i < 0) {
        rc = err_set(e, ERR_MISMATCH, "'%s' is not a weight", layer->name);
    } else {
        write_matrix(k, encoder, layer, w->values + w->entries[i].offset);
        rc = encoder ? write_bias(k, layer, w, e) : 0;
        if (!rc)
            rc = grad_weights_store(w, w->values, model, e);
    }
    grad_weights_free(w);
    return rc ? rc : nn_model_set_metadata(model, "csilink.klt", NULL, e);
}

static int transform(const klt_layer layers[2], const arch_selection selections[2], klt *k,
                     const float *images, size_t count, err *e)
{
    const arch_selection *s = selections[0].asked ? &selections[0] : &selections[1];
    k->moment = calloc(k->matrices * k->n * k->n, sizeof *k->moment);
    k->values = calloc(k->matrices * k->n, sizeof *k->values);
    if (!k->moment || !k->values)
        return err_set(e, ERR_NOMEM, "no memory for the KLT of %zu values", k->n);
    openblas_set_num_threads(1);
    int rc = take_moments(k, images, count, e);
    if (!rc)
        rc = solve(k, e);
    if (!rc && s->asked)
        rc = select_positions(s, k, images, count, e);
    return rc ? rc : find_gain(k, layers[layers[0].asked ? 0 : 1].rms, e);
}

static int start_klt(train_pair *pair, const csi_dims *dims, const float *images, size_t count,
                     err *e)
{
    nn_model *models[2] = {pair->encoder, pair->decoder};
    klt_layer layers[2];
    arch_selection selections[2];
    klt k = {0};
    for (int side = 0; side < 2; side++) {
        int rc = find_layer(models[side], &layers[side], e);
        if (!rc)
            rc = arch_selection_find(models[side], &selections[side], e);
        if (rc)
            return err_prefix(e, "%s", side ? "decoder" : "encoder");
    }
    if (!layers[0].asked && !layers[1].asked)
        return 0;
    const char *layout = nn_model_metadata(pair->encoder, "csilink.layout");
    bool delay_first = layout && strcmp(layout, "delay-angle") == 0;
    int rc = lay_out(layers, delay_first ? dims->ni : dims->nt, delay_first ? dims->nt : dims->ni,
                     &k, e);
    for (int side = 0; side < 2 && !rc; side++)
        rc = selections[side].asked ? check_selection(&selections[side], &k, e) : 0;
    if (!rc)
        rc = arch_selections_check(pair, e);
    if (!rc)
        rc = transform(layers, selections, &k, images, count, e);
    for (int side = 0; side < 2 && !rc; side++)
        rc = put_layer(models[side], &layers[side], &k, side == 0, e);
    for (int side = 0; side < 2 && !rc; side++)
        if (selections[side].asked)
            rc = arch_selection_put(models[side], &selections[side],
                                    side ? CODEC_DECODER : CODEC_ENCODER, k.positions, e);
    free(k.power);
    free(k.positions);
    free(k.moment);
    free(k.values);
    return rc;
}

int train_architecture_start(train_pair *pair, const csi_dims *dims, const float *images,
                             size_t count, err *e)
{
    bool asked = nn_model_metadata(pair->encoder, "csilink.klt") ||
                 nn_model_metadata(pair->decoder, "csilink.klt") ||
                 nn_model_metadata(pair->decoder, "csilink.fit");
    if (asked && count < 1)
        return err_set(e, ERR_INVALID, "this start needs images");
    int rc = start_klt(pair, dims, images, count, e);
    return rc ? rc : arch_fit(pair, images, count, 2 * (size_t)dims->ni * dims->nt, e);
}
