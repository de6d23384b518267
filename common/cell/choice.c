#include "cell/choice.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "fading/fading.h"

static const char *const stand_ins[] = {"universal", "indoor"};
enum { CANDIDATES = 1 + sizeof stand_ins / sizeof stand_ins[0] };

static size_t stem_length(const char *name)
{
    size_t length = strlen(name), tail = strlen(CHAIN_MODEL_AUTO);
    bool is_auto = length > tail && strcmp(name + length - tail, CHAIN_MODEL_AUTO) == 0;
    return is_auto ? length - tail : 0;
}

bool chain_model_is_auto(const char *name)
{
    return stem_length(name) > 0;
}

/* The scenario that all channels share; "universal" where they differ or have none. */
static const char *scenario_of(const char *const *channels, size_t count)
{
    const char *first = count ? fading_scenario(channels[0]) : NULL;
    for (size_t i = 1; first && i < count; i++) {
        const char *other = fading_scenario(channels[i]);
        if (!other || strcmp(first, other) != 0)
            first = NULL;
    }
    return first ? first : stand_ins[0];
}

int chain_choose_model(const char *name, codec_side side, const char *const *channels, size_t count,
                       chain_choice *choice, err *e)
{
    const char *scenario[CANDIDATES] = {scenario_of(channels, count), stand_ins[0], stand_ins[1]};
    int stem = (int)stem_length(name);
    for (size_t i = 0; i < CANDIDATES; i++) {
        int n = snprintf(choice->name, CODEC_NAME_MAX, "%.*s-%s", stem, name, scenario[i]);
        if (stem == 0 || n >= CODEC_NAME_MAX)
            return err_set(e, ERR_INVALID, "'%.100s' is not a model's name", name);
        if (i == 0)
            memcpy(choice->wanted, choice->name, CODEC_NAME_MAX);
        if (codec_exists(side, choice->name))
            return ERR_NONE;
    }
    return err_set(e, ERR_IO, "unknown model %s, and no model for %s or %s channels to replace it",
                   choice->wanted, stand_ins[0], stand_ins[1]);
}

/* A family by itself gets the default CR, where it has such a model and no model with its own
 * name. */
static bool choose_of_family(const char *name, const char *const *channels, size_t count,
                             chain_choice *choice)
{
    char full[CODEC_NAME_MAX];
    err ignored;
    int n = snprintf(full, sizeof full, "%s-cr%s%s", name, CHAIN_MODEL_CR, CHAIN_MODEL_AUTO);
    return *name && !cell_model_cr(name) && n > 0 && n < (int)sizeof full &&
           !codec_exists(CODEC_ENCODER, name) &&
           chain_choose_model(full, CODEC_ENCODER, channels, count, choice, &ignored) == ERR_NONE;
}

const char *chain_resolve_model(const char *name, const char *const *channels, size_t count,
                                char chosen[CODEC_NAME_MAX], err *e)
{
    chain_choice choice;
    if (!chain_model_is_auto(name)) {
        if (!choose_of_family(name, channels, count, &choice))
            return name;
        log_info("model %s names no CR and no scenario; using %s", name, choice.name);
        return memcpy(chosen, choice.name, sizeof choice.name);
    }
    if (chain_choose_model(name, CODEC_ENCODER, channels, count, &choice, e) != ERR_NONE)
        return NULL;
    if (strcmp(choice.name, choice.wanted) != 0)
        log_info("no model %s; using %s", choice.wanted, choice.name);
    return memcpy(chosen, choice.name, sizeof choice.name);
}

const char *chain_resolve_cell_model(const char *name, const cell *c, char chosen[CODEC_NAME_MAX],
                                     err *e)
{
    const char *channels[CELL_GROUPS_MAX];
    for (size_t i = 0; i < c->groups; i++)
        channels[i] = c->group[i].has.channel;
    return chain_resolve_model(name, channels, c->groups, chosen, e);
}
