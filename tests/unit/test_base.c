#include "base/cpu.h"
#include "base/error.h"
#include "base/log.h"
#include "harness.h"

#include <string.h>

static void err_prefix_keeps_code_and_text(void)
{
    err e = {0};
    CHECK(err_set(&e, ERR_FORMAT, "byte %d is bad", 7) == ERR_FORMAT);
    CHECK(err_prefix(&e, "file %s", "a.onnx") == ERR_FORMAT);
    CHECK(strcmp(e.text, "file a.onnx: byte 7 is bad") == 0);
}

static void err_text_is_cut_not_overrun(void)
{
    char big[2 * ERR_TEXT_MAX];
    memset(big, 'x', sizeof big - 1);
    big[sizeof big - 1] = '\0';
    err e = {0};
    err_set(&e, ERR_IO, "%s", big);
    CHECK(strlen(e.text) == ERR_TEXT_MAX - 1);
    err_prefix(&e, "%s", big);
    CHECK(strlen(e.text) == ERR_TEXT_MAX - 1);
    CHECK(err_set(NULL, ERR_IO, "nobody reads this") == ERR_IO);
}

static const harness_test tests[] = {
    {"a prefixed error keeps its code and its text", err_prefix_keeps_code_and_text},
    {"an error text longer than its room is cut, never overrun", err_text_is_cut_not_overrun},
};

int main(int argc, char **argv)
{
    return harness_main(argc, argv, "base", tests, sizeof tests / sizeof tests[0]);
}
