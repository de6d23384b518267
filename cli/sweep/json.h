/* json.h: a sweep's points and what it was asked for, as JSON. */
#ifndef CLI_SWEEP_JSON_H
#define CLI_SWEEP_JSON_H

#include <cjson/cJSON.h>

#include "points.h"

/* All that decides what the points are; NULL when memory ran out. */
cJSON *sweep_asked(const sweep *s);

/* What was measured at a point, and back. ERR_FORMAT for JSON that is no such thing. */
cJSON *sweep_point_json(const sweep_point *p);
int sweep_point_read(const cJSON *json, sweep_point *p, err *e);

#endif
