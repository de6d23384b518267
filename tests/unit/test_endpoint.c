#include "harness.h"
#include "link/endpoint.h"

#include <stdio.h>
#include <string.h>

typedef struct example {
    const char *text;
    bool bind, open, v6, named;
    const char *server;
} example;

static void what_is_right_is_read(void)
{
    static const example good[] = {
        {"tcp://127.0.0.1:5601", true, false, false, false, ""},
        {"tcp://127.1.2.3:5601", true, false, false, false, ""},
        {"tcp://localhost:5601", true, false, false, false, ""},
        {"tcp://[::1]:5702", true, false, true, false, ""},
        {"tcp://[::ffff:127.0.0.1]:5702", true, false, true, false, ""},
        {"tcp://*:5601", true, true, false, false, ""},
        {"tcp://*:*", true, true, false, false, ""},
        {"tcp://0.0.0.0:0", true, true, false, false, ""},
        {"tcp://[::]:5601", true, true, true, false, ""},
        {"tcp://[fe80::1%eth0]:5601", true, true, true, false, ""},
        {"tcp://[::ffff:10.0.0.1]:5702", true, true, true, false, ""},
        {"tcp://10.0.0.7:65535", true, true, false, false, ""},
        {"tcp://eth0:5601", true, true, false, true, ""},
        {"tcp://localhost.example.org:1", true, true, false, true, ""},
        {"ipc:///run/csilink/bs", true, false, false, false, ""},
        {"ipc://relative", true, false, false, false, ""},
        {"ipc://@abstract", true, false, false, false, ""},
        {"tcp://bs-server:5602", false, true, false, true, ""},
        {"station@tcp://bs-server.cell-1.svc:5602", false, true, false, true, "station"},
        {"agent-1@tcp://[fd00::7]:5611", false, true, true, false, "agent-1"},
        {"s@ipc:///run/@x", false, false, false, false, "s"},
    };
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        const example *g = &good[i];
        link_endpoint at;
        err e = {0};
        CHECK(link_endpoint_parse(g->text, g->bind, &at, &e) == ERR_NONE);
        CHECK(at.open == g->open && at.v6 == g->v6 && at.named == g->named);
        CHECK(strcmp(at.server, g->server) == 0);
        const char *address = *g->server ? strchr(g->text, '@') + 1 : g->text;
        if (g->bind && strstr(g->text, "localhost:"))
            address = "tcp://127.0.0.1:5601";
        CHECK(strcmp(at.address, address) == 0);
        if (e.text[0])
            printf("     %s\n", e.text);
    }
}

static void what_is_wrong_is_named(void)
{
    static const struct {
        const char *text;
        bool bind;
        const char *says;
    } bad[] = {
        {"", true, "tcp://host:port"},
        {"nonsense", true, "tcp://host:port"},
        {"udp://127.0.0.1:5", true, "tcp://host:port"},
        {"inproc://x", true, "tcp://host:port"},
        {"tcp://127.0.0.1:99999", true, "the port '99999'"},
        {"tcp://127.0.0.1:", true, "the port ''"},
        {"tcp://127.0.0.1:-1", true, "the port '-1'"},
        {"tcp://127.0.0.1:5x", true, "the port '5x'"},
        {"tcp://127.0.0.1:000000005", true, "the port"},
        {"tcp://127.0.0.1:18446744073709551617", true, "the port"},
        {"tcp://host:0", false, "from 1 to 65535"},
        {"tcp://host:*", false, "from 1 to 65535"},
        {"tcp://*:5601", false, "not the name of a host"},
        {"tcp://host", true, "no port"},
        {"tcp://", true, "no port"},
        {"tcp://:5601", true, "a host of 0 bytes"},
        {"tcp://[::1]", true, "no port"},
        {"tcp://::1:5601", true, "in brackets"},
        {"tcp://[::g]:5601", true, "not an IPv6 address"},
        {"tcp://[]:5601", true, "not an IPv6 address"},
        {"tcp://[127.0.0.1]:5601", true, "not an IPv6 address"},
        {"tcp://256.0.0.1:5601", true, "four numbers"},
        {"tcp://127.0.0:5601", true, "four numbers"},
        {"tcp://a b:5601", true, "not the name of a host"},
        {"tcp://10.0.0.1:0;10.0.0.2:5601", false, "not the name of a host"},
        {"ipc://", true, "no path"},
        {"ipc://@", true, "no path"},
        {"station@tcp://*:5601", true, "only an address to connect to"},
        {"@tcp://host:5601", false, "not the name of a certificate"},
        {"../x@tcp://host:5601", false, "not the name of a certificate"},
        {"x_secret@tcp://host:5601", false, "not the name of a certificate"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        link_endpoint at;
        err e = {0};
        CHECK(link_endpoint_parse(bad[i].text, bad[i].bind, &at, &e) == ERR_INVALID);
        bool says = strstr(e.text, bad[i].says) && strstr(e.text, bad[i].text);
        CHECK(says);
        if (!says)
            printf("     '%s' says: %s\n", bad[i].text, e.text);
    }
}

static void lengths_end_where_the_system_ends(void)
{
    char text[2000];
    link_endpoint at;
    err e = {0};
    memset(text, 'a', sizeof text);
    memcpy(text, "ipc:///", 7);
    text[6 + ENDPOINT_IPC_MAX] = '\0';
    CHECK(link_endpoint_parse(text, true, &at, &e) == ERR_NONE);
    text[6 + ENDPOINT_IPC_MAX] = 'a';
    text[7 + ENDPOINT_IPC_MAX] = '\0';
    CHECK(link_endpoint_parse(text, true, &at, &e) == ERR_INVALID && strstr(e.text, "up to 107"));
    memset(text, 'a', sizeof text);
    text[sizeof text - 1] = '\0';
    memcpy(text, "tcp://", 6);
    CHECK(link_endpoint_parse(text, false, &at, &e) == ERR_INVALID);
    memset(text, 'a', sizeof text);
    memcpy(text + 64, "@tcp://h:1", 11);
    CHECK(link_endpoint_parse(text, false, &at, &e) == ERR_INVALID);
    CHECK(link_endpoint_parse(text + 1, false, &at, &e) == ERR_NONE);
}

static void a_message_is_one_line(void)
{
    link_endpoint at;
    err e = {0};
    CHECK(link_endpoint_parse("tcp://\n\033[2J:5", false, &at, &e) == ERR_INVALID);
    CHECK(!strchr(e.text, '\n') && !strchr(e.text, '\033'));
}

static const harness_test tests[] = {
    {"an endpoint is read: whom it is open to, its family, whose it is", what_is_right_is_read},
    {"a malformed endpoint is named, with what would be right", what_is_wrong_is_named},
    {"a path may have 107 bytes, a certificate's name 63", lengths_end_where_the_system_ends},
    {"what comes from outside stays one line of a message", a_message_is_one_line},
};

int main(int argc, char **argv)
{
    return harness_main(argc, argv, "endpoint", tests, sizeof tests / sizeof tests[0]);
}
