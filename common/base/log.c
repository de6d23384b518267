#include "base/log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>

#include "base/clock.h"
#include "base/error.h"

enum { LINE_MAX_BYTES = 1024, LIMIT_PER_WINDOW = 5 };
static const uint64_t limit_window_ns = 1000000000u;

static const char *program_name = "csilink";
static _Atomic log_level threshold = LOG_INFO;
static const char *const level_words[] = {"error", "warning", "info", "debug"};

void log_init(const char *program, log_level level)
{
    program_name = program;
    atomic_store(&threshold, level);
}

/* One fprintf per line: stdio locks the stream, so lines of different threads do not mix. */
static void write_line(log_level level, const char *format, va_list args)
{
    char text[LINE_MAX_BYTES];
    vsnprintf(text, sizeof text, format, args);
    err_one_line(text);
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    struct tm t;
    gmtime_r(&now.tv_sec, &t);
    fprintf(stderr, "%02d:%02d:%02d.%03ld %s %s: %s\n", t.tm_hour, t.tm_min, t.tm_sec,
            now.tv_nsec / 1000000, program_name, level_words[level], text);
}

void log_write(log_level level, const char *format, ...)
{
    if (level > atomic_load(&threshold))
        return;
    va_list args;
    va_start(args, format);
    write_line(level, format, args);
    va_end(args);
}

void log_limited(log_limit *limit, log_level level, const char *format, ...)
{
    uint64_t now = clock_ns();
    if (limit->window_start_ns == 0 || now - limit->window_start_ns >= limit_window_ns) {
        if (limit->suppressed)
            log_write(level, "%u more messages like the last one were suppressed",
                      limit->suppressed);
        *limit = (log_limit){.window_start_ns = now};
    }
    if (limit->written >= LIMIT_PER_WINDOW) {
        limit->suppressed++;
        return;
    }
    limit->written++;
    if (level > atomic_load(&threshold))
        return;
    va_list args;
    va_start(args, format);
    write_line(level, format, args);
    va_end(args);
}
