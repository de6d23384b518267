#include "signals.h"

#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ui/program.h"

static volatile sig_atomic_t stopped;
static char farewell[PATH_MAX + 128];

bool sweep_stopped(void)
{
    return stopped != 0;
}

static void on_signal(int number)
{
    (void)number;
    stopped = 1;
}

static void on_last_signal(int number)
{
    (void)number;
    ssize_t n = write(STDERR_FILENO, farewell, strlen(farewell));
    _exit(n < 0 ? 1 : 130);
}

void sweep_watch_signals(const char *command, bool at_once, const char *place)
{
    snprintf(farewell, sizeof farewell,
             "\n%s: stopped; finished points are kept in %s: the same command resumes from there\n",
             command, place);
    struct sigaction action = {.sa_handler = at_once ? on_last_signal : on_signal};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    if (program_obeys_hangup())
        sigaction(SIGHUP, &action, NULL);
}

const char *sweep_farewell(void)
{
    return farewell + 1; /* after the line break that ends a progress bar */
}
