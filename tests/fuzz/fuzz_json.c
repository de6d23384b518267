/* Any text as what a page posts to the monitor, as JSON that is read and written again, and as the
 * headers that guard it. The first byte chooses.
 *
 * A change is refused in one line or keeps to its promises; numbers keep every bit from reading to
 * writing; a guard's answer is good or one line. */
#include "fuzz.h"

#include <math.h>
#include <strings.h>

#include "io/json.h"
#include "monitor/guard.h"
#include "monitor/json.h"

static void read_change(const char *text, size_t size)
{
    control_change change;
    err e = {0};
    if (json_change(text, size, &change, &e) != ERR_NONE) {
        fuzz_check_error(&e);
        return;
    }
    require(change.count <= CONTROL_SETTINGS_MAX && strlen(change.group) < WIRE_NAME_MAX);
    require(!change.for_one_ue || (change.ue < WIRE_UE_MAX && !change.group[0]));
    for (size_t i = 0; i < change.count; i++)
        require(change.set[i].name && !isnan(change.set[i].value));
}

static void compare(const cJSON *a, const cJSON *b)
{
    for (; a && b; a = a->next, b = b->next) {
        double x, y;
        bool number = json_read_number(a, &x);
        require(json_read_number(b, &y) == number);
        require(!number || x == y);
        compare(a->child, b->child);
    }
    require(!a && !b);
}

/* What is read, copied and written is read the same. */
static void copy(const char *text, size_t size)
{
    cJSON *json = cJSON_ParseWithLength(text, size);
    cJSON *twin = json ? json_copy(json) : NULL;
    char *printed = twin ? cJSON_PrintUnformatted(twin) : NULL;
    cJSON *again = printed ? cJSON_Parse(printed) : NULL;
    require(!json || again);
    compare(json, again);
    cJSON_Delete(json);
    cJSON_Delete(twin);
    cJSON_Delete(again);
    free(printed);
}

/* Host, Origin, Sec-Fetch-Site and Content-Type, lines of the text; one that is missing is not
 * there. */
static void guard(const char *text, size_t size)
{
    char *copy_of = fuzz_copy(text, size, true), *rest = copy_of, *line[4];
    const guard_names names = {.own = "csilink"};
    for (int i = 0; i < 4; i++)
        line[i] = strsep(&rest, "\n");
    const char *why = guard_host(line[0], &names);
    require(!why || (why[0] && fuzz_is_line(why)));
    const char *why_change = guard_change(line[0], line[1], line[2], line[3], &names);
    require(!why_change || (why_change[0] && fuzz_is_line(why_change)));
    require(why_change || (line[3] && strncasecmp(line[3], "application/json", 16) == 0));
    free(copy_of);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const readers[])(const char *, size_t) = {read_change, copy, guard};
    if (size == 0)
        return 0;
    char *text = fuzz_copy(data + 1, size - 1, true); /* parsers of text may look for its end */
    readers[data[0] % 3](text, size - 1);
    free(text);
    return 0;
}
