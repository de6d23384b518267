/* data.h: the parts of `csilink data`. */
#ifndef CLI_DATA_DATA_H
#define CLI_DATA_DATA_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "fading/generate.h"

int data_generate(int argc, char **argv);
int data_import(int argc, char **argv);
int data_info(int argc, char **argv);
int data_compare(int argc, char **argv);
int data_plot(int argc, char **argv);

typedef enum data_format { DATA_V5, DATA_V73, DATA_NPY } data_format;

enum { DATA_PARTS_MAX = 3 };

/* One file of a new data set: UEs first_ue .. first_ue + ues - 1. */
typedef struct data_part {
    const char *name; /* "train", "val", "test", or "" for the whole */
    uint32_t first_ue, ues;
    char path[PATH_MAX];
    char hf_path[PATH_MAX]; /* file of HF_all, possibly `path`; empty: none */
    /* Private: temporary paths of both files until all are complete (io/file.h). */
    char beside[PATH_MAX], hf_beside[PATH_MAX];
} data_part;

typedef struct data_job {
    fading_generation generation;
    data_format format;
    size_t parts;
    data_part part[DATA_PARTS_MAX];
} data_job;

/* ERR_INVALID, before anything is drawn, if a part exceeds its format or this machine's memory. */
int data_job_check(const data_job *job, err *e);

/* Draws and writes every part, with progress on standard error. Either all files appear, complete
 * and under their names, or none, also after Ctrl-C. */
int data_job_run(data_job *job, err *e);

#endif
