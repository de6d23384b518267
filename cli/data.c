#include "data.h"

#include <stdio.h>
#include <string.h>

#include "base/option.h"
#include "command.h"

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *summary;
} parts[] = {
    {"generate", data_generate, "draw samples of a channel into .mat or .npy files"},
    {"info", data_info, "what a data set holds: energy, spreads, compressibility, a picture"},
    {"plot", data_plot, "a contact sheet of |H| in the angle-delay domain, as PNG or SVG"},
};
enum { PARTS = sizeof parts / sizeof parts[0] };

static void print_parts(FILE *to)
{
    fprintf(to, "csilink data: data sets in the field's convention\n\n"
                "usage: csilink data PART [options]\n\n");
    for (size_t i = 0; i < PARTS; i++)
        fprintf(to, "  %-9s %s\n", parts[i].name, parts[i].summary);
    fprintf(to, "\nexample:\n  csilink data generate --channel rayleigh:eva --samples 10000 "
                "--out eva.mat\n  csilink data PART --help tells each part's options\n");
}

int command_data(int argc, char **argv)
{
    const char *part = argc > 1 ? argv[1] : NULL;
    if (part && (!strcmp(part, "--help") || !strcmp(part, "-h"))) {
        print_parts(stdout);
        return 0;
    }
    for (size_t i = 0; part && i < PARTS; i++)
        if (strcmp(parts[i].name, part) == 0)
            return parts[i].run(argc - 1, argv + 1);
    if (part)
        fprintf(stderr, "csilink data: there is no '%s'; there are generate, info and plot\n",
                part);
    else
        print_parts(stderr);
    return OPTION_EXIT_USAGE;
}
