/* Any text as a scenario: it is refused in one line, or reads back as what is printed of it. */
#include "cell/scenario.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int holds)
{
    if (!holds)
        abort();
}

static char *print(const scenario *s, size_t *size)
{
    char *text = NULL;
    FILE *f = open_memstream(&text, size);
    require(f != NULL);
    scenario_print(s, f);
    fclose(f);
    return text;
}

static void check_round_trip(const scenario *s)
{
    static scenario again;
    err e = {0};
    size_t size, size_again;
    char *text = print(s, &size);
    scenario_init(&again);
    require(scenario_parse(&again, text, size, "printed", &e) == ERR_NONE);
    char *text_again = print(&again, &size_again);
    require(size == size_again && memcmp(text, text_again, size) == 0);
    free(text);
    free(text_again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static scenario s;
    err e = {0};
    scenario_init(&s);
    if (scenario_parse(&s, (const char *)data, size, "fuzz", &e) == ERR_NONE)
        check_round_trip(&s);
    else
        require(e.code != 0 && e.text[0] && !strchr(e.text, '\n'));
    return 0;
}
