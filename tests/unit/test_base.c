#include "base/cpu.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/log.h"
#include "harness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

static void err_text_is_one_line(void)
{
    err e = {0};
    err_set(&e, ERR_FORMAT, "unknown group '%s'", "a\nb\x1b[2J");
    CHECK(strcmp(e.text, "unknown group 'a?b?[2J'") == 0);
    err_prefix(&e, "folder\r%s", "\x7f");
    CHECK(strcmp(e.text, "folder??: unknown group 'a?b?[2J'") == 0);
    err_set(&e, ERR_FORMAT, "%s",
            "\xc2\x9b"
            "2J \xc2\xb5s \xc2"); /* U+009B, which is ESC [ */
    CHECK(strcmp(e.text, "??2J \xc2\xb5s \xc2") == 0);
}

/* What `write_lines` logs, as text that the caller frees. */
static char *logged(void (*write_lines)(void))
{
    FILE *f = tmpfile();
    char *text = calloc(1, 1 << 16);
    REQUIRE(f && text);
    fflush(stderr);
    int saved = dup(STDERR_FILENO);
    dup2(fileno(f), STDERR_FILENO);
    write_lines();
    fflush(stderr);
    dup2(saved, STDERR_FILENO);
    close(saved);
    rewind(f);
    REQUIRE(fread(text, 1, (1 << 16) - 1, f) > 0);
    fclose(f);
    return text;
}

static unsigned lines_of(const char *text)
{
    unsigned n = 0;
    for (; *text; text++)
        n += *text == '\n';
    return n;
}

static void write_flood(void)
{
    log_limit limit = {0}, other = {0};
    for (int i = 0; i < 1000; i++)
        log_limited(&limit, LOG_WARNING, "flood %d", i);
    log_limited(&other, LOG_WARNING, "another kind");
    usleep(1100 * 1000);
    log_limited(&limit, LOG_WARNING, "after a second");
}

static void a_flood_does_not_flood_the_log(void)
{
    char *text = logged(write_flood);
    CHECK(lines_of(text) == 5 + 1 + 2);
    CHECK(strstr(text, "flood 4") && !strstr(text, "flood 5"));
    CHECK(strstr(text, "another kind") != NULL);
    CHECK(strstr(text, "995 more messages like the last one were suppressed") != NULL);
    CHECK(strstr(text, "after a second") != NULL);
    free(text);
}

static void write_hostile(void)
{
    log_warning("reason: %s", "one\ntwo\r\033[2J");
    log_debug("not written at this level");
}

static void a_message_is_one_line(void)
{
    char *text = logged(write_hostile);
    CHECK(lines_of(text) == 1 && strstr(text, "csilink warning: reason: one?two??[2J\n"));
    free(text);
}

/* Values of the authors' own list of test vectors (fnv64a). */
static void fnv1a_is_as_published(void)
{
    CHECK(hash_text(HASH_START, "") == 0xcbf29ce484222325u);
    CHECK(hash_text(HASH_START, "a") == 0xaf63dc4c8601ec8cu);
    CHECK(hash_text(HASH_START, "foobar") == 0x85944171f73967e8u);
    CHECK(hash_bytes(hash_text(HASH_START, "foo"), "bar", 3) == 0x85944171f73967e8u);
}

static void one_bit_changes_a_hash_of_words(void)
{
    uint64_t data[4] = {0, 1, UINT64_MAX, 0x0123456789abcdef};
    const uint64_t whole = hash_words(HASH_START, data, sizeof data);
    CHECK(hash_words(hash_words(HASH_START, data, 8), data + 1, 24) == whole);
    for (int bit = 0; bit < 256; bit++) {
        data[bit / 64] ^= (uint64_t)1 << bit % 64;
        CHECK(hash_words(HASH_START, data, sizeof data) != whole);
        data[bit / 64] ^= (uint64_t)1 << bit % 64;
    }
}

static const harness_test tests[] = {
    {"a prefixed error keeps its code and its text", err_prefix_keeps_code_and_text},
    {"an error text longer than its room is cut, never overrun", err_text_is_cut_not_overrun},
    {"an error text is one line whatever it quotes", err_text_is_one_line},
    {"a flood of one message is cut to 5 a second and counted", a_flood_does_not_flood_the_log},
    {"a logged message is one line whatever came from outside", a_message_is_one_line},
    {"FNV-1a gives its authors' values, at once or in parts", fnv1a_is_as_published},
    {"a hash of words sees every single bit", one_bit_changes_a_hash_of_words},
};

int main(int argc, char **argv)
{
    return harness_main(argc, argv, "base", tests, sizeof tests / sizeof tests[0]);
}
