/* model.h: the parts of `csilink model`. */
#ifndef CLI_MODEL_MODEL_H
#define CLI_MODEL_MODEL_H

int model_info(int argc, char **argv);
int model_run(int argc, char **argv);
int model_pair(int argc, char **argv);
int model_build(int argc, char **argv);

#endif
