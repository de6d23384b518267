/* table.h: the models side by side. */
#ifndef CLI_EVAL_TABLE_H
#define CLI_EVAL_TABLE_H

#include "case.h"

/* Markdown on standard output and, with a prefix, in PREFIX.md; PREFIX.csv with a row for each
 * model, channel and SNR; curves in PREFIX.svg and PREFIX.png, which gnuplot draws: without it a
 * warning says so, and the rest is there. */
int eval_table(const eval_set *set, const char *prefix, err *e);

#endif
