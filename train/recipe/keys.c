#include "train/recipe/keys.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "uplink/noise.h"

const recipe_key recipe_keys[RECIPE_KEYS] = {
#define RECIPE_ROW(id, section, key, kind, member, min, max, choices)                              \
    {section key,                                                                                  \
     RECIPE_##kind,                                                                                \
     offsetof(train_recipe, member),                                                               \
     sizeof(((train_recipe *)NULL)->member),                                                       \
     min,                                                                                          \
     max,                                                                                          \
     choices},
    RECIPE_ALL(RECIPE_ROW)
#undef RECIPE_ROW
};

int recipe_check_text(const char *text, err *e)
{
    if (!*text)
        return err_set(e, ERR_INVALID, "it is empty");
    for (const char *c = text; *c; c++)
        if (iscntrl((unsigned char)*c))
            return err_set(e, ERR_INVALID, "it has a control character");
    return ERR_NONE;
}

static int take_text(char **member, const char *text, err *e)
{
    if (recipe_check_text(text, e) != ERR_NONE)
        return ERR_INVALID;
    char *copy = strdup(text);
    if (!copy)
        return err_set(e, ERR_NOMEM, "out of memory");
    free(*member);
    *member = copy;
    return ERR_NONE;
}

static int take_word(char *member, const char *text, err *e)
{
    size_t length = strlen(text);
    bool good = length > 0 && length < TRAIN_WORD_MAX;
    for (const char *c = text; good && *c; c++)
        good = isalnum((unsigned char)*c) || strchr("-_.", *c);
    if (!good)
        return err_set(e, ERR_INVALID, "'%.64s' is not 1 to %d letters, digits, - _ .", text,
                       TRAIN_WORD_MAX - 1);
    memcpy(member, text, length + 1);
    return ERR_NONE;
}

/* "250k", "4M", "1.5M", "20000": whole once the suffix is applied. */
static bool parse_count(const char *text, double *value)
{
    char number[32];
    size_t length = strlen(text);
    double factor = 1;
    if (length == 0 || length >= sizeof number || !isdigit((unsigned char)*text))
        return false;
    if (text[length - 1] == 'k' || text[length - 1] == 'M')
        factor = text[--length] == 'k' ? 1e3 : 1e6;
    snprintf(number, sizeof number, "%.*s", (int)length, text);
    if (strspn(number, "0123456789.eE+") != length || !text_number(number, value))
        return false;
    *value = round(*value * factor * 1e6) / 1e6; /* 1.1M is whole, though 1.1 is not exact in
                                                    binary */
    return *value == floor(*value);
}

static int take_count(void *member, size_t size, const recipe_key *k, const char *text, err *e)
{
    double v;
    if (!parse_count(text, &v) || v < k->min || v > k->max)
        return err_set(e, ERR_INVALID,
                       "'%.64s' is not a whole number from %.0f to %.0f; 20k and 4M can be written",
                       text, k->min, k->max);
    uint64_t wide = (uint64_t)v;
    uint32_t narrow = (uint32_t)wide;
    memcpy(member, size == sizeof wide ? (void *)&wide : &narrow, size);
    return ERR_NONE;
}

int recipe_take_real(const char *text, double min, double max, double *value, err *e)
{
    double v;
    if (!text_number(text, &v) || v < min || v > max)
        return err_set(e, ERR_INVALID, "'%.64s' is not a number from %g to %g", text, min, max);
    *value = v;
    return ERR_NONE;
}

static int take_duration(double *member, const recipe_key *k, const char *text, err *e)
{
    double v;
    if (!text_duration(text, 1, &v) || v < k->min || v > k->max)
        return err_set(e, ERR_INVALID, "'%.64s' is not a time up to %.0f s, such as 90s, 30m, 2h",
                       text, k->max);
    *member = v;
    return ERR_NONE;
}

static int take_bool(bool *member, const char *text, err *e)
{
    static const char *const words[] = {"no", "yes", "false", "true"};
    for (int i = 0; i < 4; i++) {
        if (strcmp(text, words[i]) == 0) {
            *member = i & 1;
            return ERR_NONE;
        }
    }
    return err_set(e, ERR_INVALID, "'%.64s' is neither yes nor no", text);
}

static int take_choice(void *member, const recipe_key *k, const char *text, err *e)
{
    int at = 0;
    for (const char *c = k->choices; *c; c += *c == '|', at++) {
        size_t length = strcspn(c, "|");
        if (strlen(text) == length && strncmp(c, text, length) == 0) {
            memcpy(member, &at, sizeof at);
            return ERR_NONE;
        }
        c += length;
    }
    return err_set(e, ERR_INVALID, "'%.64s' is not one of %s", text, k->choices);
}

/* "inf,20,-5". */
static int take_checks(train_config *c, const char *text, err *e)
{
    double snr[TRAIN_CHECKS_MAX];
    size_t n = 0;
    for (const char *at = text;; at++) {
        char item[32];
        size_t length = strcspn(at, ",");
        snprintf(item, sizeof item, "%.*s", (int)length, at);
        if (n == TRAIN_CHECKS_MAX || length >= sizeof item || !text_number(item, &snr[n]) ||
            snr[n] < -30)
            return err_set(e, ERR_INVALID,
                           "'%.64s' is not 1 to %d SNRs in dB of at least -30, such as inf,20,0",
                           text, TRAIN_CHECKS_MAX);
        n++;
        at += length;
        if (!*at)
            break;
    }
    memcpy(c->check_snr_db, snr, n * sizeof *snr);
    c->checks = n;
    return ERR_NONE;
}

_Static_assert(sizeof(onnx_layout) == sizeof(int) && sizeof(csi_align) == sizeof(int) &&
                   sizeof(train_loss) == sizeof(int) && sizeof(grad_scheme) == sizeof(int),
               "a choice is stored as an int");

static int take(train_recipe *r, const recipe_key *key, const char *text, err *e)
{
    void *member = (char *)r + key->offset;
    switch (key->kind) {
    case RECIPE_TEXT:
        return take_text(member, text, e);
    case RECIPE_WORD:
        return take_word(member, text, e);
    case RECIPE_COUNT:
        return take_count(member, key->size, key, text, e);
    case RECIPE_REAL:
        return recipe_take_real(text, key->min, key->max, member, e);
    case RECIPE_DURATION:
        return take_duration(member, key, text, e);
    case RECIPE_BOOL:
        return take_bool(member, text, e);
    case RECIPE_CHOICE:
        return take_choice(member, key, text, e);
    case RECIPE_CHECKS:
        return take_checks(&r->config, text, e);
    }
    return ERR_NONE;
}

_Static_assert(RECIPE_KEYS <= 64, "a bit for each key");

int recipe_take(train_recipe *r, const recipe_key *key, const char *text, err *e)
{
    int status = take(r, key, text, e);
    if (status == ERR_NONE)
        r->said |= (uint64_t)1 << (key - recipe_keys);
    return status;
}
