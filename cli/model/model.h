/* model.h: the parts of `csilink model`. */
#ifndef CLI_MODEL_MODEL_H
#define CLI_MODEL_MODEL_H

#include "codec/kind.h"

int model_list(int argc, char **argv);
int model_info(int argc, char **argv);
int model_run(int argc, char **argv);
int model_pair(int argc, char **argv);
int model_build(int argc, char **argv);
int model_denoiser(int argc, char **argv);

/* `csilink model KIND[:ARGUMENTS]`, argv[0] being that word. */
int model_design(int argc, char **argv);

/* The kind that such a word names, if it can be designed from samples; else NULL. */
const codec_kind *model_design_kind(const char *spec);

#endif
