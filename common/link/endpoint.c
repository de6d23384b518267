#include "link/endpoint.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

enum { PORT_MAX = 65535, PORT_DIGITS = 5 };

/* Whether the text begins with a scheme. */
static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

bool link_name_is_good(const char *name, size_t length)
{
    if (length == 0 || length >= ENDPOINT_NAME_MAX || !isalnum((unsigned char)name[0]))
        return false;
    for (size_t i = 0; i < length; i++)
        if (!isalnum((unsigned char)name[i]) && !strchr("-._", name[i]))
            return false;
    size_t tail = strlen(LINK_SECRET_SUFFIX);
    return length < tail || memcmp(name + length - tail, LINK_SECRET_SUFFIX, tail) != 0;
}

static int parse_ipc(const char *path, link_endpoint *out, err *e)
{
    size_t length = strlen(path);
    if (length == 0 || (path[0] == '@' && length == 1))
        return err_set(e, ERR_INVALID, "it has no path; write one such as ipc:///run/csilink/bs");
    if (length > ENDPOINT_IPC_MAX)
        return err_set(e, ERR_INVALID, "a path of %zu bytes; a Unix socket's path has up to %d",
                       length, ENDPOINT_IPC_MAX);
    out->open = false;
    return ERR_NONE;
}

static int parse_port(const char *text, bool bind, err *e)
{
    uint64_t port;
    if (bind && strcmp(text, "*") == 0)
        return ERR_NONE;
    if (!text_whole(text, bind ? 0 : 1, PORT_MAX, &port) || strlen(text) > PORT_DIGITS)
        return err_set(e, ERR_INVALID, "the port '%.32s' is not a number from %d to %d", text,
                       bind ? 0 : 1, PORT_MAX);
    return ERR_NONE;
}

static bool is_loopback_v4(struct in_addr a)
{
    return ntohl(a.s_addr) >> 24 == IN_LOOPBACKNET;
}

static int parse_v6(const char *host, size_t length, link_endpoint *out, err *e)
{
    char text[ENDPOINT_HOST_MAX];
    struct in6_addr a;
    snprintf(text, sizeof text, "%.*s", (int)length - 2, host + 1);
    char *zone = strchr(text, '%'); /* the interface of a link-local address */
    if (zone)
        *zone = '\0';
    if (inet_pton(AF_INET6, text, &a) != 1)
        return err_set(e, ERR_INVALID, "'%.*s' is not an IPv6 address in brackets", (int)length,
                       host);
    struct in_addr mapped;
    memcpy(&mapped, &a.s6_addr[12], sizeof mapped);
    out->v6 = true;
    out->named = false;
    out->open = !IN6_IS_ADDR_LOOPBACK(&a) && !(IN6_IS_ADDR_V4MAPPED(&a) && is_loopback_v4(mapped));
    return ERR_NONE;
}

/* Only digits and dots, and the last part digits: meant as an address. */
static bool looks_like_v4(const char *host)
{
    return host[strspn(host, "0123456789.")] == '\0';
}

static int parse_host(const char *host, size_t length, bool bind, link_endpoint *out, err *e)
{
    char text[ENDPOINT_HOST_MAX];
    struct in_addr a;
    struct in6_addr v6;
    if (length == 0 || length >= sizeof text)
        return err_set(e, ERR_INVALID, "a host of %zu bytes; it has 1 to %zu", length,
                       sizeof text - 1);
    snprintf(text, sizeof text, "%.*s", (int)length, host);
    if (text[0] == '[' && text[length - 1] == ']')
        return parse_v6(host, length, out, e);
    out->named = false;
    if (bind && strcmp(text, "*") == 0) {
        out->open = true;
    } else if (inet_pton(AF_INET, text, &a) == 1) {
        out->open = !is_loopback_v4(a);
    } else if (looks_like_v4(text)) {
        return err_set(e, ERR_INVALID, "'%s' is not an address of four numbers from 0 to 255",
                       text);
    } else if (inet_pton(AF_INET6, text, &v6) == 1) {
        return err_set(e, ERR_INVALID, "put an IPv6 address in brackets: [%s]", text);
    } else {
        for (size_t i = 0; i < length; i++)
            if (!isalnum((unsigned char)text[i]) && !strchr("-._", text[i]))
                return err_set(e, ERR_INVALID, "'%s' is not the name of a host", text);
        out->named = true;
        out->open = strcmp(text, "localhost") != 0;
    }
    return ERR_NONE;
}

static int parse_tcp(const char *rest, bool bind, link_endpoint *out, err *e)
{
    const char *colon = strrchr(rest, ':');
    if (!colon || strchr(colon, ']'))
        return err_set(e, ERR_INVALID, "it has no port; write one such as tcp://%.64s:5601",
                       *rest ? rest : "127.0.0.1");
    out->tcp = true;
    int rc = parse_host(rest, (size_t)(colon - rest), bind, out, e);
    if (rc == ERR_NONE)
        rc = parse_port(colon + 1, bind, e);
    if (rc == ERR_NONE && bind && out->named && !out->open) { /* libzmq cannot listen at a name */
        snprintf(out->address, sizeof out->address, "tcp://127.0.0.1%s", colon);
        out->named = false;
    }
    return rc;
}

/* Sets the name before the @, and returns the rest. An ipc path may contain an @, too. */
static const char *parse_server(const char *text, bool bind, link_endpoint *out, err *e)
{
    const char *scheme = strstr(text, "://"), *at = strchr(text, '@');
    if (!at || !scheme || at > scheme)
        return text;
    size_t length = (size_t)(at - text);
    if (bind) {
        err_set(e, ERR_INVALID,
                "only an address to connect to takes a certificate's name before @");
        return NULL;
    }
    if (!link_name_is_good(text, length)) {
        err_set(e, ERR_INVALID,
                "'%.*s' is not the name of a certificate: up to %d letters, digits, - . _",
                (int)(length < ENDPOINT_NAME_MAX ? length : ENDPOINT_NAME_MAX), text,
                ENDPOINT_NAME_MAX - 1);
        return NULL;
    }
    snprintf(out->server, sizeof out->server, "%.*s", (int)length, text);
    return at + 1;
}

static int parse(const char *text, bool bind, link_endpoint *out, err *e)
{
    const char *address = parse_server(text, bind, out, e);
    if (!address)
        return ERR_INVALID;
    if (strlen(address) >= sizeof out->address)
        return err_set(e, ERR_INVALID, "%zu bytes; an address has up to %zu", strlen(address),
                       sizeof out->address - 1);
    strcpy(out->address, address);
    if (begins(address, "ipc://"))
        return parse_ipc(address + strlen("ipc://"), out, e);
    if (begins(address, "tcp://"))
        return parse_tcp(address + strlen("tcp://"), bind, out, e);
    return err_set(e, ERR_INVALID, "an endpoint is ipc:///path or tcp://host:port");
}

int link_endpoint_parse(const char *text, bool bind, link_endpoint *out, err *e)
{
    *out = (link_endpoint){.open = true};
    int rc = parse(text, bind, out, e);
    if (rc != ERR_NONE) {
        err_prefix(e, "'%.100s'", text);
        if (e)
            err_one_line(e->text);
    }
    return rc;
}
