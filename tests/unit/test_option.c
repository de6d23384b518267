#include "harness.h"
#include "ui/option.h"

#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { OUTPUT_MAX = 4096, ARGUMENTS_MAX = 16 };

/* One option of every kind, as a program has them. */
typedef struct values {
    bool flag;
    uint64_t count;
    double ratio, level, period, wait;
    const char *text, *choice;
} values;

typedef struct outcome {
    int status, operands;
    char out[OUTPUT_MAX], complaint[OUTPUT_MAX]; /* standard output and standard error */
    char *argument[ARGUMENTS_MAX];
} outcome;

static int redirect(int from, FILE *to)
{
    fflush(from == STDOUT_FILENO ? stdout : stderr);
    int saved = dup(from);
    dup2(fileno(to), from);
    return saved;
}

static void restore(int fd, int saved, FILE *from, char *text)
{
    fflush(fd == STDOUT_FILENO ? stdout : stderr);
    dup2(saved, fd);
    close(saved);
    rewind(from);
    text[fread(text, 1, OUTPUT_MAX - 1, from)] = '\0';
    fclose(from);
}

/* Parses `line`, split at blanks, with everything that is printed caught. */
static outcome parse(values *v, const char *line)
{
    static char words[512];
    outcome o = {.operands = -1};
    const option_spec specs[] = {
        OPTION_FLAG("dry-run", &v->flag, "a flag"),
        OPTION_UINT("count", &v->count, 1, 100, "N", "a whole number"),
        OPTION_DOUBLE("ratio", &v->ratio, 0, 1, "R", "a bounded number"),
        OPTION_DOUBLE("level", &v->level, -30, INFINITY, "DB", "a number or inf"),
        OPTION_DURATION("period", &v->period, 1e-4, 10, "MS", "bare: milliseconds"),
        OPTION_DURATION("wait", &v->wait, 0, 100, "S", "bare: seconds"),
        OPTION_STRING("text", &v->text, "TEXT", "anything"),
        OPTION_CHOICE("choice", &v->choice, "ipc|tcp", "one of two"),
    };
    const option_command command = {.name = "prog",
                                    .summary = "serves the test",
                                    .operands = "FILE",
                                    .example = "  prog --count 3 FILE",
                                    .specs = specs,
                                    .count = sizeof specs / sizeof specs[0],
                                    .operands_min = 0,
                                    .operands_max = 2};
    int argc = 1;
    o.argument[0] = words;
    snprintf(words, sizeof words, "%s", line);
    for (char *w = strtok(words, " "); w && argc < ARGUMENTS_MAX; w = strtok(NULL, " "))
        o.argument[argc++] = strcmp(w, "''") == 0 ? w + 2 : w;
    FILE *out = tmpfile(), *complaint = tmpfile();
    REQUIRE(out && complaint);
    int saved_out = redirect(STDOUT_FILENO, out), saved_err = redirect(STDERR_FILENO, complaint);
    o.status = option_parse(&command, argc, o.argument, &o.operands);
    restore(STDOUT_FILENO, saved_out, out, o.out);
    restore(STDERR_FILENO, saved_err, complaint, o.complaint);
    return o;
}

/* A mistake: status 2, nothing on standard output, one line that contains `hint`. */
static bool complains(const char *line, const char *hint)
{
    values v = {0};
    outcome o = parse(&v, line);
    const char *end = strchr(o.complaint, '\n');
    bool right = o.status == OPTION_EXIT_USAGE && !o.out[0] && end && !end[1] &&
                 strstr(o.complaint, hint) && strncmp(o.complaint, "prog: ", 6) == 0;
    if (!right)
        printf("    '%s' gave %d and: %s\n", line, o.status, o.complaint);
    return right;
}

static void every_kind_takes_its_value(void)
{
    values v = {0};
    outcome o = parse(&v, "--dry-run --count 7 --ratio=0.25 --level -3.5 --period 20 --wait 20 "
                          "--text=a=b --choice tcp");
    CHECK(o.status == -1 && o.operands == 0);
    CHECK(v.flag && v.count == 7);
    CHECK_NEAR(v.ratio, 0.25, 0);
    CHECK_NEAR(v.level, -3.5, 0);
    CHECK_NEAR(v.period, 0.02, 1e-15);
    CHECK_NEAR(v.wait, 20, 0);
    CHECK(strcmp(v.text, "a=b") == 0 && strcmp(v.choice, "tcp") == 0);
}

static void what_is_not_given_keeps_its_default(void)
{
    values v = {.count = 42, .ratio = 0.5, .text = "kept"};
    CHECK(parse(&v, "--level inf").status == -1);
    CHECK(v.count == 42 && strcmp(v.text, "kept") == 0 && !v.flag && !v.choice);
    CHECK_NEAR(v.ratio, 0.5, 0);
    CHECK(isinf(v.level));
}

static void durations_have_units(void)
{
    static const struct {
        const char *line;
        double seconds;
    } good[] = {{"--wait 500us", 5e-4}, {"--wait 2ms", 2e-3},   {"--wait 1.5s", 1.5},
                {"--wait 1m", 60},      {"--wait 100ns", 1e-7}, {"--wait 0.01h", 36},
                {"--wait 1e1", 10},     {"--wait 0", 0}};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        values v = {0};
        CHECK(parse(&v, good[i].line).status == -1);
        CHECK_NEAR(v.wait, good[i].seconds, 1e-12);
    }
    CHECK(complains("--wait 5min", "such as 2ms or 1.5s (a plain number is in s), not '5min'"));
    CHECK(complains("--wait inf", "from 0 s to 100 s"));
    CHECK(complains("--wait nan", "not 'nan'"));
    CHECK(complains("--wait -1s", "from 0 s to 100 s"));
    CHECK(complains("--wait s", "not 's'"));
    CHECK(complains("--period 11s", "from 0.0001 s to 10 s"));
    CHECK(complains("--period 11s", "(a plain number is in ms)"));
}

static void impossible_values_are_refused_with_the_range(void)
{
    CHECK(complains("--count 0", "from 1 to 100, not '0'"));
    CHECK(complains("--count 101", "from 1 to 100"));
    CHECK(complains("--count -1", "not '-1'"));
    CHECK(complains("--count 1.5", "a whole number"));
    CHECK(complains("--count 5x", "not '5x'"));
    CHECK(complains("--count 99999999999999999999999", "from 1 to 100"));
    CHECK(complains("--count ''", "a whole number"));
    CHECK(complains("--ratio 1.01", "from 0 to 1, not '1.01'"));
    CHECK(complains("--ratio inf", "from 0 to 1"));
    CHECK(complains("--ratio nan", "not 'nan'"));
    CHECK(complains("--ratio 0.5.1", "not '0.5.1'"));
    CHECK(complains("--level -31", "from -30 to inf"));
    CHECK(complains("--level -inf", "from -30 to inf"));
    CHECK(complains("--choice udp", "one of ipc|tcp, not 'udp'"));
    CHECK(complains("--choice ip", "one of ipc|tcp"));
    CHECK(complains("--choice ipc|tcp", "one of ipc|tcp"));
    CHECK(complains("--text ''", "--text needs a value"));
}

static void mistyped_options_name_the_right_one(void)
{
    CHECK(complains("--cuont 3", "did you mean --count?"));
    CHECK(complains("--perod=3", "did you mean --period?"));
    CHECK(complains("--dryrun", "did you mean --dry-run?"));
    CHECK(complains("--zzzzzzzzz", "unknown option --zzzzzzzzz"));
    CHECK(complains("-count 3", "'-count': options begin with two dashes"));
    CHECK(complains("-x", "'-x': options begin"));
    CHECK(complains("--dry-run=maybe", "--dry-run takes yes or no, not 'maybe'"));
    CHECK(complains("--count", "--count needs a value"));
    CHECK(complains("a b c", "unexpected argument 'c'"));
}

static void names_longer_than_any_option_are_refused(void)
{
    char line[400] = "--";
    memset(line + 2, 'a', 300);
    line[302] = '\0';
    CHECK(complains(line, "unknown option --aaa"));
    memcpy(line + 100, "=5", 3);
    CHECK(complains(line, "unknown option --aaa"));
}

static void a_complaint_stays_on_one_line(void)
{
    CHECK(complains("--count 3\n4", "a whole number"));
    CHECK(complains("--co\033[2Junt 3", "unknown option"));
}

static void of_an_option_given_twice_the_last_holds(void)
{
    values v = {0};
    CHECK(parse(&v, "--count 3 --text a --dry-run --count=5 --text b --dry-run=no").status == -1);
    CHECK(v.count == 5 && strcmp(v.text, "b") == 0 && !v.flag);
    CHECK(complains("--count 3 --count none", "not 'none'"));
    CHECK(complains("--count none --count 3", "not 'none'"));
}

static const char *const variables[][3] = {
    {"CSILINK_DRY_RUN", "yes", "maybe"}, {"CSILINK_COUNT", "9", "many"},
    {"CSILINK_RATIO", "0.5", "2"},       {"CSILINK_LEVEL", "inf", "-31"},
    {"CSILINK_PERIOD", "5", "5 ms"},     {"CSILINK_WAIT", "5", "-1"},
    {"CSILINK_TEXT", "a b", NULL},       {"CSILINK_CHOICE", "tcp", "udp"},
};
enum { VARIABLES = sizeof variables / sizeof variables[0] };

static void set_variables(void)
{
    for (size_t i = 0; i < VARIABLES; i++)
        setenv(variables[i][0], variables[i][1], 1);
}

static void unset_variables(void)
{
    for (size_t i = 0; i < VARIABLES; i++)
        unsetenv(variables[i][0]);
}

static void the_environment_stands_in_for_the_command_line(void)
{
    values v = {0};
    set_variables();
    CHECK(parse(&v, "").status == -1);
    CHECK(v.flag && v.count == 9 && isinf(v.level));
    CHECK(v.text && strcmp(v.text, "a b") == 0 && v.choice && strcmp(v.choice, "tcp") == 0);
    CHECK_NEAR(v.ratio, 0.5, 0);
    CHECK_NEAR(v.period, 0.005, 1e-15); /* the unit is the option's, there too */
    CHECK_NEAR(v.wait, 5, 0);
    v = (values){0};
    CHECK(parse(&v, "--dry-run=no --count 3 --ratio 1 --level 0 --period 1s --wait 0 --text c "
                    "--choice ipc")
              .status == -1);
    CHECK(!v.flag && v.count == 3 && strcmp(v.text, "c") == 0 && strcmp(v.choice, "ipc") == 0);
    CHECK_NEAR(v.ratio + v.level + v.period + v.wait, 2, 0);
    unset_variables();
}

static void an_empty_variable_counts_as_unset(void)
{
    for (size_t i = 0; i < VARIABLES; i++)
        setenv(variables[i][0], "", 1);
    values v = {.count = 42, .ratio = 0.5, .text = "kept", .flag = true};
    CHECK(parse(&v, "").status == -1);
    CHECK(v.count == 42 && v.flag && strcmp(v.text, "kept") == 0 && !v.choice);
    unset_variables();
}

static void a_wrong_variable_is_named(void)
{
    for (size_t i = 0; i < VARIABLES; i++) {
        if (!variables[i][2])
            continue;
        char hint[64];
        snprintf(hint, sizeof hint, "%s takes", variables[i][0]);
        setenv(variables[i][0], variables[i][2], 1);
        CHECK(complains("", hint));
        unset_variables();
    }
}

/* Longer than any buffer, with what would move a terminal's cursor. */
static void a_hostile_variable_costs_one_line(void)
{
    static char text[1 << 16];
    memset(text, 'x', sizeof text - 1);
    memcpy(text, "3\n\033[2J%s%n", 10);
    setenv("CSILINK_COUNT", text, 1);
    CHECK(complains("", "CSILINK_COUNT takes a whole number from 1 to 100, not '3?"));
    values v = {0};
    CHECK(parse(&v, "--count 3").status == -1 && v.count == 3); /* nobody asks for it */
    unset_variables();
}

static void forgetting_leaves_what_is_no_option(void)
{
    char *models = getenv("CSILINK_MODELS"), *before = models ? strdup(models) : NULL;
    values v = {0};
    set_variables();
    setenv("CSILINK_MODELS", "here", 1);
    setenv("CSILINKED", "kept", 1);
    CHECK(parse(&v, "").status == -1);
    option_forget_environment();
    for (size_t i = 0; i < VARIABLES; i++)
        CHECK(getenv(variables[i][0]) == NULL);
    CHECK(getenv("CSILINK_MODELS") && getenv("CSILINKED") && getenv("PATH"));
    CHECK(strcmp(v.text, "a b") == 0); /* what was read stays readable */
    unsetenv("CSILINKED");
    unsetenv("CSILINK_MODELS");
    if (before)
        setenv("CSILINK_MODELS", before, 1);
    free(before);
}

static void help_tells_every_option_and_an_example(void)
{
    static const char *const parts[] = {"prog: serves the test", "--dry-run",   "--count N",
                                        "--choice ipc|tcp",      "[42]",        "[20ms]",
                                        "prog --count 3 FILE",   "usage: prog", "FILE"};
    values v = {.count = 42, .period = 0.02};
    outcome o = parse(&v, "--count 50 --help --nonsense");
    CHECK(o.status == 0 && !o.complaint[0]);
    v = (values){.count = 42, .period = 0.02};
    o = parse(&v, "-h");
    CHECK(o.status == 0 && !o.complaint[0]);
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        CHECK(strstr(o.out, parts[i]) != NULL);
}

static void operands_are_moved_to_the_front(void)
{
    values v = {0};
    outcome o = parse(&v, "one --count 3 -5");
    CHECK(o.status == -1 && o.operands == 2 && v.count == 3);
    CHECK(strcmp(o.argument[1], "one") == 0 && strcmp(o.argument[2], "-5") == 0);
    o = parse(&v, "-- --count");
    CHECK(o.status == -1 && o.operands == 1);
    CHECK(strcmp(o.argument[1], "--count") == 0);
}

static const harness_test tests[] = {
    {"an option of each kind takes its value, after a blank or '='", every_kind_takes_its_value},
    {"what is not given keeps its default", what_is_not_given_keeps_its_default},
    {"durations have units; a bare number is in the option's own", durations_have_units},
    {"an impossible value is refused with the range and itself",
     impossible_values_are_refused_with_the_range},
    {"a mistyped option exits 2 and names the right one", mistyped_options_name_the_right_one},
    {"a name longer than any option is refused, not overrun",
     names_longer_than_any_option_are_refused},
    {"a complaint stays on one line whatever was typed", a_complaint_stays_on_one_line},
    {"of an option given twice the last one holds", of_an_option_given_twice_the_last_holds},
    {"the environment stands in for the command line, which wins",
     the_environment_stands_in_for_the_command_line},
    {"an empty variable counts as unset", an_empty_variable_counts_as_unset},
    {"an impossible variable is named", a_wrong_variable_is_named},
    {"a hostile variable costs one line", a_hostile_variable_costs_one_line},
    {"what is forgotten of the environment is options' alone", forgetting_leaves_what_is_no_option},
    {"--help tells every option, its default and an example",
     help_tells_every_option_and_an_example},
    {"operands are moved to the front; '--' ends the options", operands_are_moved_to_the_front},
};

int main(int argc, char **argv)
{
    return harness_main(argc, argv, "option", tests, sizeof tests / sizeof tests[0]);
}
