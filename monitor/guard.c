#include "monitor/guard.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { HOST_MAX = 256 };

/* The host without its port and brackets; false where it is none. */
static bool name_of(const char *host, char name[HOST_MAX])
{
    const char *end = host[0] == '[' ? strchr(host, ']') : strchr(host, ':');
    size_t skip = host[0] == '[', size = end ? (size_t)(end - host) : strlen(host);
    if (size <= skip || size >= HOST_MAX || (skip && !end))
        return false;
    snprintf(name, HOST_MAX, "%.*s", (int)(size - skip), host + skip);
    const char *port = end ? end + skip : "";
    return port[0] == '\0' ||
           (port[0] == ':' && strspn(port + 1, "0123456789") == strlen(port + 1));
}

const char *guard_host(const char *host, const char *own_name)
{
    char name[HOST_MAX];
    struct in6_addr address;
    if (!host || !name_of(host, name))
        return "the request names no host";
    if (inet_pton(AF_INET, name, &address) == 1 || inet_pton(AF_INET6, name, &address) == 1 ||
        strcasecmp(name, "localhost") == 0 || (own_name && strcasecmp(name, own_name) == 0))
        return NULL;
    return "the request was made for a host of another name; use this machine's address";
}

static bool is_json(const char *content_type)
{
    static const char json[] = "application/json";
    size_t n = sizeof json - 1;
    return content_type && strncasecmp(content_type, json, n) == 0 &&
           (content_type[n] == '\0' || content_type[n] == ';' || content_type[n] == ' ');
}

const char *guard_change(const char *host, const char *origin, const char *fetch_site,
                         const char *content_type)
{
    static const char scheme[] = "http://";
    if (!is_json(content_type))
        return "a change is sent as application/json";
    if (fetch_site && strcmp(fetch_site, "same-origin") != 0)
        return "a page of another origin may not change the link";
    if (origin && (strncmp(origin, scheme, sizeof scheme - 1) != 0 ||
                   strcasecmp(origin + sizeof scheme - 1, host) != 0))
        return "a page of another origin may not change the link";
    return NULL;
}
