/* Who may reach the monitor, and for how long: names and origins, the token, places to listen on,
 * limits on connections. */
#include "harness.h"
#include "monitor/clients.h"
#include "monitor/guard.h"
#include "monitor/listen.h"
#include "monitor/token.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void only_this_machine_is_asked_for(void)
{
    const guard_names box = {.own = "box"};
    static const char *const good[] = {"127.0.0.1", "127.0.0.1:5620", "localhost:1", "[::1]:5620",
                                       "LOCALHOST", "10.1.2.3:80",    "box:5620",    "Box"};
    static const char *const bad[] = {
        "evil.example",     "127.0.0.1.evil.example", "localhost:x", "",     "[::1",
        "box.evil.example", "localhost@evil",         "::1",         "[]:80"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        CHECK(guard_host(good[i], &box) == NULL);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        CHECK(guard_host(bad[i], &box) != NULL);
    CHECK(guard_host(NULL, &box) != NULL && guard_host("box", &(guard_names){0}) != NULL);
}

static void changes_come_from_the_page_itself(void)
{
    static const char host[] = "localhost:5620", json[] = "application/json";
    const guard_names box = {.own = "box"};
    CHECK(guard_change(host, "http://localhost:5620", "same-origin", json, &box) == NULL);
    CHECK(guard_change(host, NULL, NULL, "application/json; charset=utf-8", &box) == NULL);
    static const char *const origins[] = {"http://evil.example",    "null",
                                          "http://localhost:80",    "",
                                          "https://localhost:5620", "http://localhost:5620.evil"};
    for (size_t i = 0; i < sizeof origins / sizeof origins[0]; i++)
        CHECK(guard_change(host, origins[i], NULL, json, &box) != NULL);
    CHECK(guard_change(host, NULL, "cross-site", json, &box) != NULL);
    CHECK(guard_change(host, NULL, "same-site", json, &box) != NULL);
    static const char *const types[] = {"text/plain", "application/jsonp", NULL, "",
                                        "application/x-www-form-urlencoded"};
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        CHECK(guard_change(host, NULL, NULL, types[i], &box) != NULL);
}

static void a_proxy_s_origin_is_one_of_the_monitor_s_own(void)
{
    static const char json[] = "application/json";
    guard_origin origin;
    REQUIRE(guard_origin_read("https://Sim.example:443/", &origin, NULL) == ERR_NONE);
    CHECK(strcmp(origin.text, "https://Sim.example") == 0 &&
          strcmp(origin.host, "Sim.example") == 0);
    const guard_names names = {.own = "box", .external = &origin};
    CHECK(guard_host("sim.example", &names) == NULL &&
          guard_host("sim.example:443", &names) == NULL);
    CHECK(guard_host("evil.example", &names) != NULL);
    /* Whether the proxy keeps Host or puts the monitor's address there. */
    static const char *const hosts[] = {"sim.example", "127.0.0.1:5620"};
    for (size_t i = 0; i < 2; i++) {
        CHECK(guard_change(hosts[i], "https://sim.example", NULL, json, &names) == NULL);
        CHECK(guard_change(hosts[i], "https://sim.example", "same-origin", json, &names) == NULL);
        CHECK(guard_change(hosts[i], "https://sim.example", "cross-site", json, &names) != NULL);
        CHECK(guard_change(hosts[i], "https://sim.example:8443", NULL, json, &names) != NULL);
        CHECK(guard_change(hosts[i], "http://sim.example", NULL, json, &names) != NULL);
        CHECK(guard_change(hosts[i], "null", NULL, json, &names) != NULL);
    }
    /* No script can set Sec-Fetch-Site, so it outweighs what a proxy did to Host. */
    CHECK(guard_change("127.0.0.1", "https://other.example", "same-origin", json, &names) == NULL);
}

static void an_origin_is_a_scheme_and_a_host(void)
{
    static const struct {
        const char *url, *text;
    } good[] = {{"http://sim.example", "http://sim.example"},
                {"HTTPS://sim.example:8443", "https://sim.example:8443"},
                {"http://sim.example:443/", "http://sim.example:443"},
                {"https://[2001:db8::1]:444", "https://[2001:db8::1]:444"},
                {"https://192.0.2.1", "https://192.0.2.1"}};
    static const char *const bad[] = {"",
                                      "sim.example",
                                      "ftp://sim.example",
                                      "https://",
                                      "https:///",
                                      "https://sim.example/page",
                                      "https://me@sim.example",
                                      "https://sim.example:port",
                                      "https://sim.example:99999",
                                      "https://[::1",
                                      "https://::1",
                                      "https://s\xc3\xadm.example",
                                      "https://sim example"};
    guard_origin origin;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        CHECK(guard_origin_read(good[i].url, &origin, NULL) == ERR_NONE);
        CHECK(strcmp(origin.text, good[i].text) == 0);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        err e = {0};
        CHECK(guard_origin_read(bad[i], &origin, &e) == ERR_INVALID && e.text[0] != '\0');
    }
}

static void places_to_listen_on_are_read(void)
{
    static const struct {
        const char *text, *host;
        int port; /* -1: none is named */
    } good[] = {{"127.0.0.1", "127.0.0.1", -1},
                {"127.0.0.1:80", "127.0.0.1", 80},
                {"::1", "::1", -1},
                {"[::1]", "::1", -1},
                {"[::1]:8080", "::1", 8080},
                {"localhost", "localhost", -1},
                {"box.example:0", "box.example", 0},
                {":8080", "", 8080},
                {"[::]:8080", "", 8080},
                {"::", "", -1},
                {"*", "", -1},
                {"*:65535", "", 65535},
                {"0.0.0.0:1", "0.0.0.0", 1},
                {"fe80::1%lo", "fe80::1%lo", -1}};
    static const char *const bad[] = {
        "",      ":",   "box:",     "box:port", "box:65536", "[::1",   "[::1]8080",   "[box]:80",
        "[]:80", "a b", "box/page", "1:2:3",    "box:-1",    "[::1]:", "box:0000080", "http://box"};
    listen_address place;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        CHECK(listen_read(good[i].text, &place, NULL) == ERR_NONE);
        CHECK(strcmp(place.host, good[i].host) == 0);
        CHECK(place.has_port == (good[i].port >= 0));
        CHECK(!place.has_port || place.port == good[i].port);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        err e = {0};
        CHECK(listen_read(bad[i], &place, &e) == ERR_INVALID && e.text[0] != '\0');
    }
    char url[LISTEN_URL_MAX];
    listen_url(&(listen_address){.host = "::1", .port = 80}, "box", url);
    CHECK(strcmp(url, "[::1]:80") == 0);
    listen_url(&(listen_address){.port = 80}, "box", url);
    CHECK(strcmp(url, "box:80") == 0);
}

/* A folder of the test's own. */
static void make_folder(char folder[64])
{
    strcpy(folder, "/tmp/csilink-token-XXXXXX");
    REQUIRE(mkdtemp(folder) != NULL);
}

static void write_file(const char *path, const char *text, mode_t mode)
{
    FILE *f = fopen(path, "w");
    REQUIRE(f != NULL);
    CHECK(fputs(text, f) >= 0 && fclose(f) == 0 && chmod(path, mode) == 0);
}

static void a_token_is_made_once_for_its_owner_alone(void)
{
    char folder[64], path[96];
    make_folder(folder);
    snprintf(path, sizeof path, "%s/token", folder);
    static token first, again, other;
    CHECK(token_open(path, &first, NULL) == ERR_NONE);
    CHECK(token_open(path, &again, NULL) == ERR_NONE);
    CHECK(strcmp(first.text, again.text) == 0 && strlen(first.text) == 64);
    struct stat s;
    CHECK(stat(path, &s) == 0 && (s.st_mode & 07777) == 0600);
    unlink(path);
    CHECK(token_open(path, &other, NULL) == ERR_NONE && strcmp(first.text, other.text) != 0);
    unlink(path);
    CHECK(rmdir(folder) == 0); /* nothing else was left in it */
}

static void a_file_that_is_no_secret_token_is_refused(void)
{
    static const char good[] = "0123456789abcdef";
    static const struct {
        const char *text;
        mode_t mode;
        bool is_good;
    } files[] = {{good, 0600, true},
                 {"0123456789abcdef\n", 0400, true},
                 {"0123456789abcde~\r\n", 0600, true},
                 {good, 0644, false},
                 {good, 0640, false},
                 {good, 0602, false},
                 {"", 0600, false},
                 {"short\n", 0600, false},
                 {"0123456789abcdef\n\n", 0600, false},
                 {"0123456789abcdef ghijkl", 0600, false},
                 {"0123456789abcdef\"", 0600, false}};
    char folder[64], path[96];
    make_folder(folder);
    snprintf(path, sizeof path, "%s/token", folder);
    static token t;
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        err e = {0};
        write_file(path, files[i].text, files[i].mode);
        bool is_good = token_open(path, &t, &e) == ERR_NONE;
        CHECK(is_good == files[i].is_good && (is_good || strstr(e.text, path) != NULL));
        unlink(path);
    }
    char longest[TOKEN_MAX + 2];
    memset(longest, 'a', sizeof longest - 1);
    longest[TOKEN_MAX + 1] = '\0';
    write_file(path, longest, 0600);
    CHECK(token_open(path, &t, NULL) == ERR_INVALID);
    unlink(path);
    CHECK(mkfifo(path, 0600) == 0 && token_open(path, &t, NULL) == ERR_INVALID);
    unlink(path);
    CHECK(token_open(folder, &t, NULL) == ERR_INVALID);
    rmdir(folder);
    CHECK(token_open(path, &t, NULL) == ERR_IO); /* a folder that is not there */
}

static void only_the_whole_token_is_the_token(void)
{
    static const token t = {"0123456789abcdef"};
    CHECK(token_is_shown(&t, "Bearer 0123456789abcdef"));
    CHECK(token_is_shown(&t, "bearer  0123456789abcdef"));
    static const char *const bad[] = {NULL,
                                      "",
                                      "Bearer",
                                      "Bearer ",
                                      "0123456789abcdef",
                                      "Basic 0123456789abcdef",
                                      "Bearer 0123456789abcde",
                                      "Bearer 0123456789abcdef0",
                                      "Bearer 0123456789abcdeF",
                                      "Bearer 0123456789abcdef "};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        CHECK(!token_is_shown(&t, bad[i]));
}

static client_address address(const char *text)
{
    client_address a;
    REQUIRE(client_address_read(text, strlen(text), &a));
    return a;
}

static void addresses_are_read_with_and_without_ports(void)
{
    static const struct {
        const char *text, *same;
    } good[] = {{"192.0.2.7:1234", "192.0.2.7"},
                {"::ffff:192.0.2.7", "192.0.2.7"},
                {"[2001:db8::7]:80", "2001:db8::7"},
                {"[2001:db8::7]", "2001:db8::7"}};
    static const char *const bad[] = {"",
                                      "unknown",
                                      "192.0.2.256",
                                      "[::1",
                                      "1:2:3",
                                      "_hidden",
                                      "2001:0db8:0000:0000:0000:0000:0000:0007:0000:0000:0000"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        client_address a = address(good[i].text), b = address(good[i].same);
        CHECK(memcmp(&a, &b, sizeof a) == 0);
    }
    client_address a;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        CHECK(!client_address_read(bad[i], strlen(bad[i]), &a));
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    a = client_address_of((const struct sockaddr *)(const void *)&in);
    CHECK(client_address_is_loopback(&a));
    a = address("::1");
    CHECK(client_address_is_loopback(&a));
    a = address("128.0.0.1");
    CHECK(!client_address_is_loopback(&a));
}

/* What the clients' limits ended, by its descriptor. */
typedef struct endings {
    size_t count, slow;
    int last;
} endings;

static void on_end(void *user, int fd, client_phase phase, client_end why)
{
    (void)phase;
    endings *e = user;
    e->count++;
    e->slow += why == CLIENT_IS_SLOW;
    e->last = fd;
}

static const uint64_t ms = 1000000u;

static void the_silent_make_room_within_their_own_address(void)
{
    endings ended = {0};
    clients *c = clients_create(false, on_end, &ended);
    REQUIRE(c != NULL);
    client *other = clients_come(c, 9999, address("192.0.2.2"), 0);
    REQUIRE(other != NULL);
    /* One more than an address may have: its oldest goes, the other address's stays. */
    for (int i = 0; i <= CLIENTS_PER_ADDRESS; i++)
        CHECK(clients_come(c, i, address("192.0.2.1"), (uint64_t)i + 1) != NULL);
    CHECK(ended.count == 1 && ended.last == 0 && ended.slow == 0);
    CHECK(clients_count(c) == CLIENTS_PER_ADDRESS + 1);
    clients_free(c);
}

static void those_that_are_answered_do_not_make_room(void)
{
    endings ended = {0};
    clients *c = clients_create(false, on_end, &ended);
    REQUIRE(c != NULL);
    for (int i = 0; i < CLIENTS_PER_ADDRESS; i++) {
        client *w = clients_come(c, i, address("2001:db8::1"), 0);
        REQUIRE(w != NULL);
        clients_ask(c, w, 0);
        clients_answer(c, w, 0);
    }
    CHECK(clients_come(c, 1000, address("2001:db8::2"), 1) == NULL); /* the same 64 bits */
    CHECK(clients_come(c, 1001, address("2001:db8:1::1"), 1) != NULL);
    CHECK(ended.count == 0);
    clients_free(c);
}

static void however_many_come_there_are_never_more_than_the_limit(void)
{
    for (int shares = 0; shares < 2; shares++) {
        endings ended = {0};
        clients *c = clients_create(shares, on_end, &ended);
        REQUIRE(c != NULL);
        for (int i = 0; i < 3 * CLIENTS_MAX; i++) {
            char from[32];
            snprintf(from, sizeof from, "192.0.%d.%d", 2 + i / 250, 1 + i % 250);
            CHECK(clients_come(c, i, address(shares ? "127.0.0.1" : from), (uint64_t)i) != NULL);
            CHECK(clients_count(c) <= CLIENTS_MAX);
        }
        CHECK(clients_count(c) == CLIENTS_MAX && ended.count == 2 * CLIENTS_MAX);
        clients_free(c);
    }
}

static void every_phase_has_its_end(void)
{
    static const struct {
        client_phase phase;
        uint64_t limit_ms;
    } phases[] = {{CLIENT_NEW, CLIENTS_REQUEST_MS},
                  {CLIENT_ASKS, CLIENTS_REQUEST_MS},
                  {CLIENT_ANSWERED, CLIENTS_ANSWER_MS},
                  {CLIENT_IDLE, CLIENTS_IDLE_MS}};
    for (size_t i = 0; i < sizeof phases / sizeof phases[0]; i++) {
        endings ended = {0};
        clients *c = clients_create(false, on_end, &ended);
        client *w = c ? clients_come(c, 1, address("192.0.2.1"), 0) : NULL;
        REQUIRE(w != NULL);
        if (phases[i].phase != CLIENT_NEW)
            clients_ask(c, w, 0);
        if (phases[i].phase == CLIENT_ANSWERED || phases[i].phase == CLIENT_IDLE)
            clients_answer(c, w, 0);
        if (phases[i].phase == CLIENT_IDLE)
            clients_idle(c, w, 0);
        clients_sweep(c, phases[i].limit_ms * ms - 1);
        CHECK(ended.count == 0);
        clients_sweep(c, phases[i].limit_ms * ms);
        clients_sweep(c, 2 * phases[i].limit_ms * ms); /* it is ended once */
        CHECK(ended.count == 1 && ended.slow == 1 && clients_count(c) == 0);
        clients_free(c);
    }
}

/* The first line of a first request does not put its end off; a later request has its own time. */
static void a_request_cannot_be_stretched(void)
{
    endings ended = {0};
    clients *c = clients_create(false, on_end, &ended);
    client *w = c ? clients_come(c, 1, address("192.0.2.1"), 0) : NULL;
    REQUIRE(w != NULL);
    clients_ask(c, w, (CLIENTS_REQUEST_MS - 1) * ms);
    clients_answer(c, w, (CLIENTS_REQUEST_MS - 1) * ms);
    clients_idle(c, w, 20000 * ms);
    clients_ask(c, w, 30000 * ms);
    clients_sweep(c, (30000 + CLIENTS_REQUEST_MS) * ms - 1);
    CHECK(ended.count == 0);
    clients_sweep(c, (30000 + CLIENTS_REQUEST_MS) * ms);
    CHECK(ended.count == 1);
    client *other = clients_come(c, 2, address("192.0.2.1"), 0);
    REQUIRE(other != NULL);
    clients_ask(c, other, (CLIENTS_REQUEST_MS - 1) * ms);
    clients_sweep(c, CLIENTS_REQUEST_MS * ms);
    CHECK(ended.count == 2);
    clients_free(c);
}

static void one_address_cannot_have_all_streams(void)
{
    endings ended = {0};
    clients *c = clients_create(true, on_end, &ended);
    REQUIRE(c != NULL);
    size_t granted = 0;
    for (int i = 0; i < 2 * CLIENTS_STREAMS_MAX; i++) {
        client *w = clients_come(c, i, address("127.0.0.1"), 0); /* all through one proxy */
        REQUIRE(w != NULL);
        granted += clients_stream(c, w, address("192.0.2.1"));
    }
    CHECK(granted == CLIENTS_STREAMS_PER_ADDRESS && clients_streams(c) == granted);
    for (int i = 0; i < CLIENTS_STREAMS_MAX; i++) {
        char whose[32];
        snprintf(whose, sizeof whose, "198.51.100.%d", i);
        client *w = clients_come(c, 1000 + i, address("127.0.0.1"), 0);
        REQUIRE(w != NULL);
        granted += clients_stream(c, w, address(whose));
    }
    CHECK(granted == CLIENTS_STREAMS_MAX && clients_streams(c) == granted);
    clients_free(c);
}

static void a_stream_lasts_while_its_events_are_read(void)
{
    endings ended = {0};
    clients *c = clients_create(false, on_end, &ended);
    client *w = c ? clients_come(c, 1, address("192.0.2.1"), 0) : NULL;
    REQUIRE(w != NULL && clients_stream(c, w, *client_from(w)));
    uint64_t now = 0;
    for (int i = 0; i < 100; i++) {
        clients_event(c, w, true, now);
        now += (CLIENTS_EVENT_MS - 1) * ms;
        clients_sweep(c, now);
        clients_event(c, w, false, now);
        now += 10 * CLIENTS_EVENT_MS * ms; /* between two events nothing is due */
        clients_sweep(c, now);
    }
    CHECK(ended.count == 0);
    clients_event(c, w, true, now);
    clients_sweep(c, now + CLIENTS_EVENT_MS * ms);
    CHECK(ended.count == 1 && clients_streams(c) == 0);
    clients_free(c);
}

static const harness_test tests[] = {
    {"only this machine's own names are answered", only_this_machine_is_asked_for},
    {"changes come from the page itself", changes_come_from_the_page_itself},
    {"a proxy's origin is one of the monitor's own", a_proxy_s_origin_is_one_of_the_monitor_s_own},
    {"an origin is a scheme and a host", an_origin_is_a_scheme_and_a_host},
    {"places to listen on are read, others are refused", places_to_listen_on_are_read},
    {"a token is made once, for its owner alone", a_token_is_made_once_for_its_owner_alone},
    {"a file that is no secret token is refused", a_file_that_is_no_secret_token_is_refused},
    {"only the whole token is the token", only_the_whole_token_is_the_token},
    {"addresses are read with and without ports", addresses_are_read_with_and_without_ports},
    {"the silent make room within their own address",
     the_silent_make_room_within_their_own_address},
    {"those that are answered do not make room", those_that_are_answered_do_not_make_room},
    {"however many come, there are never more than the limit",
     however_many_come_there_are_never_more_than_the_limit},
    {"every phase of a connection has its end", every_phase_has_its_end},
    {"a request cannot be stretched", a_request_cannot_be_stretched},
    {"one address cannot have all streams", one_address_cannot_have_all_streams},
    {"a stream lasts while its events are read", a_stream_lasts_while_its_events_are_read},
};

int main(int argc, char **argv)
{
    return harness_main(argc, argv, "monitor_access", tests, sizeof tests / sizeof tests[0]);
}
