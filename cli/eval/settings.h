/* settings.h: a cell's settings as JSON, and whether a file was measured under the same. */
#ifndef CLI_EVAL_SETTINGS_H
#define CLI_EVAL_SETTINGS_H

#include <cjson/cJSON.h>

#include "cell/cell.h"
#include "cell/keys.h"

/* object[key] = the cell's value. */
void settings_put(cJSON *object, const cell_key *key, const cell *c);

/* Whether `asked`, what a sweep.json says that it was asked for, has the cell's value of every
 * setting that decides NMSE over a noiseless uplink: all but seed, references and ack-delay. A
 * setting that is not there passes. ERR_STATE with what differs. */
int settings_match(const cJSON *asked, const cell *c, err *e);

#endif
