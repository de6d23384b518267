#include "harness.h"
#include "service/health.h"

#include <stdio.h>
#include <string.h>

static void the_loopback_reaches_what_is_bound_everywhere(void)
{
    static const char *const pairs[][2] = {
        {"tcp://*:5612", "tcp://127.0.0.1:5612"},
        {"tcp://0.0.0.0:5612", "tcp://127.0.0.1:5612"},
        {"tcp://[::]:5612", "tcp://[::1]:5612"},
        {"tcp://10.0.0.7:5612", "tcp://10.0.0.7:5612"},
        {"ipc:///run/csilink/bs", "ipc:///run/csilink/bs"},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        char out[LINK_ENDPOINT_MAX];
        CHECK(link_health_reach(pairs[i][0], out, sizeof out, NULL) == ERR_NONE);
        CHECK(strcmp(out, pairs[i][1]) == 0);
    }
}

static void an_endpoint_too_long_is_refused(void)
{
    char out[20], exact[21];
    err e = {0};
    CHECK(link_health_reach("tcp://*:5612", out, sizeof out, &e) == ERR_INVALID);
    CHECK(strstr(e.text, "12 characters") != NULL);
    CHECK(link_health_reach("tcp://*:5612", exact, sizeof exact, &e) == ERR_NONE);
    CHECK(strcmp(exact, "tcp://127.0.0.1:5612") == 0);
}

static const harness_test tests[] = {
    {"what is bound to every address is reached over the loopback, all else as it is",
     the_loopback_reaches_what_is_bound_everywhere},
    {"an endpoint that does not fit is refused, one that just fits is not",
     an_endpoint_too_long_is_refused},
};

int main(int argc, char **argv)
{
    return harness_main(argc, argv, "health", tests, sizeof tests / sizeof tests[0]);
}
