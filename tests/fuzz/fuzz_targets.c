/* Any bytes as figures to compare a set with (cli/data/targets.h): refused in one line, or figures
 * that keep to what the header promises. */
#include "fuzz.h"

#include <math.h>

#include "cli/data/targets.h"

static void check_axis(const target_axis *a)
{
    double sum = 0;
    require(a->first + a->count <= TARGET_AXIS_MAX);
    for (size_t i = 0; i < a->count; i++) {
        require(a->power[i] >= 0 && isfinite(a->power[i]));
        sum += a->power[i];
    }
    require(a->count == 0 || sum > 0);
}

static void check(const targets *t)
{
    require(t->critics <= TARGET_CRITICS_MAX && t->kept <= TARGET_KEPT_MAX);
    for (size_t i = 0; i < t->critics; i++)
        require(isfinite(t->critic[i].nmse_db) &&
                memchr(t->critic[i].name, '\0', sizeof t->critic[i].name));
    for (size_t i = 0; i < t->kept; i++)
        require(t->keep[i].entries >= 1 && (i == 0 || t->keep[i].entries > t->keep[i - 1].entries));
    require(t->nmse_within_db >= 0 && t->kept_within_db >= 0);
    check_axis(&t->tap);
    check_axis(&t->angle);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static targets t;
    err e = {0};
    char *text = (char *)fuzz_copy(data, size, false);
    if (targets_parse(&t, "targets.json", text, size, &e) == ERR_NONE)
        check(&t);
    else
        fuzz_check_error(&e);
    free(text);
    return 0;
}
