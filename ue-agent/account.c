#include "account.h"

#include <cjson/cJSON.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "io/file.h"
#include "io/json.h"

static const uint64_t interval_ns = 1000000000u;
enum { REST = 50 }; /* pause this many times the processor time of a write */

struct account {
    const char *path;
    const chain_tally *tally;
    chain_tally *copy; /* owned by the thread while `writing` */
    uint64_t next_ns, took_ns;
    bool writing, failed;
    atomic_bool written; /* set by the thread at its end */
    err failure;
    pthread_t thread;
};

char *account_text(const chain_tally *tally, bool complete)
{
    cJSON *json = chain_tally_to_json(tally);
    cJSON_AddBoolToObject(json, "complete", complete);
    char *text = json ? json_print_line(json) : NULL;
    cJSON_Delete(json);
    return text;
}

static int write_copy(const account *a, err *e)
{
    char *text = account_text(a->copy, false);
    int status = text ? file_replace(a->path, text, strlen(text), e)
                      : err_set(e, ERR_NOMEM, "out of memory for %s", a->path);
    free(text);
    return status;
}

/* A separate thread, since a slow disk would block one of libuv's, which make reports. */
static void *write_aside(void *user)
{
    account *a = user;
    struct timespec took; /* processor time, which does not count waiting for the disk */
    a->failure = (err){0};
    write_copy(a, &a->failure);
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &took);
    a->took_ns = (uint64_t)took.tv_sec * 1000000000u + (uint64_t)took.tv_nsec;
    atomic_store(&a->written, true);
    return NULL;
}

static void finish_writing(account *a)
{
    pthread_join(a->thread, NULL);
    uint64_t rest_ns = a->took_ns * REST;
    a->writing = false;
    a->next_ns = clock_ns() + (rest_ns > interval_ns ? rest_ns : interval_ns);
    if (a->failure.code != ERR_NONE && !a->failed)
        log_error("%s; the counts are lost if this agent is killed", a->failure.text);
    a->failed = a->failure.code != ERR_NONE;
}

account *account_open(const char *path, const chain_tally *tally, err *e)
{
    account *a = calloc(1, sizeof *a);
    if (a)
        a->copy = chain_tally_create(0, tally->ues);
    if (!a || !a->copy) {
        err_set(e, ERR_NOMEM, "out of memory for %s", path);
        free(a);
        return NULL;
    }
    a->path = path;
    a->tally = tally;
    chain_tally_copy(a->copy, tally);
    if (write_copy(a, e) == ERR_NONE)
        return a;
    account_close(a);
    return NULL;
}

void account_tick(account *a, uint64_t now_ns)
{
    if (!a || now_ns < a->next_ns)
        return;
    if (a->writing && !atomic_load(&a->written))
        return;
    if (a->writing) {
        finish_writing(a);
        return;
    }
    chain_tally_copy(a->copy, a->tally);
    atomic_store(&a->written, false);
    a->writing = pthread_create(&a->thread, NULL, write_aside, a) == 0;
}

void account_close(account *a)
{
    if (!a)
        return;
    if (a->writing)
        finish_writing(a);
    chain_tally_free(a->copy);
    free(a);
}
