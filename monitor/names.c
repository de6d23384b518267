#include "monitor/names.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HOST_MAX = 256, PORT_MAX = 8 };

typedef struct name {
    names *all;
    size_t which;
    char host[HOST_MAX], port[PORT_MAX];
    uv_getaddrinfo_t request;
    bool asking;
} name;

struct names {
    names_found found;
    void *user;
    uv_timer_t timer;
    bool closing;
    name name[NAMES_MAX];
    size_t count;
};

static int compare(const void *a, const void *b)
{
    return strcmp(((const names_endpoint *)a)->text, ((const names_endpoint *)b)->text);
}

static void on_resolved(uv_getaddrinfo_t *request, int status, struct addrinfo *list)
{
    name *n = request->data;
    names_endpoint found[NAMES_ADDRESSES_MAX];
    size_t count = 0;
    for (const struct addrinfo *a = list; a && count < NAMES_ADDRESSES_MAX; a = a->ai_next) {
        char address[INET_ADDRSTRLEN];
        const struct sockaddr_in *in = (const void *)a->ai_addr;
        if (inet_ntop(AF_INET, &in->sin_addr, address, sizeof address))
            snprintf(found[count++].text, NAMES_ENDPOINT_MAX, "tcp://%s:%.5s", address, n->port);
    }
    uv_freeaddrinfo(list);
    n->asking = false;
    if (status != 0 || n->all->closing)
        return;
    qsort(found, count, sizeof found[0], compare);
    n->all->found(n->all->user, n->which, found, count);
}

static void ask(name *n)
{
    static const struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM};
    if (n->asking)
        return;
    n->request.data = n;
    n->asking =
        uv_getaddrinfo(n->all->timer.loop, &n->request, on_resolved, n->host, NULL, &hints) == 0;
}

static void on_timer(uv_timer_t *timer)
{
    names *n = timer->data;
    for (size_t i = 0; i < n->count; i++)
        ask(&n->name[i]);
}

names *names_open(uv_loop_t *loop, names_found found, void *user, err *e)
{
    names *n = calloc(1, sizeof *n);
    if (!n) {
        err_set(e, ERR_NOMEM, "out of memory for names");
        return NULL;
    }
    n->found = found;
    n->user = user;
    uv_timer_init(loop, &n->timer);
    n->timer.data = n;
    uv_timer_start(&n->timer, on_timer, 0, NAMES_MS);
    return n;
}

/* The host and port of an endpoint with a name: not an address, not all of them. */
static bool split(const char *endpoint, char host[HOST_MAX], char port[PORT_MAX])
{
    struct in_addr address;
    return sscanf(endpoint, "tcp://%255[^][:*/]:%7[0-9]", host, port) == 2 &&
           inet_pton(AF_INET, host, &address) != 1;
}

bool names_add(names *n, size_t which, const char *endpoint)
{
    if (n->count == NAMES_MAX || !split(endpoint, n->name[n->count].host, n->name[n->count].port))
        return false;
    n->name[n->count].all = n;
    n->name[n->count].which = which;
    n->count++;
    return true;
}

void names_close(names *n)
{
    n->closing = true;
    for (size_t i = 0; i < n->count; i++)
        if (n->name[i].asking)
            uv_cancel((uv_req_t *)&n->name[i].request);
    uv_close((uv_handle_t *)&n->timer, NULL);
}

void names_free(names *n)
{
    free(n);
}
