/* output.h: JSON on standard output. */
#ifndef CLI_UI_OUTPUT_H
#define CLI_UI_OUTPUT_H

#include <cjson/cJSON.h>

/* Prints the tree, indented, with a newline, and frees it. If memory runs out, nothing is printed,
 * and the program ends as one whose output was lost (common/ui/program.h). */
void output_json(cJSON *tree);

#endif
