/* latency.h: the latency of the last second, from the histograms that agents publish.
 *
 * An agent's histogram counts from its start. The window adds up what is new in each histogram, and
 * clears the sum when the next second begins. */
#ifndef CLI_UI_LATENCY_H
#define CLI_UI_LATENCY_H

#include "wire/telemetry.h"

typedef struct latency_window latency_window;

latency_window *latency_window_create(void); /* NULL when memory ran out */
void latency_window_free(latency_window *w); /* NULL allowed */

/* Takes the histogram "total" of an agent's telemetry, if it has one. An agent with fewer values
 * than before has been restarted and counts from zero. */
void latency_window_take(latency_window *w, const wire_telemetry *telemetry);

/* Ends the second: latency_window_us then covers everything since the last call. */
void latency_window_look(latency_window *w);

/* The quantile q (0 to 1) of the latency of that second's answered reports, in microseconds, within
 * 6.3 % (base/hist_coarse.h); NaN if none was answered. */
double latency_window_us(const latency_window *w, double q);

#endif
