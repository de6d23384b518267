/* Any text as a command line, a variable of the environment, a setting for `csilink ctl`, or a list
 * of values: it is refused in one line, or what was given is in its range.
 *
 * The first byte chooses a program's table; the rest are lines, each an argument, or a variable
 * where it begins with "CSILINK_". */
#include "fuzz.h"

#include <math.h>

#include "cell/impairments.h"
#include "cell/options.h"
#include "cell/scenario.h"
#include "cli/ui/list.h"

enum { ARGUMENTS_MAX = 64 };

static FILE *real_stderr, *silent;

/* What the parser prints goes to memory, and is looked at. */
static void catch_output(char **text, size_t *size)
{
    if (!silent) {
        silent = fopen("/dev/null", "w");
        real_stderr = stderr;
        require(silent != NULL);
        stdout = silent;
    }
    FILE *memory = open_memstream(text, size);
    require(memory != NULL);
    stderr = memory;
}

static void release_output(void)
{
    fclose(stderr);
    stderr = real_stderr;
}

/* One line, and its end. */
static void check_complaint(int status, const char *text, size_t size)
{
    require(status == -1 || status == 0 || status == OPTION_EXIT_USAGE);
    if (status != OPTION_EXIT_USAGE) {
        require(size == 0);
        return;
    }
    require(size > 1 && text[size - 1] == '\n');
    for (size_t i = 0; i + 1 < size; i++)
        require((unsigned char)text[i] >= ' ' && text[i] != 0x7f);
}

/* --- one option of each kind --------------------------------------------------------------------
 */

static int parse_each(int argc, char **argv)
{
    bool flag = false;
    uint64_t count = 3;
    double real = 1, or_inf = 1, time_s = 1;
    const char *text = "", *choice = "ipc";
    const option_spec specs[] = {
        OPTION_FLAG("flag", &flag, "a flag"),
        OPTION_UINT("count", &count, 1, 10000, "N", "a number"),
        OPTION_DOUBLE("real", &real, -30, 100, "DB", "a real"),
        OPTION_DOUBLE("or-inf", &or_inf, 0, INFINITY, "X", "a real or inf"),
        OPTION_DURATION("time", &time_s, 1e-3, 1e6, "S", "a time"),
        OPTION_STRING("text", &text, "TEXT", "a text"),
        OPTION_CHOICE("choice", &choice, "ipc|tcp", "a choice"),
    };
    const option_command command = {.name = "fuzz",
                                    .summary = "tries options",
                                    .operands = "[FILE...]",
                                    .specs = specs,
                                    .count = sizeof specs / sizeof specs[0],
                                    .operands_max = 3};
    int operands = 0, status = option_parse(&command, argc, argv, &operands);
    if (status < 0) {
        require(count >= 1 && count <= 10000 && real >= -30 && real <= 100 && or_inf >= 0);
        require(time_s >= 1e-3 && time_s <= 1e6 && operands >= 0 && operands <= 3);
        require(strcmp(choice, "ipc") == 0 || strcmp(choice, "tcp") == 0);
    }
    return status;
}

/* --- the keys of a cell, as one of the programs takes them --------------------------------------
 */

/* A cell that was accepted is one that a scenario file can say. */
static void check_cell(const cell *c)
{
    static scenario s, again;
    char *text = NULL;
    size_t size = 0;
    err e = {0};
    scenario_init(&s);
    s.cell = *c;
    FILE *f = open_memstream(&text, &size);
    require(f != NULL);
    scenario_print(&s, f);
    fclose(f);
    scenario_init(&again);
    int rc = scenario_parse(&again, text, size, "printed", &e);
    if (rc != ERR_NONE)
        fprintf(real_stderr, "%s\n%s\n", e.text, text);
    require(rc == ERR_NONE);
    free(text);
}

static int parse_cell(unsigned program, int argc, char **argv)
{
    static cell_options o;
    static cell c;
    option_spec specs[CELL_KEYS_MAX + 1];
    const char *ues = NULL;
    const option_spec own[] = {OPTION_STRING("ues", &ues, "N|N@CHANNEL,...", "UEs")};
    o = (cell_options){.program = program};
    option_command command = {.name = "fuzz", .summary = "tries a cell's keys", .specs = specs};
    command.count = cell_options_add(specs, cell_options_specs(&o, specs), own, 1);
    int status = option_parse(&command, argc, argv, NULL);
    if (status >= 0)
        return status;
    err e = {0};
    cell_init(&c);
    cell_options_defaults(&o, &c);
    if (cell_options_apply(&o, &c, &e) != ERR_NONE ||
        cell_add_groups(&c, ues ? ues : "8", cell_options_given(&o, "channel"), 10000, &e) !=
            ERR_NONE)
        fuzz_check_error(&e);
    else
        check_cell(&c);
    return status;
}

/* --- what `csilink ctl` takes, and lists of values ----------------------------------------------
 */

static int parse_settings(int argc, char **argv)
{
    for (int i = 1; i + 1 < argc; i += 2) {
        setting_name name = SETTING_SNR;
        double value = 0;
        err e = {0};
        if (setting_find(argv[i], &name, &e) != ERR_NONE ||
            setting_parse(name, argv[i + 1], &value, &e) != ERR_NONE)
            fuzz_check_error(&e);
        else
            require(setting_check(name, value, NULL) == ERR_NONE);
    }
    return -1;
}

static void parse_list(const char *text)
{
    static chain_eval_config config;
    list l = {0};
    unsigned crs[LIST_MAX];
    size_t count = 0;
    err e = {0};
    if (list_split("channel", text, &l, &e) != ERR_NONE)
        fuzz_check_error(&e);
    require(l.count <= LIST_MAX);
    free(l.text);
    config = (chain_eval_config){0};
    e = (err){0};
    if (list_snrs(text, &config, &e) != ERR_NONE)
        fuzz_check_error(&e);
    else
        for (size_t i = 0; i < config.snrs; i++)
            require(config.snr_db[i] >= -30 && i < CHAIN_EVAL_SNRS_MAX);
    e = (err){0};
    if (list_crs(text, crs, &count, &e) != ERR_NONE)
        fuzz_check_error(&e);
    else
        for (size_t i = 0; i < count; i++)
            require(crs[i] >= 1 && crs[i] <= 1024);
}

static int parse(uint8_t which, int argc, char **argv)
{
    static const unsigned programs[] = {CELL_IN_RUN, CELL_IN_EVAL, CELL_IN_SWEEP, CELL_IN_AGENT,
                                        CELL_IN_AIR, CELL_IN_BS,   CELL_IN_DATA};
    switch (which % 10) {
    case 0:
        return parse_each(argc, argv);
    case 1:
        return parse_settings(argc, argv);
    case 2:
        for (int i = 1; i < argc; i++)
            parse_list(argv[i]);
        return -1;
    default:
        return parse_cell(programs[which % 10 - 3], argc, argv);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    char *text = fuzz_copy(data + 1, size - 1, true), *rest = text, *line, *said = NULL;
    char *argv[ARGUMENTS_MAX + 1] = {"fuzz"}, *variable[ARGUMENTS_MAX];
    int argc = 1, variables = 0;
    size_t length = 0;
    while (argc < ARGUMENTS_MAX && variables < ARGUMENTS_MAX && (line = strsep(&rest, "\n"))) {
        char *value = strncmp(line, OPTION_VARIABLE_PREFIX, 8) == 0 ? strchr(line, '=') : NULL;
        if (value) {
            *value = '\0';
            setenv(line, value + 1, 1);
            variable[variables++] = line;
        } else {
            argv[argc++] = line;
        }
    }
    catch_output(&said, &length);
    int status = parse((uint8_t)(data[0] - '0'), argc, argv);
    release_output();
    check_complaint(status, said, length);
    for (int i = 0; i < variables; i++)
        unsetenv(variable[i]);
    free(said);
    free(text);
    return 0;
}
