#include "list.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "cell/keys.h"

enum { ITEM_MAX = 96 };

static bool separates_names(const char *at)
{
    return *at == ',' && !(at[1] && strchr("-0123456789", at[1]));
}

static bool separates_specs(const char *at)
{
    return *at == ';';
}

static int split(const char *option, const char *text, bool (*separates)(const char *at),
                 size_t max, list *l, err *e)
{
    *l = (list){.text = text ? strdup(text) : NULL};
    if (!text)
        return ERR_NONE;
    if (!l->text)
        return err_set(e, ERR_NOMEM, "no memory for --%s", option);
    for (char *at = l->text, *end = at;; end++) {
        if (*end && !separates(end))
            continue;
        if (end == at)
            return err_set(e, ERR_INVALID, "--%s '%.100s': an empty name", option, text);
        if (l->count == max)
            return err_set(e, ERR_INVALID, "--%s names more than %zu", option, max);
        l->item[l->count++] = at;
        if (!*end)
            return ERR_NONE;
        *end = '\0';
        at = end + 1;
    }
}

int list_split(const char *option, const char *text, list *l, err *e)
{
    return split(option, text, separates_names, LIST_MAX, l, e);
}

int list_split_specs(const char *option, const char *text, list *l, err *e)
{
    int rc = split(option, text, separates_specs, LIST_SPECS_MAX, l, e);
    for (size_t i = 0; rc == ERR_NONE && i < l->count; i++)
        for (size_t k = 0; k < i; k++)
            if (strcmp(l->item[i], l->item[k]) == 0)
                return err_set(e, ERR_INVALID, "--%s has '%.100s' twice", option, l->item[i]);
    return rc;
}

int list_check(const char *key, const list *l, err *e)
{
    char called[CELL_NAME_MAX], value[CELL_CHANNEL_MAX];
    const cell_key *k = cell_key_named(key);
    snprintf(called, sizeof called, "--%s", key);
    for (size_t i = 0; i < l->count; i++)
        if (cell_key_take(k, called, l->item[i], value, e) != ERR_NONE)
            return ERR_INVALID;
    return ERR_NONE;
}

/* Copies the item at *at to `item` and moves *at past its comma, or to NULL after the last. False
 * if the item is too long. */
static bool next_item(const char **at, char item[ITEM_MAX])
{
    size_t length = strcspn(*at, ",");
    bool fits = length < ITEM_MAX;
    snprintf(item, ITEM_MAX, "%.*s", (int)length, *at);
    *at = (*at)[length] ? *at + length + 1 : NULL;
    return fits;
}

static bool finite_snr(double snr_db)
{
    return snr_db >= SETTING_SNR_MIN_DB && snr_db <= SETTING_SNR_MAX_DB;
}

/* "LOW:STEP:HIGH" and a single value, which is a range of one. */
static bool read_range(char *item, double *low, double *step, double *high)
{
    char *first = strsep(&item, ":"), *second = strsep(&item, ":");
    if (!text_number(first, low))
        return false;
    *high = *low;
    *step = 1;
    if (!second)
        return finite_snr(*low) || *low == INFINITY;
    return item && text_number(second, step) && text_number(item, high) && finite_snr(*low) &&
           finite_snr(*high) && *low <= *high && *step > 0 &&
           *step <= SETTING_SNR_MAX_DB - SETTING_SNR_MIN_DB;
}

static int add_snr(double snr_db, chain_eval_config *config, err *e)
{
    for (size_t i = 0; i < config->snrs; i++)
        if (config->snr_db[i] == snr_db)
            return err_set(e, ERR_INVALID, "--snr names %g dB twice", snr_db);
    if (config->snrs == CHAIN_EVAL_SNRS_MAX)
        return err_set(e, ERR_INVALID, "--snr names more than %d values", CHAIN_EVAL_SNRS_MAX);
    config->snr_db[config->snrs++] = snr_db;
    return ERR_NONE;
}

/* Decimal steps such as 0.1 have no exact binary form: rounds each value to the decimal number that
 * a user would write. */
static double tidy(double snr_db)
{
    return isinf(snr_db) ? snr_db : rint(snr_db * 1e6) / 1e6 + 0.0;
}

int list_snrs(const char *text, chain_eval_config *config, err *e)
{
    char item[ITEM_MAX];
    config->snrs = 0;
    for (const char *at = text; at;) {
        double low, step, high;
        if (!next_item(&at, item) || !read_range(item, &low, &step, &high))
            return err_set(e, ERR_INVALID,
                           "--snr takes dB values from %g to %g, inf, and ranges LOW:STEP:HIGH, "
                           "separated by commas, such as -5:5:40,inf; not '%.64s'",
                           SETTING_SNR_MIN_DB, SETTING_SNR_MAX_DB, text);
        int status = ERR_NONE;
        double values = low == high ? 1 : floor((high - low) / step + 1e-6) + 1;
        for (size_t i = 0; status == ERR_NONE && (double)i < values; i++)
            status = add_snr(tidy(i == 0 ? low : low + (double)i * step), config, e);
        if (status != ERR_NONE)
            return status;
    }
    return ERR_NONE;
}

int list_losses(const char *text, double loss[LIST_MAX], size_t *count, err *e)
{
    const cell_key *key = cell_key_named("loss");
    char item[ITEM_MAX];
    *count = 0;
    for (const char *at = text; at;) {
        double value = 0;
        if (!next_item(&at, item) || cell_key_take(key, "--loss", item, &value, e) != ERR_NONE ||
            value >= 1)
            return err_set(e, ERR_INVALID,
                           "--loss takes shares from 0 to below 1, such as 0,0.01,0.1; not '%.64s'",
                           text);
        if (*count == LIST_MAX)
            return err_set(e, ERR_INVALID, "--loss names more than %d", LIST_MAX);
        for (size_t i = 0; i < *count; i++)
            if (loss[i] == value)
                return err_set(e, ERR_INVALID, "--loss names %g twice", value);
        loss[(*count)++] = value;
    }
    return ERR_NONE;
}

int list_crs(const char *text, unsigned crs[LIST_MAX], size_t *count, err *e)
{
    const cell_key *key = cell_key_named("cr");
    char item[ITEM_MAX];
    *count = 0;
    for (const char *at = text; at;) {
        uint64_t cr = 0;
        if (!next_item(&at, item) || cell_key_take(key, "--cr", item, &cr, e) != ERR_NONE)
            return err_set(e, ERR_INVALID,
                           "--cr takes whole numbers from %.0f to %.0f, such as 4,8,16; not "
                           "'%.64s'",
                           key->min, key->max, text);
        if (*count == LIST_MAX)
            return err_set(e, ERR_INVALID, "--cr names more than %d", LIST_MAX);
        for (size_t i = 0; i < *count; i++)
            if (crs[i] == (unsigned)cr)
                return err_set(e, ERR_INVALID, "--cr names %u twice", crs[i]);
        crs[(*count)++] = (unsigned)cr;
    }
    return ERR_NONE;
}
