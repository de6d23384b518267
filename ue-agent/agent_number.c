#include "agent_number.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

int agent_number_take(const char *folder, uint64_t *number, err *e)
{
    for (unsigned n = 0; n < AGENT_NUMBERS_MAX; n++) {
        char path[PATH_MAX];
        snprintf(path, sizeof path, "%s/%u", folder, n);
        int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
        if (fd < 0)
            return err_set(e, ERR_IO, "cannot take an index in %.200s: %s", folder,
                           strerror(errno));
        if (flock(fd, LOCK_EX | LOCK_NB) == 0) {
            *number = n; /* the descriptor stays open: it is the lock */
            return ERR_NONE;
        }
        int why = errno;
        close(fd);
        if (why != EWOULDBLOCK)
            return err_set(e, ERR_IO, "cannot lock %.200s/%u: %s", folder, n, strerror(why));
    }
    return err_set(e, ERR_STATE, "%d agents already hold the indices in %.200s", AGENT_NUMBERS_MAX,
                   folder);
}
