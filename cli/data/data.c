#include "data.h"

#include "cli/ui/command.h"

static const command_choice parts[] = {
    {"generate", data_generate, "draw samples of a channel into .mat or .npy files"},
    {"import", data_import,
     "make a data set from channels of Sionna, DeepMIMO, QuaDRiGa, MATLAB and others"},
    {"info", data_info, "describe a data set: energy, spreads, compressibility, a picture"},
    {"compare", data_compare,
     "compare channels with another set, or with published figures of one"},
    {"plot", data_plot, "draw a contact sheet of |H| in the angle-delay domain, as PNG or SVG"},
};

int command_data(int argc, char **argv)
{
    const command_menu menu = {
        .program = "csilink data",
        .title = "data sets in the field's convention",
        .what = "part",
        .example = "  csilink data generate --channel rayleigh:eva --samples 10000 --out eva.mat",
        .choices = parts,
        .count = sizeof parts / sizeof parts[0]};
    return command_choose(&menu, argc, argv);
}
