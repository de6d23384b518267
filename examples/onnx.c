/* Runs any ONNX file that the engine takes, on inputs of 0.5, and prints what comes out.
 *
 *     ./onnx models/csilink-net-cr8-indoor.encoder.onnx 4      the file; a batch, 1 if there is
 * none
 */
#include <csilink.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static void print_shape(const char *name, const int64_t *dims, int rank)
{
    printf("%s [", name);
    for (int k = 0; k < rank; k++)
        printf("%s%" PRId64, k ? ", " : "", dims[k]);
    printf("]");
}

/* Every input is of the type that the file says; this example fills those of floats. */
static int fill_inputs(const csl_network *network, csl_session *session)
{
    for (uint32_t i = 0; i < csl_network_inputs(network); i++) {
        csl_port port;
        csl_tensor t;
        if (csl_network_input(network, i, &port) || csl_session_input(session, i, &t))
            return CSL_INVALID;
        print_shape(port.name, t.dims, t.rank);
        printf(" of type %d\n", t.type);
        for (uint64_t k = 0; t.type == CSL_FLOAT && k < t.count; k++)
            ((float *)t.data)[k] = 0.5f;
    }
    return CSL_OK;
}

static int print_outputs(const csl_network *network, csl_session *session)
{
    for (uint32_t i = 0; i < csl_network_outputs(network); i++) {
        csl_port port;
        csl_tensor t;
        if (csl_network_output(network, i, &port) || csl_session_output(session, i, &t))
            return CSL_INVALID;
        print_shape(port.name, t.dims, t.rank);
        for (uint64_t k = 0; t.type == CSL_FLOAT && k < t.count && k < 6; k++)
            printf(" %.4f", (double)((const float *)t.data)[k]);
        printf("%s\n", t.type == CSL_FLOAT && t.count > 6 ? " ..." : "");
    }
    return CSL_OK;
}

int main(int argc, char **argv)
{
    csl_network *network;
    csl_session *session = NULL;
    if (argc < 2) {
        fprintf(stderr, "usage: %s FILE.onnx [BATCH]\n", argv[0]);
        return 2;
    }
    int rc = csl_network_open(argv[1], &network);
    if (rc == CSL_OK)
        rc = csl_session_open(network, argc > 2 ? strtol(argv[2], NULL, 10) : 1, NULL, &session);
    if (rc == CSL_OK)
        rc = fill_inputs(network, session);
    if (rc == CSL_OK)
        rc = csl_session_run(session);
    if (rc == CSL_OK)
        rc = print_outputs(network, session);
    if (rc != CSL_OK)
        fprintf(stderr, "onnx: %s\n", csl_error());
    csl_session_close(session);
    csl_network_close(network);
    return rc == CSL_OK ? 0 : 1;
}
