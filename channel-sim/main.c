/* channel-sim: the simulated uplink, between UE agents and the base station. */
#include <math.h>
#include <stdio.h>

#include "base/log.h"
#include "service/health.h"
#include "sim.h"
#include "ui/option.h"

static void on_stop(void *user, bool now)
{
    (void)now; /* what waits is passed on at once in any case */
    sim **s = user;
    if (*s)
        sim_stop(*s);
}

static void fill(link_service *service, void *user)
{
    sim **s = user;
    if (*s)
        sim_telemetry(*s, service);
}

int main(int argc, char **argv)
{
    sim_config config = {.listen = "tcp://127.0.0.1:5601", .connect = "tcp://127.0.0.1:5602"};
    const char *control = "tcp://127.0.0.1:5603", *telemetry = "tcp://127.0.0.1:5613";
    config.seed = 1;
    config.initial.value[SETTING_SNR] = INFINITY;
    const char *path = NULL;
    bool until_eof = false, health = false;
    double *v = config.initial.value;
    const option_spec specs[] = {
        OPTION_STRING("listen", &config.listen, "ENDPOINT", "where UE agents connect"),
        OPTION_STRING("connect", &config.connect, "ENDPOINT", "where the base station listens"),
        OPTION_STRING("control", &control, "ENDPOINT", "where `csilink ctl` connects"),
        OPTION_STRING("telemetry", &telemetry, "ENDPOINT", "where telemetry is published"),
        OPTION_DOUBLE("snr", &v[SETTING_SNR], -30, INFINITY, "DB",
                      "SNR of every codeword, in dB, or inf"),
        OPTION_DOUBLE("loss", &v[SETTING_LOSS], 0, 1, "FRACTION", "share of reports that is lost"),
        OPTION_DURATION("delay", &v[SETTING_DELAY], 0, 10, "S", "fixed delay of every report"),
        OPTION_DURATION("jitter", &v[SETTING_JITTER], 0, 10, "S",
                        "further delay, uniform from 0 to this; may reorder reports"),
        OPTION_UINT("seed", &config.seed, 0, 9e15, "N", "of noise, loss and jitter"),
        OPTION_STRING("scenario", &path, "FILE.yaml",
                      "groups of UEs, their own settings, and a timeline"),
        OPTION_STRING("events", &config.events, "FILE",
                      "append what controllers change there, a line of JSON each"),
        OPTION_FLAG("until-eof", &until_eof, "stop when standard input ends; leave SIGINT alone"),
        OPTION_FLAG("health", &health, "ask the channel-sim at --telemetry whether it serves"),
    };
    const option_command command = {
        .name = "channel-sim",
        .summary = "degrades the uplink between UE agents and the base station",
        .example = "  channel-sim --listen tcp://*:5601 --connect tcp://bs:5602 --snr 10",
        .specs = specs,
        .count = sizeof specs / sizeof specs[0],
    };
    int status = option_parse(&command, argc, argv, NULL);
    if (status >= 0)
        return status;
    if (health)
        return link_health_main("channel-sim", telemetry);
    config.control = control;
    static scenario planned;
    err e = {0};
    if (path && scenario_read(&planned, path, &e) != ERR_NONE)
        return option_complain(&command, "--scenario: %s", e.text);
    config.scenario = path ? &planned : NULL;
    sim *s = NULL;
    link_service *service = link_service_open(
        &(link_service_options){"channel-sim", telemetry, until_eof, on_stop, fill, &s}, &e);
    if (service && (s = sim_open(service, &config, &e))) {
        link_service_run(service);
        sim_print(s);
    } else if (service) {
        link_service_stop(service);
        link_service_run(service);
    }
    status = s ? 0 : 1;
    if (!s)
        log_error("%s", e.text);
    link_service_free(service);
    sim_free(s);
    return status;
}
