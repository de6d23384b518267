#include "latency.h"

#include <stdlib.h>
#include <string.h>

#include "base/hist_coarse.h"
#include "view.h"

typedef struct agent {
    uint32_t pid;
    uint64_t count[HIST_COARSE], values;
} agent;

struct latency_window {
    agent *agent[VIEW_PROCESSES_MAX];
    size_t agents;
    uint64_t fresh[HIST_COARSE], seen[HIST_COARSE]; /* of this second, and of the last */
};

latency_window *latency_window_create(void)
{
    return calloc(1, sizeof(latency_window));
}

void latency_window_free(latency_window *w)
{
    for (size_t i = 0; w && i < w->agents; i++)
        free(w->agent[i]);
    free(w);
}

static agent *find_agent(latency_window *w, uint32_t pid)
{
    for (size_t i = 0; i < w->agents; i++)
        if (w->agent[i]->pid == pid)
            return w->agent[i];
    agent *a = w->agents < VIEW_PROCESSES_MAX ? calloc(1, sizeof *a) : NULL;
    if (!a)
        return NULL;
    a->pid = pid;
    w->agent[w->agents++] = a;
    return a;
}

void latency_window_take(latency_window *w, const wire_telemetry *t)
{
    const wire_histogram *h = NULL;
    uint64_t count[HIST_COARSE] = {0}, values = 0;
    for (size_t i = 0; i < t->histograms; i++)
        if (strcmp(t->histogram[i].name, "total") == 0)
            h = &t->histogram[i];
    agent *a = h ? find_agent(w, t->pid) : NULL;
    if (!a)
        return;
    for (size_t i = 0; i < h->filled; i++) {
        count[h->bucket[i]] = h->count[i];
        values += h->count[i];
    }
    if (values < a->values)
        memset(a->count, 0, sizeof a->count);
    for (size_t i = 0; i < HIST_COARSE; i++)
        if (count[i] > a->count[i])
            w->fresh[i] += count[i] - a->count[i];
    memcpy(a->count, count, sizeof count);
    a->values = values;
}

void latency_window_look(latency_window *w)
{
    memcpy(w->seen, w->fresh, sizeof w->seen);
    memset(w->fresh, 0, sizeof w->fresh);
}

double latency_window_us(const latency_window *w, double q)
{
    return hist_coarse_percentile(w->seen, q) * 1e-3;
}
