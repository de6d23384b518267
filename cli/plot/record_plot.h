/* record_plot.h: pictures of a run, drawn from its reports one at a time:
 *
 *     nmse.svg      NMSE of each group and the SNR delivered, over time
 *     latency.svg   distribution of the latency: from end to end, and stage by stage
 *     ues.svg       NMSE of each UE, in the colour of its group
 *
 * Memory does not grow with the run: reports are counted in PLOT_TIMES intervals of time, in
 * histograms, and in PLOT_UES UEs or sets of neighbouring ones. In a paper's style each picture is
 * also a PDF. */
#ifndef CLI_PLOT_RECORD_PLOT_H
#define CLI_PLOT_RECORD_PLOT_H

#include "record/report.h"
#include "style.h"

enum { PLOT_TIMES = 240, PLOT_UES = 1000 };

typedef struct record_plot record_plot;

/* NULL when memory ran out. The groups must outlive the plot. */
record_plot *record_plot_create(double duration_s, uint32_t ues, const record_group *groups,
                                size_t count);
void record_plot_free(record_plot *p);

/* A record_each (record/part.h); `plot` may be NULL. */
void record_plot_take(void *plot, const record_report *report);

/* Writes each picture that has data into the folder. Its title is `title`, which may be NULL, and
 * then what the picture shows. ERR_UNSUPPORTED without gnuplot. */
int record_plot_draw(const record_plot *p, const char *folder, const char *title,
                     const figure_style *style, err *e);

#endif
