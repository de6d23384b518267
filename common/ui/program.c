#include "ui/program.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Why standard output failed, if known: stdio only keeps that it failed. */
static int output_error;

/* Opens /dev/null in the direction that the descriptor is not used for, so that writing to a closed
 * stream fails as it should; standard error, with failures that nobody could report, gets the other
 * direction. open() takes the lowest free number, which is this one, since those below are open by
 * now. */
static bool open_closed(int fd, int flags)
{
    if (fcntl(fd, F_GETFD) != -1 || errno != EBADF)
        return true;
    return open("/dev/null", flags) == fd;
}

static bool open_all(void)
{
    return open_closed(STDIN_FILENO, O_RDONLY) && open_closed(STDOUT_FILENO, O_RDONLY) &&
           open_closed(STDERR_FILENO, O_WRONLY);
}

bool program_obeys_hangup(void)
{
    struct sigaction now;
    return sigaction(SIGHUP, NULL, &now) != 0 || now.sa_handler != SIG_IGN;
}

bool program_output(void)
{
    if (fflush(stdout) != 0 && !output_error)
        output_error = errno;
    return !ferror(stdout) && !output_error;
}

void program_output_lost(int number)
{
    output_error = number;
}

/* A network file system reports a full disk only when a descriptor is closed: closing a copy is
 * enough. */
static bool end_output(void)
{
    int copy;
    if (!program_output())
        return false;
    copy = dup(STDOUT_FILENO);
    if (copy >= 0 && close(copy) != 0)
        output_error = errno;
    return !output_error;
}

int program_run(const char *name, int (*body)(int argc, char **argv), int argc, char **argv)
{
    if (!open_all())
        return 1;
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    int status = body(argc, argv);
    if (end_output())
        return status;
    /* The output is incomplete already: writing one more byte does no harm and returns the
     * reason. */
    if (!output_error && write(STDOUT_FILENO, "\n", 1) < 0)
        output_error = errno;
    fprintf(stderr, "%s: cannot write to standard output%s%s\n", name, output_error ? ": " : "",
            output_error ? strerror(output_error) : "");
    return status ? status : 1;
}
