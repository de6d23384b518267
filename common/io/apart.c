/* Forks for one call. The answer is an err, then what the job's `send` writes. */
#include "io/apart.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* _exit: the handlers of exit() belong to the caller, and would write its buffers a second time. */
static _Noreturn void answer(const apart_job *job, void *user, int pipe_end, pid_t caller)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    FILE *out = getppid() == caller ? fdopen(pipe_end, "wb") : NULL;
    err why = {0};
    if (!out)
        _exit(EXIT_FAILURE);
    why.code = job->work(user, &why);
    fwrite(&why, sizeof why, 1, out);
    if (why.code == ERR_NONE && job->send)
        job->send(out, user);
    _exit(fclose(out) == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
}

/* Reads the answer into *why; false if there is none. */
static bool take_answer(const apart_job *job, void *user, FILE *in, err *why)
{
    err read;
    if (fread(&read, sizeof read, 1, in) != 1)
        return false;
    read.text[sizeof read.text - 1] = '\0';
    if (read.code != ERR_NONE)
        err_set(why, (err_code)read.code, "%s", read.text);
    else if (job->take)
        job->take(in, user, why);
    return true;
}

/* Waits for the child; its status. -1 if a host program waited for it before us. */
static int wait_for(pid_t child)
{
    int status = -1;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        continue;
    return status;
}

static int describe_end(int status, err *why)
{
    if (status != -1 && WIFSIGNALED(status))
        return err_set(why, ERR_STATE, "signal %d ended it", WTERMSIG(status));
    return err_set(why, ERR_STATE, "it ended without an answer, status %d",
                   status != -1 ? WEXITSTATUS(status) : -1);
}

int apart_call(const apart_job *job, void *user, err *e)
{
    int ends[2];
    err why = {0};
    pid_t caller = getpid();
    if (pipe2(ends, O_CLOEXEC) != 0)
        return err_set(e, ERR_IO, "cannot open a pipe to a child process: %m");
    pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        answer(job, user, ends[1], caller);
    }
    close(ends[1]);
    FILE *in = child > 0 ? fdopen(ends[0], "rb") : NULL;
    if (!in) {
        int code = errno == ENOMEM ? ERR_NOMEM : ERR_IO;
        err_set(e, (err_code)code, "cannot start a child process: %m");
        close(ends[0]); /* a child that did start ends now: nobody reads its pipe */
        if (child > 0)
            wait_for(child);
        return code;
    }
    bool answered = take_answer(job, user, in, &why);
    fclose(in);
    int status = wait_for(child);
    if (!answered)
        describe_end(status, &why);
    return why.code ? err_set(e, (err_code)why.code, "%s", why.text) : ERR_NONE;
}
