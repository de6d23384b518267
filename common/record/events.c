#include "record/events.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "io/json.h"

int record_events_open(record_events *events, const char *path, err *e)
{
    *events = (record_events){.fd = open(path, O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0666),
                              .path = path};
    return events->fd >= 0 ? ERR_NONE : err_set(e, ERR_IO, "%s: cannot be written: %m", path);
}

int record_events_mend(const char *path, err *e)
{
    int fd = open(path, O_RDWR | O_CLOEXEC);
    off_t end = fd >= 0 ? lseek(fd, 0, SEEK_END) : -1, whole = end;
    char last = '\n';
    while (whole > 0 && pread(fd, &last, 1, whole - 1) == 1 && last != '\n')
        whole--;
    bool good = end >= 0 && (whole == end || ftruncate(fd, whole) == 0);
    if (!good)
        err_set(e, ERR_IO, "%s: cannot be written: %m", path);
    if (fd >= 0)
        close(fd);
    return good ? ERR_NONE : ERR_IO;
}

cJSON *record_event(const char *kind)
{
    char text[64], seconds[32];
    struct timespec now;
    struct tm t;
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &t);
    strftime(seconds, sizeof seconds, "%Y-%m-%dT%H:%M:%S", &t);
    snprintf(text, sizeof text, "%s.%03ldZ", seconds, now.tv_nsec / 1000000);
    cJSON *event = cJSON_CreateObject();
    cJSON_AddStringToObject(event, "time", text);
    cJSON_AddStringToObject(event, "event", kind);
    return event;
}

/* Removes the part of a line that a full disk took, unless another process has written after it. */
static void cut_back(int fd, ssize_t done)
{
    struct stat file;
    off_t end = lseek(fd, 0, SEEK_CUR);
    if (done > 0 && end >= done && fstat(fd, &file) == 0 && S_ISREG(file.st_mode) &&
        file.st_size == end)
        (void)!ftruncate(fd, end - done);
}

/* One write, so that lines of several processes do not mix. */
static void write_line(record_events *events, const char *text)
{
    size_t n = strlen(text);
    char *line = malloc(n + 1);
    if (!line)
        return;
    memcpy(line, text, n);
    line[n] = '\n';
    ssize_t done = write(events->fd, line, n + 1);
    free(line);
    if (done == (ssize_t)n + 1) {
        events->written++;
        return;
    }
    int reason = errno;
    cut_back(events->fd, done);
    events->failed = true;
    log_error("%s: cannot be written: %s; events from here on are not recorded", events->path,
              done < 0 ? strerror(reason) : "the disk is full");
}

void record_events_add(record_events *events, cJSON *event)
{
    if (events->fd >= 0 && !events->failed && events->written < RECORD_EVENTS_MAX) {
        char *text = event ? json_print_line(event) : NULL;
        if (text)
            write_line(events, text);
        free(text);
    } else if (events->fd >= 0) {
        events->left_out++;
    }
    cJSON_Delete(event);
}

void record_events_close(record_events *events)
{
    if (events->fd < 0)
        return;
    if (events->left_out && !events->failed) {
        cJSON *event = record_event("left_out");
        cJSON_AddNumberToObject(event, "events", (double)events->left_out);
        char *text = json_print_line(event);
        if (text)
            write_line(events, text);
        free(text);
        cJSON_Delete(event);
    }
    close(events->fd);
    events->fd = -1;
}

static int read_line(const char *path, size_t number, const char *line,
                     void (*each)(void *, const cJSON *), void *user, err *e)
{
    cJSON *event = json_parse(NULL, line, strlen(line), NULL);
    const cJSON *kind = cJSON_GetObjectItemCaseSensitive(event, "event");
    bool good = cJSON_IsString(kind);
    if (good)
        each(user, event);
    cJSON_Delete(event);
    return good ? ERR_NONE
                : err_set(e, ERR_FORMAT, "%s:%zu: not an event, which is an object with \"event\"",
                          path, number);
}

int record_events_read(const char *path, void (*each)(void *user, const cJSON *event), void *user,
                       err *e)
{
    static const size_t lines_max = 100 * (size_t)RECORD_EVENTS_MAX;
    FILE *f = fopen(path, "re");
    int status = ERR_NONE;
    if (!f)
        return errno == ENOENT ? ERR_NONE : err_set(e, ERR_IO, "%s: cannot be opened: %m", path);
    char *line = malloc(RECORD_EVENT_BYTES_MAX);
    for (size_t n = 1; line && status == ERR_NONE; n++) {
        if (!fgets(line, RECORD_EVENT_BYTES_MAX, f)) {
            if (ferror(f))
                status = err_set(e, ERR_IO, "%s: cannot be read", path);
            break;
        }
        if (n > lines_max)
            status = err_set(e, ERR_FORMAT, "%s: more than %zu lines", path, lines_max);
        else if (!strchr(line, '\n') && feof(f))
            break; /* a full disk, or a kill, interrupted it */
        else if (!strchr(line, '\n'))
            status = err_set(e, ERR_FORMAT, "%s:%zu: the line is too long", path, n);
        else
            status = read_line(path, n, line, each, user, e);
    }
    if (!line)
        status = err_set(e, ERR_NOMEM, "out of memory");
    free(line);
    fclose(f);
    return status;
}
