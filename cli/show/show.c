/* csilink show: prints the records of one run, or of several for comparison. */
#include "show.h"
#include "cli/ui/output.h"

#include "base/log.h"
#include "cli/run/finish.h"
#include "cli/ui/command.h"
#include "ui/option.h"

record *show_open(const char *folder, err *e)
{
    bool at_work;
    cJSON *summary;
    return run_finish(folder, &at_work, &summary, e) == ERR_NONE
               ? record_open_with(folder, summary, e)
               : NULL;
}

/* Compares the reports of two runs if both recorded them. */
static int compare(record *const *runs, size_t count, record_comparison *comparison,
                   const record_comparison **done, err *e)
{
    *done = NULL;
    if (count != 2 || !runs[0]->has_reports || !runs[1]->has_reports)
        return ERR_NONE;
    *done = comparison;
    return record_compare(runs[0], runs[1], comparison, e);
}

static int show(record *const *runs, size_t count, bool json, err *e)
{
    record_comparison comparison;
    const record_comparison *done;
    if (compare(runs, count, &comparison, &done, e) != ERR_NONE)
        return e->code;
    if (!json) {
        show_print(runs, count, stdout);
        if (done) {
            putchar('\n');
            show_comparison_print(done, stdout);
        }
        return ERR_NONE;
    }
    output_json(show_json(runs, count, done));
    return ERR_NONE;
}

int command_show(int argc, char **argv)
{
    bool json = false;
    const option_spec specs[] = {
        OPTION_FLAG("json", &json, "print everything as JSON"),
    };
    const option_command command = {
        .name = "csilink show",
        .summary = "shows the record of a run, or of several side by side with their differences",
        .operands = "RUN [RUN...]",
        .example = "  csilink show runs/latest\n"
                   "  csilink show runs/20260504T102030Z runs/20260504T103000Z\n"
                   "  csilink show runs/latest --json",
        .specs = specs,
        .count = sizeof specs / sizeof specs[0],
        .operands_min = 1,
        .operands_max = SHOW_RUNS_MAX,
    };
    int count = 0, status = option_parse(&command, argc, argv, &count);
    if (status >= 0)
        return status;
    err e = {0};
    record *runs[SHOW_RUNS_MAX] = {0};
    bool good = true;
    for (int i = 0; good && i < count; i++)
        good = (runs[i] = show_open(argv[1 + i], &e)) != NULL;
    good = good && show(runs, (size_t)count, json, &e) == ERR_NONE;
    for (int i = 0; i < count; i++)
        record_close(runs[i]);
    if (!good)
        log_error("%s", e.text);
    return good ? 0 : 1;
}
