#include "cell/options.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const cell_tweak *tweak_of(const cell_options *o, const char *key)
{
    for (size_t i = 0; i < o->tweak_count; i++)
        if (strcmp(o->tweaks[i].key, key) == 0)
            return &o->tweaks[i];
    return NULL;
}

static bool takes_several(const cell_options *o, const cell_key *k)
{
    return (k->lists & o->program) != 0;
}

/* A flag that defaults to yes has an option with its own name to turn it off. */
static bool is_negated(const cell_key *k)
{
    return k->kind == CELL_FLAG && k->initial && strcmp(k->initial, "yes") == 0;
}

/* Whether the text is a valid value. The cell does not exist yet: a file may still be read before
 * the option applies. So this converts the value into scratch memory and keeps the text. The
 * program splits lists itself. */
static int check(const option_spec *spec, const char *source, const char *text, err *e)
{
    const cell_key *k = spec->context;
    _Alignas(double) char member[CELL_CHANNEL_MAX];
    if (k->lists)
        return *text ? ERR_NONE : err_set(e, ERR_INVALID, "%s needs a value", source);
    return cell_key_take(k, source, text, member, e);
}

static option_kind kind_of(const cell_key *k)
{
    static const option_kind kinds[] = {
        [CELL_FLAG] = OPTION_KIND_FLAG,     [CELL_COUNT] = OPTION_KIND_UINT,
        [CELL_REAL] = OPTION_KIND_DOUBLE,   [CELL_TIME] = OPTION_KIND_DURATION,
        [CELL_CHOICE] = OPTION_KIND_CHOICE, [CELL_TEXT] = OPTION_KIND_STRING,
    };
    return k->lists ? OPTION_KIND_STRING : kinds[k->kind];
}

/* The key as this program takes it. A copy, so that the tweaks of two programs do not both change
 * the table. */
static cell_key adapted(const cell_options *o, const cell_key *k)
{
    cell_key own = *k;
    const cell_tweak *t = tweak_of(o, k->name);
    own.lists = takes_several(o, k);
    if (t && t->initial)
        own.initial = *t->initial ? t->initial : NULL;
    if (t && t->shown)
        own.initial = t->shown;
    if (t && t->help)
        own.help = t->help;
    if (t && t->or_zero)
        own.flags |= CELL_OR_ZERO;
    return own;
}

static option_spec spec_of(cell_options *o, size_t i)
{
    const cell_key *k = &o->key[i];
    const char *help = k->help, *argument = k->argument;
    if (k->usage && o->usages < CELL_OPTION_USAGES && (!help || !tweak_of(o, k->name)))
        help = k->usage(o->usage[o->usages++]);
    if (k->lists) {
        snprintf(o->argument[i], sizeof o->argument[i], "%s%s...", argument ? argument : k->words,
                 k->flags & CELL_SEMICOLONS ? ";" : ",");
        argument = o->argument[i];
    }
    snprintf(o->name[i], sizeof o->name[i], "%s%s", is_negated(k) ? "no-" : "", k->name);
    return (option_spec){.name = o->name[i],
                         .kind = kind_of(k),
                         .value = &o->text[i],
                         .min = k->flags & CELL_OR_ZERO && k->min > 0 ? 0 : k->min,
                         .max = k->flags & CELL_OR_INF ? INFINITY : k->max,
                         .choices = k->words,
                         .argument = argument,
                         .help = help,
                         .check = check,
                         .context = k,
                         .initial = k->kind == CELL_FLAG ? NULL : k->initial};
}

size_t cell_options_specs(cell_options *o, option_spec *specs)
{
    size_t count = 0;
    for (size_t i = 0; i < cell_key_count; i++) {
        if (!cell_key_is_for(&cell_keys[i], o->program))
            continue;
        o->key[i] = adapted(o, &cell_keys[i]);
        specs[count++] = spec_of(o, i);
    }
    return count;
}

size_t cell_options_add(option_spec *specs, size_t count, const option_spec *own, size_t more)
{
    memcpy(specs + count, own, more * sizeof *own);
    return count + more;
}

static size_t index_of(const char *key)
{
    return (size_t)(cell_key_named(key) - cell_keys);
}

bool cell_options_given(const cell_options *o, const char *key)
{
    return o->text[index_of(key)] != NULL;
}

const char *cell_options_text(const cell_options *o, const char *key)
{
    size_t i = index_of(key);
    return o->text[i] ? o->text[i] : o->key[i].initial;
}

void cell_options_defaults(const cell_options *o, cell *c)
{
    for (size_t i = 0; i < o->tweak_count; i++) {
        size_t at = index_of(o->tweaks[i].key);
        const cell_key *k = &o->key[at];
        if (!k->lists && o->tweaks[i].initial && k->initial)
            cell_key_take_for_all(k, NULL, k->initial, c, NULL);
    }
}

int cell_options_apply(const cell_options *o, cell *c, err *e)
{
    for (size_t i = 0; i < cell_key_count; i++) {
        const cell_key *k = &o->key[i];
        char called[CELL_NAME_MAX + 2];
        if (!o->text[i] || k->lists)
            continue;
        snprintf(called, sizeof called, "--%s", o->name[i]);
        int status = cell_key_take_for_all(k, called, o->text[i], c, e);
        if (status != ERR_NONE)
            return status;
        if (is_negated(k))
            *(bool *)cell_key_member(k, c) ^= true; /* --no-genie=no is genie: yes */
    }
    return ERR_NONE;
}
