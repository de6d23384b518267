#include "codec/denoiser/network.h"

#include <inttypes.h>
#include <string.h>

static int check_port(const nn_port *p, const char *what, uint32_t values, err *e)
{
    nn_dims_text dims;
    bool right = p->dtype == NN_FLOAT && p->rank == 2 && (p->dims[0] < 0 || p->dims[0] == 1) &&
                 p->dims[1] == (int64_t)values;
    if (right)
        return ERR_NONE;
    return err_set(e, ERR_MISMATCH,
                   "its %s '%.64s' is %s [%s]; a denoiser of this codec's codewords has float "
                   "[n x %" PRIu32 "] there",
                   what, p->name, nn_dtype_name(p->dtype), nn_dims_print(&dims, p->rank, p->dims),
                   values);
}

static int check_snr(const nn_port *p, err *e)
{
    bool one = p->rank <= 2 && (p->rank < 1 || p->dims[0] < 0 || p->dims[0] == 1) &&
               (p->rank < 2 || p->dims[1] == 1);
    if (strcmp(p->name, "snr_db") != 0)
        return err_set(e, ERR_MISMATCH,
                       "its second input is '%.64s'; it must be snr_db, the SNR in dB", p->name);
    if (p->dtype != NN_FLOAT || !one)
        return err_set(e, ERR_MISMATCH, "its input snr_db is not one float a codeword, [n]");
    return ERR_NONE;
}

/* The output that a file declares may differ from what its nodes give. */
static int check_session(const nn_model *network, uint32_t values, err *e)
{
    nn_dims_text dims;
    nn_session *s = nn_session_open(network, 1, e);
    if (!s)
        return e ? e->code : ERR_FORMAT;
    const nn_tensor *in = nn_session_input(s, 0), *snr = nn_session_input(s, 1);
    const nn_tensor *out = nn_session_output(s, 0);
    bool right = in->count == values && out->dtype == NN_FLOAT && out->count == values &&
                 (!snr || snr->count == 1);
    int rc = right ? ERR_NONE
                   : err_set(e, ERR_MISMATCH,
                             "its estimate is %s [%s]; a denoiser of this codec's codewords gives "
                             "float [1 x %" PRIu32 "]",
                             nn_dtype_name(out->dtype), nn_dims_print(&dims, out->rank, out->dims),
                             values);
    nn_session_free(s);
    return rc;
}

int denoiser_network_check(const nn_model *network, uint32_t values, err *e)
{
    int inputs = nn_model_inputs(network), outputs = nn_model_outputs(network);
    if (inputs < 1 || inputs > 2 || outputs != 1)
        return err_set(e, ERR_MISMATCH,
                       "it has %d inputs and %d outputs; a denoiser takes a codeword and, "
                       "optionally, snr_db, and gives a codeword",
                       inputs, outputs);
    int rc = check_port(nn_model_input(network, 0), "input", values, e);
    if (rc == ERR_NONE)
        rc = check_port(nn_model_output(network, 0), "output", values, e);
    if (rc == ERR_NONE && inputs == 2)
        rc = check_snr(nn_model_input(network, 1), e);
    return rc == ERR_NONE ? check_session(network, values, e) : rc;
}

int denoiser_network_run(nn_session *s, const float *z, double snr_db, const float **estimate,
                         err *e)
{
    nn_tensor *in = nn_session_input(s, 0), *snr = nn_session_input(s, 1);
    memcpy(in->data, z, in->bytes);
    if (snr)
        *(float *)snr->data = (float)snr_db;
    int rc = nn_session_run(s, e);
    *estimate = nn_session_output(s, 0)->data;
    return rc;
}
