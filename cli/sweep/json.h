/* json.h: a sweep's settings and points as JSON. */
#ifndef CLI_SWEEP_JSON_H
#define CLI_SWEEP_JSON_H

#include <cjson/cJSON.h>

#include "points.h"

/* All settings that determine the points; NULL when memory runs out. */
cJSON *sweep_asked(const sweep *s);

/* Writes and reads the figures of a point. ERR_FORMAT for any other JSON. */
cJSON *sweep_point_json(const sweep_point *p);
int sweep_point_read(const cJSON *json, sweep_point *p, err *e);

#endif
