/* The monitor's JSON: changes that come in, answers that go out. */
#include "base/text.h"
#include "harness.h"
#include "monitor/json.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int read_change(const char *text, control_change *c, err *e)
{
    return json_change(text, strlen(text), c, e);
}

static void changes_are_read_in_the_units_of_the_link(void)
{
    control_change c;
    CHECK(read_change("{\"snr_db\":-5,\"delay_ms\":2,\"ue\":7}", &c, NULL) == ERR_NONE);
    CHECK(c.count == 2 && c.for_one_ue && c.ue == 7);
    CHECK(strcmp(c.set[0].name, "snr") == 0 && strcmp(c.set[1].name, "delay") == 0);
    CHECK_NEAR(c.set[0].value, -5, 0);
    CHECK_NEAR(c.set[1].value, 0.002, 1e-15);
    CHECK(read_change("{\"snr_db\":\"inf\"}", &c, NULL) == ERR_NONE && isinf(c.set[0].value));
    CHECK(read_change("{}", &c, NULL) == ERR_NONE && c.count == 0 && c.group[0] == '\0');
    CHECK(read_change("{\"loss\":0.5,\"group\":\"cars\"}", &c, NULL) == ERR_NONE);
    CHECK(c.count == 1 && !c.for_one_ue && strcmp(c.group, "cars") == 0);
    static const char *const bad[] = {"",
                                      "[]",
                                      "5",
                                      "{\"snr_db\":",
                                      "{\"snr\":5}",
                                      "{\"loss\":\"inf\"}",
                                      "{\"snr_db\":\"loud\"}",
                                      "{\"ue\":-1}",
                                      "{\"ue\":1.5}",
                                      "{\"ue\":1000000}",
                                      "{\"ue\":\"3\"}",
                                      "{\"group\":3}",
                                      "{\"group\":\"cars\",\"ue\":3}",
                                      ("{\"group\":\"a name of more than sixty-three characters, "
                                       "which no group can have\"}"),
                                      "{\"snr_db\":1,\"snr_db\":2}",
                                      "{\"loss\":0,\"loss\":0,\"loss\":0,\"loss\":0,\"loss\":0}",
                                      "{\"snr_db\":null}",
                                      "{\"snr_db\":1e999}",
                                      "{\"delay_ms\":-1e999}",
                                      "{\"ue\":1e999}",
                                      "{\"snr_db\":5}}",
                                      "{\"snr_db\":5}x",
                                      "{\"snr_db\":5}{\"snr_db\":6}",
                                      "{\"snr_db\":5} //",
                                      "{\"snr_db\":5,}",
                                      "{\"group\":\"\xff\"}",
                                      "{\"group\":\"\xc3\"}",
                                      "{\"group\":\"cars\\u0000\"}",
                                      "{\"snr_db\\u0000\":5}"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        err e = {0};
        CHECK(read_change(bad[i], &c, &e) == ERR_INVALID && e.text[0] != '\0');
    }
}

static void a_change_is_one_object_and_nothing_else(void)
{
    static const char change[] = "{\"snr_db\":5}";
    control_change c;
    char text[64];
    CHECK(read_change(" {\"snr_db\":5}\r\n\t ", &c, NULL) == ERR_NONE && c.count == 1);
    CHECK(read_change("{\"group\":\"\\\\u0000\"}", &c, NULL) == ERR_NONE); /* a backslash, u0000 */
    /* Whatever byte stands behind the object: only blanks are nothing. */
    for (int byte = 0; byte < 256; byte++) {
        snprintf(text, sizeof text, "%s", change);
        size_t size = strlen(change);
        text[size] = (char)byte;
        text[size + 1] = '\0';
        bool blank = byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
        CHECK((json_change(text, size + 1, &c, NULL) == ERR_NONE) == blank);
    }
}

/* Names of groups come over the network, errors quote what was sent, cut to a length. */
static void answers_are_utf8_whatever_names_hold(void)
{
    static const char *const names[] = {"cars",        "\xff\xfe",   "caf\xc3",
                                        "line\nbreak", "\"quoted\\", "\xed\xa0\x80"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        wire_group group = {.name = names[i], .ues = 1};
        wire_control_reply reply = {.error = "", .groups = 1, .group = &group};
        char *text = json_answer(&(control_change){0}, &reply, names[i]);
        cJSON *root = text ? cJSON_Parse(text) : NULL;
        REQUIRE(root != NULL);
        CHECK(text_is_utf8(text) && strchr(text, '\n') == NULL);
        CHECK(cJSON_GetArraySize(cJSON_GetObjectItem(root, "groups")) == 1);
        cJSON_Delete(root);
        free(text);
    }
    /* A name of two-byte characters, cut in the middle of one by the message that quotes it. */
    static const char change[] =
        "{\"x\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"
        "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"
        "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\":5}";
    err e = {0};
    control_change c;
    CHECK(read_change(change, &c, &e) == ERR_INVALID);
    char *text = json_answer(&c, NULL, e.text);
    CHECK(text && text_is_utf8(text));
    free(text);
}

static const harness_test tests[] = {
    {"changes are read in the units of the link", changes_are_read_in_the_units_of_the_link},
    {"a change is one object and nothing else", a_change_is_one_object_and_nothing_else},
    {"answers are UTF-8 whatever names hold", answers_are_utf8_whatever_names_hold},
};

int main(int argc, char **argv)
{
    return harness_main(argc, argv, "monitor_json", tests, sizeof tests / sizeof tests[0]);
}
