#include "keys.h"

#include "cli/ui/command.h"

static const command_choice parts[] = {
    {"new", keys_new, "make certificates and admit their owners"},
    {"show", keys_show,
     "list admitted certificates, their roles and UEs, and the secrets in the "
     "folder"},
    {"allow", keys_allow, "admit the owner of a public certificate"},
    {"revoke", keys_revoke, "revoke a certificate, within a second"},
};

int command_keys(int argc, char **argv)
{
    const command_menu menu = {.program = "csilink keys",
                               .title = "manage certificates: who may report, change the link, "
                                        "watch it",
                               .what = "part",
                               .example = "  csilink keys new station controller watcher\n"
                                          "  csilink keys new agent-1 --ues 0-249",
                               .choices = parts,
                               .count = sizeof parts / sizeof parts[0]};
    return command_choose(&menu, argc, argv);
}
