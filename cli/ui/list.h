/* list.h: options that take several values. */
#ifndef CLI_UI_LIST_H
#define CLI_UI_LIST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "chain/eval.h"

enum { LIST_MAX = 16, LIST_SPECS_MAX = 64 };

typedef struct list {
    size_t count;
    char *item[LIST_SPECS_MAX]; /* into `text` */
    char *text;                 /* malloc'ed; the owner of the list frees it */
} list;

/* Splits the names of --`option` at commas; none for NULL. A comma before a digit or a minus
 * belongs to a channel's name: rayleigh:0/0,30/-3. ERR_INVALID for an empty name or more than
 * LIST_MAX, ERR_NOMEM; *l can be freed even after a failure. */
int list_split(const char *option, const char *text, list *l, err *e);

/* The same for codecs and uplinks, KIND:ARGUMENTS. Their arguments have commas, so semicolons
 * separate them: analog:r4,references=4;analog:r2. The limit is LIST_SPECS_MAX, since a comparison
 * at equal channel uses has many small variations. ERR_INVALID also for duplicates. */
int list_split_specs(const char *option, const char *text, list *l, err *e);

/* Parses each value as a value of the key with this name; ERR_INVALID with "--key". */
int list_check(const char *key, const list *l, err *e);

/* Parses SNRs in dB: "inf,20,-5", "LOW:STEP:HIGH" for all from LOW to HIGH, and both mixed, each at
 * least -30 dB and none twice. Sets config->snrs and snr_db. ERR_INVALID for anything else. */
int list_snrs(const char *text, chain_eval_config *config, err *e);

/* Shares of lost reports, "0,0.01,0.1", each from 0 to below 1, without duplicates. ERR_INVALID
 * with the allowed values. */
int list_losses(const char *text, double loss[LIST_MAX], size_t *count, err *e);

/* Compression ratios, "4,8,16", each 1 to 1024; every comma separates. Sets `count`. */
int list_crs(const char *text, unsigned crs[LIST_MAX], size_t *count, err *e);

#endif
