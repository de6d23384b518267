#include "ui/program.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Why standard output failed, while it is known: stdio keeps no more than that it did. */
static int output_error;

/* /dev/null in the direction in which the descriptor is not used, so that writing to what was
 * closed fails as it should; for standard error, whose failure nobody could report, in the other.
 * open() takes the lowest free number, which is this one, since those below are open by now. */
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

/* A network file system reports a full disk no earlier than when a descriptor is closed: a copy
 * will do. */
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
    /* What is cut already takes no harm from one byte more, which tells why. */
    if (!output_error && write(STDOUT_FILENO, "\n", 1) < 0)
        output_error = errno;
    fprintf(stderr, "%s: cannot write to standard output%s%s\n", name, output_error ? ": " : "",
            output_error ? strerror(output_error) : "");
    return status ? status : 1;
}
