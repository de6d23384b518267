/* A call in a child process: its results arrive whole, its errors with their words, and whatever
 * ends it, the caller goes on with its memory as it was, and no process is left behind. */
#include "harness.h"
#include "io/apart.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NUMBERS = 1 << 20 }; /* 4 MiB: more than a pipe holds */

typedef struct box {
    int signal, status; /* what ends the child, if not 0 */
    size_t takes;       /* numbers that the caller reads */
    unsigned *numbers;
} box;

static int fill(void *user, err *e)
{
    box *b = user;
    (void)e;
    const struct rlimit none = {0};
    setrlimit(RLIMIT_CORE, &none);
    if (b->signal) {
        signal(b->signal, SIG_DFL); /* the sanitizers have handlers, which write */
        raise(b->signal);
    }
    if (b->status)
        _exit(b->status);
    for (unsigned i = 0; i < NUMBERS; i++)
        b->numbers[i] = i * 2654435761U;
    return ERR_NONE;
}

static void send(FILE *out, void *user)
{
    const box *b = user;
    fwrite(b->numbers, sizeof *b->numbers, NUMBERS, out);
}

static int take(FILE *in, void *user, err *e)
{
    box *b = user;
    return fread(b->numbers, sizeof *b->numbers, b->takes, in) == b->takes
               ? ERR_NONE
               : err_set(e, ERR_FORMAT, "too short");
}

static int refuse(void *user, err *e)
{
    (void)user;
    return err_set(e, ERR_UNSUPPORTED, "'%s' is not for us", "x.mat");
}

static const apart_job whole = {fill, send, take};

static bool no_child_is_left(void)
{
    return waitpid(-1, NULL, WNOHANG) == -1 && errno == ECHILD;
}

static void results_arrive_whole(void)
{
    err e = {0};
    box b = {.takes = NUMBERS, .numbers = calloc(NUMBERS, sizeof(unsigned))};
    REQUIRE(b.numbers != NULL);
    CHECK(apart_call(&whole, &b, &e) == ERR_NONE && e.text[0] == '\0');
    bool same = true;
    for (unsigned i = 0; i < NUMBERS; i++)
        same &= b.numbers[i] == i * 2654435761U;
    CHECK(same);
    free(b.numbers);
    CHECK(no_child_is_left());
}

/* The caller need not read all: the child ends, blocked in a full pipe or not. */
static void a_caller_may_stop_reading(void)
{
    err e = {0};
    box b = {.takes = 3, .numbers = calloc(NUMBERS, sizeof(unsigned))};
    REQUIRE(b.numbers != NULL);
    CHECK(apart_call(&whole, &b, &e) == ERR_NONE);
    CHECK(b.numbers[2] == 2U * 2654435761U && b.numbers[3] == 0);
    free(b.numbers);
    CHECK(no_child_is_left());
}

static void an_error_travels_with_its_words(void)
{
    static const apart_job job = {.work = refuse};
    err e = {0};
    CHECK(apart_call(&job, NULL, &e) == ERR_UNSUPPORTED);
    CHECK(e.code == ERR_UNSUPPORTED && strcmp(e.text, "'x.mat' is not for us") == 0);
    CHECK(apart_call(&job, NULL, NULL) == ERR_UNSUPPORTED);
    static const apart_job short_job = {.work = fill, .take = take};
    box b = {.takes = 1, .numbers = calloc(NUMBERS, sizeof(unsigned))};
    REQUIRE(b.numbers != NULL);
    CHECK(apart_call(&short_job, &b, &e) == ERR_FORMAT);
    free(b.numbers);
    CHECK(no_child_is_left());
}

static void a_death_is_an_error(void)
{
    static const int signals[] = {SIGSEGV, SIGABRT, SIGKILL, SIGBUS, SIGFPE};
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++) {
        char want[32];
        err e = {0};
        box b = {.signal = signals[i]};
        snprintf(want, sizeof want, "signal %d ended it", signals[i]);
        CHECK(apart_call(&whole, &b, &e) == ERR_STATE && strcmp(e.text, want) == 0);
    }
    err e = {0};
    box b = {.status = 7};
    CHECK(apart_call(&whole, &b, &e) == ERR_STATE && strstr(e.text, "status 7") != NULL);
    CHECK(no_child_is_left());
}

static const harness_test tests[] = {
    {"results of 4 MiB arrive whole", results_arrive_whole},
    {"a caller may stop reading", a_caller_may_stop_reading},
    {"an error travels with its words", an_error_travels_with_its_words},
    {"a signal or an exit of the child is an error", a_death_is_an_error},
};

int main(int argc, char **argv)
{
    return harness_main(argc, argv, "apart", tests, sizeof tests / sizeof tests[0]);
}
