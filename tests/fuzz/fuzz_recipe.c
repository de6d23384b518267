/* Any text as a recipe: an accepted recipe must be completed or refused in one line, and a
 * completed recipe must read back as what is printed of it. */
#include "train/recipe/recipe.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int holds)
{
    if (!holds)
        abort();
}

static void check_error(const err *e)
{
    require(e->code != 0 && e->text[0] && !strchr(e->text, '\n'));
}

static char *print(const train_recipe *r, size_t *size)
{
    char *text = NULL;
    FILE *f = open_memstream(&text, size);
    require(f != NULL);
    train_recipe_print(r, f);
    fclose(f);
    return text;
}

static void check_round_trip(const train_recipe *r)
{
    train_recipe again;
    err e = {0};
    size_t size, size_again;
    char *text = print(r, &size);
    train_recipe_init(&again);
    require(train_recipe_parse(&again, text, size, "printed", &e) == 0);
    require(train_recipe_complete(&again, &e) == 0);
    char *text_again = print(&again, &size_again);
    require(size == size_again && memcmp(text, text_again, size) == 0);
    free(text);
    free(text_again);
    train_recipe_free(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    train_recipe r;
    err e = {0};
    train_recipe_init(&r);
    int status = train_recipe_parse(&r, (const char *)data, size, "fuzz", &e);
    if (status == 0)
        status = train_recipe_complete(&r, &e);
    if (status == 0)
        check_round_trip(&r);
    else
        check_error(&e);
    train_recipe_free(&r);
    return 0;
}
