#include "keys.h"

#include "cli/ui/command.h"

static const command_choice parts[] = {
    {"new", keys_new, "make certificates: the secret ones, and admit their owners"},
    {"show", keys_show, "who is admitted, as what, for which UEs, and whose secrets are here"},
    {"allow", keys_allow, "admit the owner of a public certificate that was sent"},
    {"revoke", keys_revoke, "admit somebody no longer: in force within a second"},
};

int command_keys(int argc, char **argv)
{
    const command_menu menu = {.program = "csilink keys",
                               .title = "certificates: who may report, change the link, watch it",
                               .what = "part",
                               .example = "  csilink keys new station controller watcher\n"
                                          "  csilink keys new agent-1 --ues 0-249",
                               .choices = parts,
                               .count = sizeof parts / sizeof parts[0]};
    return command_choose(&menu, argc, argv);
}
