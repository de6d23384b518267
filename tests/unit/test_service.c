#include "harness.h"
#include "link/socket.h"
#include "service/service.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct watched {
    link_service *service;
    link_socket *subscriber;
    unsigned stops, telemetry;
    bool now;
    double value;
    char role[32];
} watched;

static void on_stop(void *user, bool now)
{
    watched *w = user;
    w->stops++;
    w->now = now;
    if (!now) {
        raise(SIGTERM);
        return;
    }
    link_socket_close(w->subscriber, 0);
    link_service_stop(w->service);
}

static void fill_many(link_service *service, void *user)
{
    (void)user;
    for (int i = 0; i < WIRE_METRICS_MAX + 10; i++) /* what is too many is left out */
        link_metric(service, "answer", 42);
}

static void on_telemetry(link_socket *s, void *user, zmq_msg_t *frames, size_t count)
{
    (void)s;
    watched *w = user;
    wire_telemetry t;
    CHECK(wire_telemetry_unpack(&frames[count - 1], &t, NULL) == ERR_NONE);
    CHECK(t.metrics == WIRE_METRICS_MAX && t.pid == (uint32_t)getpid());
    if (t.metrics == WIRE_METRICS_MAX) {
        snprintf(w->role, sizeof w->role, "%s", t.role);
        w->value = t.metric[WIRE_METRICS_MAX - 1].value;
    }
    wire_telemetry_clear(&t);
    if (++w->telemetry == 2)
        raise(SIGTERM);
}

static void a_service_tells_and_stops(void)
{
    char folder[] = "/tmp/test-link-XXXXXX", endpoint[64];
    REQUIRE(mkdtemp(folder) != NULL);
    snprintf(endpoint, sizeof endpoint, "ipc://%s/t", folder);
    watched w = {0};
    link_service_options options = {.role = "tester",
                                    .telemetry = endpoint,
                                    .until_eof = false,
                                    .on_stop = on_stop,
                                    .fill = fill_many,
                                    .user = &w};
    w.service = link_service_open(&options, NULL);
    REQUIRE(w.service != NULL);
    link_socket_options o = {
        .type = ZMQ_SUB, .endpoint = endpoint, .received = on_telemetry, .user = &w};
    w.subscriber =
        link_socket_open(link_service_loop(w.service), link_service_context(w.service), &o, NULL);
    REQUIRE(w.subscriber != NULL);
    link_service_run(w.service);
    link_service_free(w.service);
    CHECK(w.stops == 2 && w.now && w.telemetry >= 2);
    CHECK(strcmp(w.role, "tester") == 0);
    CHECK_NEAR(w.value, 42, 0);
    unlink(endpoint + 6);
    rmdir(folder);
}

typedef struct looked_at {
    link_service *service;
    link_socket *subscriber;
    unsigned telemetry, on, off;
} looked_at;

static void on_looked_at(void *user, int subscriber, uint32_t ue, bool on)
{
    CHECK(subscriber >= 0);
    looked_at *l = user;
    CHECK(ue == 7);
    l->on += on;
    l->off += !on;
}

static void stop_looking(void *user, bool now)
{
    (void)now;
    looked_at *l = user;
    link_socket_close(l->subscriber, 0);
    link_service_stop(l->service);
}

static void on_telemetry_of_looked_at(link_socket *socket, void *user, zmq_msg_t *frames,
                                      size_t count)
{
    (void)frames, (void)count;
    static const char *const topics[] = {"csi/",   "csi/x7", "csi/7x",
                                         "csi/-7", "csi/7 ", "csi/1000000",
                                         "csi",    "CSI/7",  "csi/18446744073709551623"};
    looked_at *l = user;
    for (size_t i = 0; l->telemetry == 0 && i < sizeof topics / sizeof topics[0]; i++)
        link_socket_subscribe(socket, topics[i], true);
    if (l->telemetry == 0)
        link_socket_subscribe(socket, "csi/7", true);
    if (l->telemetry == 2)
        link_socket_subscribe(socket, "csi/7", false);
    if (++l->telemetry == 4)
        raise(SIGTERM);
}

static void a_service_knows_which_ue_is_looked_at(void)
{
    char folder[] = "/tmp/test-link-XXXXXX", endpoint[64];
    REQUIRE(mkdtemp(folder) != NULL);
    snprintf(endpoint, sizeof endpoint, "ipc://%s/t", folder);
    looked_at l = {0};
    link_service_options options = {.role = "tester",
                                    .telemetry = endpoint,
                                    .until_eof = false,
                                    .on_stop = stop_looking,
                                    .fill = fill_many,
                                    .user = &l};
    l.service = link_service_open(&options, NULL);
    REQUIRE(l.service != NULL);
    link_service_on_watched(l.service, on_looked_at, &l);
    link_socket_options o = {
        .type = ZMQ_SUB, .endpoint = endpoint, .received = on_telemetry_of_looked_at, .user = &l};
    l.subscriber =
        link_socket_open(link_service_loop(l.service), link_service_context(l.service), &o, NULL);
    REQUIRE(l.subscriber != NULL);
    link_service_run(l.service);
    link_service_free(l.service);
    CHECK(l.on == 1 && l.off == 1);
    unlink(endpoint + 6);
    rmdir(folder);
}

static void a_service_without_its_endpoint_is_refused(void)
{
    err e = {0};
    watched w = {0};
    link_service_options options = {.role = "tester",
                                    .telemetry = "ipc:///no/such/folder/t",
                                    .on_stop = on_stop,
                                    .fill = fill_many,
                                    .user = &w};
    CHECK(!link_service_open(&options, &e));
    CHECK(e.code == ERR_IO && strstr(e.text, "/no/such/folder/t"));
}

static const harness_test tests[] = {
    {"a service publishes its figures, and stops when asked, harder the second time",
     a_service_tells_and_stops},
    {"a service sees which UE is watched, and no topic without one",
     a_service_knows_which_ue_is_looked_at},
    {"a service that cannot publish says where", a_service_without_its_endpoint_is_refused},
};

int main(int argc, char **argv)
{
    return harness_main(argc, argv, "service", tests, sizeof tests / sizeof tests[0]);
}
