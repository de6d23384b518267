/* bs-server: the base station's end of the feedback link. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "cell/choice.h"
#include "server.h"
#include "service/health.h"
#include "ui/option.h"

enum { MODELS_MAX = 16 };

typedef struct models {
    onnx_part *part[MODELS_MAX];
    size_t count;
} models;

static void free_models(models *m)
{
    for (size_t i = 0; i < m->count; i++)
        onnx_part_free(m->part[i]);
}

static int add_model(models *m, const char *name, err *e)
{
    if (m->count == MODELS_MAX)
        return err_set(e, ERR_INVALID, "more than %d models", MODELS_MAX);
    onnx_part *part = onnx_load_named(CODEC_DECODER, name, e);
    if (!part)
        return e->code;
    m->part[m->count++] = part;
    const onnx_info *info = onnx_part_info(part);
    if (info->pair == 0)
        return err_set(e, ERR_MISMATCH,
                       "model %s does not name its pair; make it one with `csilink model pair`",
                       name);
    return ERR_NONE;
}

/* What agents choose by themselves, as far as it is there. */
static int load_default_models(models *m, err *e)
{
    static const char *const channels[] = {"cost2100-indoor", "cost2100-outdoor", "uma-nlos",
                                           "rayleigh"};
    chain_choice choice;
    for (size_t i = 0; i < sizeof channels / sizeof channels[0]; i++) {
        if (chain_choose_model(CHAIN_MODEL_DEFAULT, CODEC_DECODER, &channels[i], 1, &choice, e) !=
            ERR_NONE)
            continue;
        bool itself = strcmp(choice.name, choice.wanted) == 0;
        if (itself && add_model(m, choice.name, e) != ERR_NONE)
            return e->code;
    }
    return m->count > 0 ? ERR_NONE : e->code;
}

/* `list` is NAME[,NAME...]. */
static int load_models(models *m, const char *list, err *e)
{
    char *copy = strdup(list), *rest = copy;
    int status = copy ? ERR_NONE : err_set(e, ERR_NOMEM, "out of memory");
    for (char *name; status == ERR_NONE && (name = strsep(&rest, ","));)
        status = add_model(m, name, e);
    free(copy);
    return status;
}

static void on_stop(void *user, bool now)
{
    (void)now; /* decoding what is in takes milliseconds in any case */
    server **s = user;
    if (*s)
        server_stop(*s);
}

static void fill(link_service *service, void *user)
{
    server **s = user;
    if (*s)
        server_telemetry(*s, service);
}

/* The part of main that has something to release. */
static int serve(const char *model, const char *telemetry, bool until_eof, server_config *config,
                 err *e)
{
    models loaded = {0};
    server *s = NULL;
    link_service *service = NULL;
    int status = model ? load_models(&loaded, model, e) : load_default_models(&loaded, e);
    if (status == ERR_NONE)
        service = link_service_open(
            &(link_service_options){"bs-server", telemetry, until_eof, on_stop, fill, &s}, e);
    if (service) {
        config->decoders = loaded.part;
        config->decoder_count = loaded.count;
        const onnx_info *info = onnx_part_info(loaded.part[0]);
        config->dims.nt = info->nt;
        config->dims.ni = info->ni;
        s = server_open(service, config, e);
        if (!s)
            link_service_stop(service);
        link_service_run(service);
    }
    status = s ? 0 : 1;
    if (s)
        server_print(s);
    link_service_free(service);
    server_free(s);
    free_models(&loaded);
    return status;
}

int main(int argc, char **argv)
{
    const char *model = NULL, *telemetry = "tcp://127.0.0.1:5612";
    server_config config = {.listen = "tcp://127.0.0.1:5602", .dims = CSI_DIMS_DEFAULT};
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    uint64_t workers = cores > 0 ? (uint64_t)cores : 1, nc = config.dims.nc;
    bool until_eof = false, health = false;
    const option_spec specs[] = {
        OPTION_STRING("listen", &config.listen, "ENDPOINT", "where channel-sim connects"),
        OPTION_STRING("telemetry", &telemetry, "ENDPOINT", "where telemetry is published"),
        OPTION_STRING("model", &model, "NAME[,NAME]",
                      "decoders to serve [those that agents choose by themselves]"),
        OPTION_UINT("workers", &workers, 1, 256, "N", "decoding threads"),
        OPTION_UINT("nc", &nc, 1, 65536, "N", "subcarriers, for the figures of merit"),
        OPTION_FLAG("until-eof", &until_eof, "stop when standard input ends; leave SIGINT alone"),
        OPTION_FLAG("health", &health, "ask the bs-server at --telemetry whether it serves"),
    };
    const option_command command = {
        .name = "bs-server",
        .summary = "reconstructs the CSI of the reports that it receives, and answers each",
        .example = "  bs-server --listen tcp://*:5602 --model csilink-net-cr8-indoor --workers 4",
        .specs = specs,
        .count = sizeof specs / sizeof specs[0],
    };
    int status = option_parse(&command, argc, argv, NULL);
    if (status >= 0)
        return status;
    if (health)
        return link_health_main("bs-server", telemetry);
    config.workers = workers;
    config.dims.nc = (uint32_t)nc;
    log_init("bs-server", LOG_INFO);
    err e = {0};
    status = serve(model, telemetry, until_eof, &config, &e);
    if (status != 0)
        log_error("%s", e.text);
    return status;
}
