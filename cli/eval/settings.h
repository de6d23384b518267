/* settings.h: a cell's settings as JSON, and their comparison with those of a file. */
#ifndef CLI_EVAL_SETTINGS_H
#define CLI_EVAL_SETTINGS_H

#include <cjson/cJSON.h>

#include "cell/cell.h"
#include "cell/keys.h"

/* object[key] = the cell's value. */
void settings_put(cJSON *object, const cell_key *key, const cell *c);

/* Checks that `asked`, the settings in a sweep.json, agrees with the cell in every setting that
 * affects the NMSE over a noiseless uplink: all but seed, references and ack-delay. Ignores missing
 * settings. ERR_STATE names the difference. */
int settings_match(const cJSON *asked, const cell *c, err *e);

#endif
