#include "chain/predict_net.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "codec/models.h"
#include "nn/nn.h"

static const size_t bytes_max = 64u << 20;

enum { COEFFICIENTS = 4 };

struct chain_predict_net {
    nn_model *model;
};

struct chain_predict_work {
    nn_session *session;
    chain_tap_fit *around; /* [rows][columns] means over a tap and its neighbours */
    size_t rows, columns;
};

/* --- the file ----------------------------------------------------------------------------------*/

static int check_port(const nn_port *p, const char *what, int64_t planes, err *e)
{
    nn_dims_text dims;
    if (p->dtype == NN_FLOAT && p->rank == 4 && (p->dims[0] < 0 || p->dims[0] == 1) &&
        (p->dims[1] < 0 || p->dims[1] == planes))
        return ERR_NONE;
    return err_set(e, ERR_MISMATCH,
                   "its %s '%.64s' is %s [%s]; a predictor has float [n x %lld x rows x columns] "
                   "there",
                   what, p->name, nn_dtype_name(p->dtype), nn_dims_print(&dims, p->rank, p->dims),
                   (long long)planes);
}

static int check_ports(const nn_model *m, err *e)
{
    if (nn_model_inputs(m) != 1 || nn_model_outputs(m) != 1)
        return err_set(e, ERR_MISMATCH,
                       "it has %d inputs and %d outputs; a predictor has one of each",
                       nn_model_inputs(m), nn_model_outputs(m));
    int rc = check_port(nn_model_input(m, 0), "input", CHAIN_PREDICT_PLANES, e);
    return rc == ERR_NONE ? check_port(nn_model_output(m, 0), "output", COEFFICIENTS, e) : rc;
}

static int load(chain_predict_net *net, const char *name, err *e)
{
    void *data = NULL;
    size_t size;
    int rc = models_read(name, CHAIN_PREDICT_NET_ENDING, bytes_max, &data, &size, e);
    if (rc != ERR_NONE)
        return rc;
    net->model = nn_model_load_memory(data, size, name, e);
    free(data);
    if (!net->model)
        return ERR_FORMAT;
    rc = check_ports(net->model, e);
    return rc == ERR_NONE ? rc : err_prefix(e, "%.128s", name);
}

chain_predict_net *chain_predict_net_load(const char *name, err *e)
{
    chain_predict_net *net = calloc(1, sizeof *net);
    if (net && load(net, name, e) == ERR_NONE)
        return net;
    if (!net)
        err_set(e, ERR_NOMEM, "out of memory for a predictor");
    chain_predict_net_free(net);
    return NULL;
}

void chain_predict_net_free(chain_predict_net *net)
{
    if (!net)
        return;
    nn_model_free(net->model);
    free(net);
}

/* --- a workspace -------------------------------------------------------------------------------*/

static nn_session *open_session(const nn_model *m, uint32_t rows, uint32_t columns, err *e)
{
    nn_port port = *nn_model_input(m, 0);
    const int64_t dims[] = {1, CHAIN_PREDICT_PLANES, rows, columns};
    for (int d = 0; d < 4; d++) {
        if (port.dims[d] >= 0 && port.dims[d] != dims[d]) {
            err_set(e, ERR_MISMATCH,
                    "the predictor is for channels of %lld x %lld entries, the codec's have %u x "
                    "%u",
                    (long long)port.dims[2], (long long)port.dims[3], rows, columns);
            return NULL;
        }
        port.dims[d] = dims[d];
    }
    return nn_session_open_with(m, &(nn_session_options){.batch = 1, .shapes = &port}, e);
}

chain_predict_work *chain_predict_work_open(const chain_predict_net *net, uint32_t rows,
                                            uint32_t columns, err *e)
{
    chain_predict_work *w = calloc(1, sizeof *w);
    if (w)
        w->around = calloc((size_t)rows * columns, sizeof *w->around);
    if (!w || !w->around) {
        chain_predict_work_close(w);
        err_set(e, ERR_NOMEM, "out of memory for a predictor");
        return NULL;
    }
    w->rows = rows;
    w->columns = columns;
    w->session = open_session(net->model, rows, columns, e);
    /* What a file declares of its output need not be what its nodes give. */
    const nn_tensor *out = w->session ? nn_session_output(w->session, 0) : NULL;
    if (out && out->dtype == NN_FLOAT && out->count == COEFFICIENTS * w->rows * w->columns)
        return w;
    if (out)
        err_set(e, ERR_MISMATCH, "the predictor gives %zu numbers for %u x %u taps; 4 each are due",
                out->count, rows, columns);
    chain_predict_work_close(w);
    return NULL;
}

void chain_predict_work_close(chain_predict_work *w)
{
    if (!w)
        return;
    nn_session_free(w->session);
    free(w->around);
    free(w);
}

/* --- the planes --------------------------------------------------------------------------------*/

static void add_tap(chain_tap_fit *to, const chain_tap_fit *f)
{
    to->r11 += f->r11 / 9;
    to->r22 += f->r22 / 9;
    to->r12 += f->r12 / 9;
    to->b[0] += f->b[0] / 9;
    to->b[1] += f->b[1] / 9;
}

/* Angles go round; delays do not. */
static void average_neighbours(chain_predict_work *w, const chain_tap_fit *fit)
{
    for (size_t row = 0; row < w->rows; row++) {
        const size_t rows[] = {(row + w->rows - 1) % w->rows, row, (row + 1) % w->rows};
        for (size_t column = 0; column < w->columns; column++) {
            chain_tap_fit sum = {0};
            size_t first = column > 0 ? column - 1 : 0;
            for (size_t c = first; c <= column + 1 && c < w->columns; c++)
                for (int r = 0; r < 3; r++)
                    add_tap(&sum, &fit[rows[r] * w->columns + c]);
            w->around[row * w->columns + column] = sum;
        }
    }
}

static float limit(float x)
{
    return x > 4 ? 4 : x >= -4 ? x : -4; /* NaN: -4 */
}

static void set_complex(float *plane, size_t taps, float complex z)
{
    plane[0] = limit(crealf(z));
    plane[taps] = limit(cimagf(z));
}

/* Eight planes of a tap, `taps` numbers apart. */
static void write_sums(float *plane, size_t taps, const chain_tap_fit *f, float mean)
{
    float r = f->r11 / mean + 0.001f, scale = 1 / (r * mean);
    plane[0] = limit(log10f(r));
    plane[taps] = limit(f->r22 * scale);
    set_complex(plane + 2 * taps, taps, f->r12 * scale);
    set_complex(plane + 4 * taps, taps, f->b[0] * scale);
    set_complex(plane + 6 * taps, taps, f->b[1] * scale);
}

static void write_coefficients(float *plane, size_t taps, const chain_tap_fit *f, double ridge)
{
    float complex c[CHAIN_PREDICT_ORDER];
    chain_tap_solve(f, ridge, c);
    set_complex(plane, taps, c[0]);
    set_complex(plane + 2 * taps, taps, c[1]);
}

static void write_planes(const chain_predict_work *w, const chain_tap_fit *fit, double snr_db,
                         size_t fits, float *planes)
{
    size_t taps = w->rows * w->columns;
    double sum = 0, noise = isfinite(snr_db) ? pow(10, -snr_db / 10) : 0;
    for (size_t i = 0; i < taps; i++)
        sum += (double)fit[i].r11;
    double mean = fmax(sum / (double)taps, 1e-30); /* channels of zeros have no mean to divide by */
    for (size_t i = 0; i < taps; i++) {
        write_sums(planes + i, taps, &fit[i], (float)mean);
        write_sums(planes + 8 * taps + i, taps, &w->around[i], (float)mean);
        write_coefficients(planes + 16 * taps + i, taps, &fit[i], (0.02 + noise) * mean);
        write_coefficients(planes + 20 * taps + i, taps, &w->around[i], (0.002 + noise) * mean);
        planes[24 * taps + i] = (float)log10(noise + 0.0001);
        planes[25 * taps + i] = 1 / (float)fits;
    }
}

bool chain_predict_work_run(chain_predict_work *w, chain_tap_fit *fit, size_t entries,
                            double snr_db, size_t fits)
{
    size_t taps = w->rows * w->columns;
    const nn_tensor *out = nn_session_output(w->session, 0);
    if (entries != taps)
        return false;
    average_neighbours(w, fit);
    write_planes(w, fit, snr_db, fits, nn_session_input(w->session, 0)->data);
    if (nn_session_run(w->session, NULL) != ERR_NONE)
        return false;
    const float *c = out->data;
    for (size_t i = 0; i < COEFFICIENTS * taps; i++)
        if (!isfinite(c[i]))
            return false;
    for (size_t i = 0; i < taps; i++) {
        fit[i].c[0] = c[i] + I * c[taps + i];
        fit[i].c[1] = c[2 * taps + i] + I * c[3 * taps + i];
    }
    return true;
}
