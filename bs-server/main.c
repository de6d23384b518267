/* bs-server: the base station's end of the feedback link. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "cell/chain.h"
#include "cell/choice.h"
#include "cell/options.h"
#include "cell/scenario.h"
#include "server.h"
#include "service/health.h"

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
static int load_list(models *m, const char *list, err *e)
{
    char *copy = strdup(list), *rest = copy;
    int status = copy ? ERR_NONE : err_set(e, ERR_NOMEM, "out of memory for the models' names");
    for (char *name; status == ERR_NONE && (name = strsep(&rest, ","));)
        status = add_model(m, name, e);
    free(copy);
    return status;
}

/* The models of a scenario's groups, each once. */
static int load_of_cell(models *m, const cell *c, err *e)
{
    for (size_t i = 0; i < c->groups; i++) {
        const cell_ues *has = &c->group[i].has;
        const char *channel = has->channel;
        char chosen[CODEC_NAME_MAX];
        const char *name = chain_settle_model(has->model, &channel, 1, chosen, e);
        bool again = false;
        for (size_t k = 0; name && k < m->count; k++)
            again = again || strcmp(onnx_part_info(m->part[k])->name, name) == 0;
        if (!name || (!again && add_model(m, name, e) != ERR_NONE))
            return e->code;
    }
    return ERR_NONE;
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

static const cell_tweak tweaks[] = {
    {.key = "model",
     .initial = "",
     .help = "decoders to serve [those of the scenario, or that agents choose by themselves]"},
};

static cell_options keys = {
    .program = CELL_IN_BS, .tweaks = tweaks, .tweak_count = sizeof tweaks / sizeof tweaks[0]};

static const option_command command = {
    .name = "bs-server",
    .summary = "reconstructs the CSI of the reports that it receives, and answers each",
    .example = "  bs-server --listen tcp://*:5602 --model csilink-net-cr8-indoor --workers 4\n"
               "  bs-server --scenario cell.yaml",
};

typedef struct options {
    const char *listen, *telemetry, *scenario;
    uint64_t workers;
    bool until_eof, health;
} options;

static int parse(options *o, int argc, char **argv)
{
    const option_spec own[] = {
        OPTION_STRING("scenario", &o->scenario, "FILE.yaml",
                      "the whole cell: its groups' decoders are served; options lie over it"),
        OPTION_STRING("listen", &o->listen, "ENDPOINT", "where channel-sim connects"),
        OPTION_STRING("telemetry", &o->telemetry, "ENDPOINT", "where telemetry is published"),
        OPTION_UINT("workers", &o->workers, 1, 256, "N", "decoding threads"),
        OPTION_FLAG("until-eof", &o->until_eof,
                    "stop when standard input ends; leave SIGINT alone"),
        OPTION_FLAG("health", &o->health, "ask the bs-server at --telemetry whether it serves"),
    };
    option_spec specs[CELL_KEYS_MAX + sizeof own / sizeof own[0]];
    option_command whole = command;
    whole.count =
        cell_options_add(specs, cell_options_specs(&keys, specs), own, sizeof own / sizeof own[0]);
    whole.specs = specs;
    return option_parse(&whole, argc, argv, NULL);
}

static int load_models(models *m, const options *o, const cell *c, err *e)
{
    const char *list = cell_options_text(&keys, "model");
    if (list)
        return load_list(m, list, e);
    return o->scenario ? load_of_cell(m, c, e) : load_default_models(m, e);
}

/* The part of main that has something to release. */
static int serve(const options *o, const cell *c, err *e)
{
    models loaded = {0};
    server *s = NULL;
    link_service *service = NULL;
    if (load_models(&loaded, o, c, e) == ERR_NONE)
        service = link_service_open(
            &(link_service_options){"bs-server", o->telemetry, o->until_eof, on_stop, fill, &s}, e);
    if (service) {
        const onnx_info *info = onnx_part_info(loaded.part[0]);
        server_config config = {.listen = o->listen,
                                .dims = cell_dims(c),
                                .decoders = loaded.part,
                                .decoder_count = loaded.count,
                                .workers = o->workers};
        config.dims.nt = info->nt;
        config.dims.ni = info->ni;
        s = server_open(service, &config, e);
        if (!s)
            link_service_stop(service);
        link_service_run(service);
    }
    int status = s ? 0 : 1;
    if (s)
        server_print(s);
    link_service_free(service);
    server_free(s);
    free_models(&loaded);
    return status;
}

int main(int argc, char **argv)
{
    static scenario plan; /* too large for a stack */
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    options o = {.listen = "tcp://127.0.0.1:5602",
                 .telemetry = "tcp://127.0.0.1:5612",
                 .workers = cores > 0 ? (uint64_t)cores : 1};
    err e = {0};
    int status = parse(&o, argc, argv);
    if (status >= 0)
        return status;
    if (o.health)
        return link_health_main("bs-server", o.telemetry);
    scenario_init(&plan);
    if (o.scenario && scenario_read(&plan, o.scenario, &e) != ERR_NONE)
        return option_complain(&command, "--scenario: %s", e.text);
    if (cell_options_apply(&keys, &plan.cell, &e) != ERR_NONE)
        return option_complain(&command, "%s", e.text);
    log_init("bs-server", LOG_INFO);
    status = serve(&o, &plan.cell, &e);
    if (status != 0)
        log_error("%s", e.text);
    return status;
}
