#include "monitor/guard.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"

/* The host without its port and brackets, and the port, "" without one; false where it is none. */
static bool split(const char *host, char name[GUARD_HOST_MAX], const char **port)
{
    bool bracketed = host[0] == '[';
    const char *end = bracketed ? strchr(host, ']') : strchr(host, ':');
    size_t skip = bracketed, size = end ? (size_t)(end - host) : strlen(host);
    if (size <= skip || size >= GUARD_HOST_MAX || (bracketed && !end))
        return false;
    snprintf(name, GUARD_HOST_MAX, "%.*s", (int)(size - skip), host + skip);
    const char *rest = end ? end + skip : "";
    *port = rest + (*rest == ':');
    return *rest == '\0' || (*rest == ':' && strspn(rest + 1, "0123456789") == strlen(rest + 1));
}

static bool is_address(const char *name)
{
    struct in6_addr address;
    return inet_pton(AF_INET, name, &address) == 1 || inet_pton(AF_INET6, name, &address) == 1;
}

/* Letters, digits, '-', '_' and '.', or an address: what browsers write in Origin. */
static bool is_plain(const char *name)
{
    static const char good[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
    return name[strspn(name, good)] == '\0' || is_address(name);
}

int guard_origin_read(const char *url, guard_origin *out, err *e)
{
    static const struct {
        const char *scheme, *port;
    } schemes[] = {{"https://", "443"}, {"http://", "80"}};
    for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
        size_t skip = strlen(schemes[i].scheme);
        if (strncasecmp(url, schemes[i].scheme, skip) != 0)
            continue;
        char host[GUARD_HOST_MAX + 8];
        const char *port;
        uint64_t number;
        size_t size = strlen(url + skip);
        if (size > 0 && url[skip + size - 1] == '/') /* as in an address bar */
            size--;
        if (size >= sizeof host)
            break;
        snprintf(host, sizeof host, "%.*s", (int)size, url + skip);
        if (!split(host, out->host, &port) || !is_plain(out->host) || strlen(port) > 5 ||
            (*port && !text_whole(port, 0, UINT16_MAX, &number)) ||
            (host[0] == '[') != (strchr(out->host, ':') != NULL))
            break;
        bool named = *port && strcmp(port, schemes[i].port) != 0, v6 = host[0] == '[';
        int n =
            snprintf(out->text, sizeof out->text, "%s%s%s%s%s%s", schemes[i].scheme, v6 ? "[" : "",
                     out->host, v6 ? "]" : "", named ? ":" : "", named ? port : "");
        if (n > 0 && (size_t)n < sizeof out->text)
            return ERR_NONE;
        break;
    }
    return err_set(e, ERR_INVALID,
                   "'%.80s' is not an origin, such as https://sim.example or "
                   "https://sim.example:8443, without a path",
                   url);
}

const char *guard_host(const char *host, const guard_names *names)
{
    char name[GUARD_HOST_MAX];
    const char *port;
    if (!host || !split(host, name, &port))
        return "the request names no host";
    if (is_address(name) || strcasecmp(name, "localhost") == 0 ||
        (names->own && strcasecmp(name, names->own) == 0) ||
        (names->external && strcasecmp(name, names->external->host) == 0))
        return NULL;
    return "the request names another host; use this machine's address, or start the monitor with "
           "--public-origin";
}

static bool is_json(const char *content_type)
{
    static const char json[] = "application/json";
    size_t n = sizeof json - 1;
    return content_type && strncasecmp(content_type, json, n) == 0 &&
           (content_type[n] == '\0' || content_type[n] == ';' || content_type[n] == ' ');
}

/* Behind a proxy that keeps Host, a page of plain HTTP under the external name is another's. */
static bool is_own_origin(const char *origin, const char *host, const guard_names *names)
{
    static const char scheme[] = "http://";
    char name[GUARD_HOST_MAX];
    const char *port;
    if (names->external && strcasecmp(origin, names->external->text) == 0)
        return true;
    if (names->external && split(host, name, &port) && strcasecmp(name, names->external->host) == 0)
        return false;
    return strncmp(origin, scheme, sizeof scheme - 1) == 0 &&
           strcasecmp(origin + sizeof scheme - 1, host) == 0;
}

const char *guard_change(const char *host, const char *origin, const char *fetch_site,
                         const char *content_type, const guard_names *names)
{
    if (!is_json(content_type))
        return "send a change as application/json";
    bool own = fetch_site ? strcmp(fetch_site, "same-origin") == 0
                          : !origin || is_own_origin(origin, host, names);
    return own ? NULL : "a page of another origin may not change the link";
}
