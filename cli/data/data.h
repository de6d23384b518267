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

/* One file of a data set that is to be made: UEs first_ue .. first_ue + ues - 1. */
typedef struct data_part {
    const char *name; /* "train", "val", "test", or "" for the whole */
    uint32_t first_ue, ues;
    char path[PATH_MAX];
    char hf_path[PATH_MAX]; /* file of HF_all; empty where there is none; may be `path` */
    /* The job's own: where both are written until all are whole (io/file.h). */
    char beside[PATH_MAX], hf_beside[PATH_MAX];
} data_part;

typedef struct data_job {
    fading_generation generation;
    data_format format;
    size_t parts;
    data_part part[DATA_PARTS_MAX];
} data_job;

/* ERR_INVALID, before anything is made, when a part is more than its format or this machine's
 * memory holds. */
int data_job_check(const data_job *job, err *e);

/* Makes and writes every part, with progress on standard error. All files appear, under their names
 * and whole, or none does: also after Ctrl-C. */
int data_job_run(data_job *job, err *e);

#endif
