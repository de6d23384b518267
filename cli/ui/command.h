/* command.h: the commands of csilink and their parts. argv[0] is the command's own name ("eval");
 * the result is the exit status: 0 done, 1 failed (one line on standard error says why), 2
 * misused. */
#ifndef CLI_UI_COMMAND_H
#define CLI_UI_COMMAND_H

#include <stddef.h>

/* One of the choices of a program or command. */
typedef struct command_choice {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *summary;
} command_choice;

typedef struct command_menu {
    const char *program; /* "csilink data" */
    const char *title;   /* one line */
    const char *what;    /* what a choice is called: "command", "part" */
    const char *example; /* whole lines */
    const command_choice *choices;
    size_t count; /* at most 24 */
} command_menu;

/* Runs the choice that argv[1] names, with argv[1] as its argv[0]. --help and the word help print
 * the menu; --help=man, --version and the word version work as in option_parse; "help NAME" is
 * "NAME --help". Without a choice, prints the menu on standard error and returns 2. For a wrong
 * one, prints one line that lists what is allowed. */
int command_choose(const command_menu *menu, int argc, char **argv);

/* The command as it was given, on one line, quoted where a shell would need it: "csilink eval --snr
 * 3". For a page that states how it was made. */
void command_line_text(int argc, char **argv, char *text, size_t size);

int command_run(int argc, char **argv);
int command_show(int argc, char **argv);
int command_rerun(int argc, char **argv);
int command_ctl(int argc, char **argv);
int command_monitor(int argc, char **argv);
int command_model(int argc, char **argv);
int command_eval(int argc, char **argv);
int command_sweep(int argc, char **argv);
int command_league(int argc, char **argv);
int command_reproduce(int argc, char **argv);
int command_data(int argc, char **argv);
int command_train(int argc, char **argv);
int command_quantize(int argc, char **argv);
int command_uplink(int argc, char **argv);
int command_bench(int argc, char **argv);
int command_health(int argc, char **argv);
int command_keys(int argc, char **argv);

#endif
