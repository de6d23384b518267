/* print.h: the results, as text and as JSON. */
#ifndef CLI_EVAL_PRINT_H
#define CLI_EVAL_PRINT_H

#include "case.h"

void eval_print_text(const eval_case *c);
void eval_print_json(const eval_set *set); /* an object, or an array of several cases */

#endif
