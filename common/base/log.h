/* log.h: a process's messages to its operator, one line each on standard error:
 *
 *     12:00:01.234 bs-server warning: UE 7: codeword of 128 values, this model takes 256
 *
 * Thread-safe. Messages that outside input can cause go through log_limited(), so that a flood of
 * bad input cannot flood the log. */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdint.h>

typedef enum log_level { LOG_ERROR, LOG_WARNING, LOG_INFO, LOG_DEBUG } log_level;

/* Sets the program's name and the least important level to write. `program` is not copied. The
 * defaults are "csilink" and LOG_INFO. */
void log_init(const char *program, log_level level);

void log_write(log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#define log_error(...) log_write(LOG_ERROR, __VA_ARGS__)
#define log_warning(...) log_write(LOG_WARNING, __VA_ARGS__)
#define log_info(...) log_write(LOG_INFO, __VA_ARGS__)
#define log_debug(...) log_write(LOG_DEBUG, __VA_ARGS__)

/* State of one rate-limited message; zero-initialise. Not shared between threads. */
typedef struct log_limit {
    uint64_t window_start_ns;
    unsigned written;    /* in this window */
    unsigned suppressed; /* in this window */
} log_limit;

/* Writes at most 5 messages per second through one limit, and reports how many it suppressed. */
void log_limited(log_limit *limit, log_level level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
