/* tally_tools.h: a tally to its JSON and back, for tests. */
#ifndef TESTS_TALLY_TOOLS_H
#define TESTS_TALLY_TOOLS_H

#include <cjson/cJSON.h>

#include "harness.h"
#include "measure/tally.h"

static inline chain_tally *from_text(const char *text, err *e)
{
    cJSON *json = cJSON_Parse(text);
    REQUIRE(json != NULL);
    chain_tally *t = chain_tally_from_json(json, e);
    cJSON_Delete(json);
    return t;
}

static inline char *to_text(const chain_tally *t)
{
    cJSON *json = chain_tally_to_json(t);
    char *text = json ? cJSON_PrintUnformatted(json) : NULL;
    REQUIRE(text != NULL);
    cJSON_Delete(json);
    return text;
}

#endif
