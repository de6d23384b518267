/* table.h: a table that compares the models. */
#ifndef CLI_EVAL_TABLE_H
#define CLI_EVAL_TABLE_H

#include "case.h"

/* Markdown on standard output and, with a prefix, in PREFIX.md; PREFIX.csv with a row for each
 * model, channel and SNR; curves in PREFIX.svg and PREFIX.png. Without gnuplot it warns and writes
 * no curves. */
int eval_table(const eval_set *set, const char *prefix, err *e);

#endif
