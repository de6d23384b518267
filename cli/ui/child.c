#include "child.h"

#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ui/option.h"

enum { EXIT_NOT_STARTED = 127 };

pid_t child_start(char *const arguments[], int out, int log, err *e)
{
    pid_t child = fork();
    if (child < 0)
        err_set(e, ERR_IO, "cannot start another process: %m");
    if (child != 0)
        return child;
    /* Otherwise a run could outlive its sweep and write into the sweep's folder. */
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    dup2(out, STDOUT_FILENO);
    dup2(log, STDERR_FILENO);
    option_forget_environment();
    execv("/proc/self/exe", arguments);
    _exit(EXIT_NOT_STARTED);
}

int child_wait(pid_t child, bool (*stopped)(void), err *e)
{
    int status;
    bool asked = false;
    while (waitpid(child, &status, 0) < 0) {
        if (errno != EINTR)
            return err_set(e, ERR_STATE, "cannot wait for process %d: %m", (int)child);
        if (stopped && stopped() && !asked)
            asked = kill(child, SIGTERM) == 0;
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return ERR_NONE;
    return WIFEXITED(status)
               ? err_set(e, ERR_STATE, "it exited with status %d", WEXITSTATUS(status))
               : err_set(e, ERR_STATE, "signal %d ended it", WTERMSIG(status));
}
