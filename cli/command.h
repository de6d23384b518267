/* command.h: the subcommands of csilink. argv[0] is the command's own name ("eval"); the result is
 * the exit status: 0 done, 1 failed (one line on standard error says why), 2 misused. */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

int command_run(int argc, char **argv);
int command_ctl(int argc, char **argv);
int command_model(int argc, char **argv);
int command_eval(int argc, char **argv);
int command_data(int argc, char **argv);
int command_bench(int argc, char **argv);

#endif
