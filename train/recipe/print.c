#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "train/recipe/keys.h"
#include "train/recipe/recipe.h"

/* The fewest digits that read back as the same number. */
static void print_real(double v, FILE *to)
{
    char text[40];
    for (int digits = 6; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, v);
        if (strtod(text, NULL) == v)
            break;
    }
    fputs(text, to);
}

/* Between single quotes YAML needs only the quote itself doubled. */
static void print_text(const char *text, FILE *to)
{
    fputc('\'', to);
    for (; *text; text++) {
        if (*text == '\'')
            fputc('\'', to);
        fputc(*text, to);
    }
    fputc('\'', to);
}

static void print_choice(const recipe_key *k, const void *member, FILE *to)
{
    int at;
    memcpy(&at, member, sizeof at);
    const char *c = k->choices;
    while (at-- > 0)
        c = strchr(c, '|') + 1;
    fprintf(to, "%.*s", (int)strcspn(c, "|"), c);
}

static void print_count(const recipe_key *k, const void *member, FILE *to)
{
    uint64_t wide = 0;
    uint32_t narrow = 0;
    memcpy(k->size == sizeof wide ? (void *)&wide : &narrow, member, k->size);
    fprintf(to, "%" PRIu64, k->size == sizeof wide ? wide : narrow);
}

static void print_checks(const train_config *c, FILE *to)
{
    for (size_t i = 0; i < c->checks; i++) {
        fputs(i ? ", " : "[", to);
        print_real(c->check_snr_db[i], to);
    }
    fputc(']', to);
}

static void print_value(const train_recipe *r, const recipe_key *k, FILE *to)
{
    const void *member = (const char *)r + k->offset;
    switch (k->kind) {
    case RECIPE_TEXT:
        print_text(*(char *const *)member, to);
        break;
    case RECIPE_WORD:
        print_text(member, to);
        break;
    case RECIPE_COUNT:
        print_count(k, member, to);
        break;
    case RECIPE_REAL:
    case RECIPE_DURATION:
        print_real(*(const double *)member, to);
        break;
    case RECIPE_BOOL:
        fputs(*(const bool *)member ? "yes" : "no", to);
        break;
    case RECIPE_CHOICE:
        print_choice(k, member, to);
        break;
    case RECIPE_CHECKS:
        print_checks(&r->config, to);
        break;
    }
}

/* A completed recipe has samples, not epochs, and the time limit belongs to a call. Quantization
 * keys and sequence keys are printed only where they are in use. */
static bool is_printed(const train_recipe *r, size_t key)
{
    bool quantized = r->config.quantize.scheme != GRAD_UNQUANTIZED;
    if (strncmp(recipe_keys[key].path, "quantize.", strlen("quantize.")) == 0 && !quantized)
        return false;
    bool sequences = r->config.feed.reports > 1;
    if (strncmp(recipe_keys[key].path, "sequence.", strlen("sequence.")) == 0 && !sequences)
        return false;
    if ((key == RECIPE_QUANTIZE_SKIP && !r->skip) || (key == RECIPE_QUANTIZE_WIDE && !r->wide))
        return false;
    if (key == RECIPE_EPOCHS || key == RECIPE_EPOCH || key == RECIPE_TIME)
        return false;
    if (key == RECIPE_LAMBDA && !(r->config.objective.lambda > 0))
        return false;
    if (key == RECIPE_WEIGHTS && !r->weights)
        return false;
    return !(key == RECIPE_ARCHITECTURE && !r->architecture) && !(key == RECIPE_START && !r->start);
}

static void print_sources(const train_recipe *r, FILE *to)
{
    fprintf(to, "sources:\n");
    for (int i = 0; i < r->config.feed.n_sources; i++) {
        const train_source *s = &r->config.feed.sources[i];
        fprintf(to, "  - {channel: ");
        print_text(s->channel, to);
        fprintf(to, ", carrier: ");
        print_real(s->carrier_hz, to);
        fprintf(to, ", weight: ");
        print_real(s->weight, to);
        if (s->speed_kmh > 0) {
            fprintf(to, ", speed: ");
            print_real(s->speed_kmh, to);
        }
        fprintf(to, "}\n");
    }
}

void train_recipe_print(const train_recipe *r, FILE *to)
{
    char section[32] = "";
    for (size_t i = 0; i < RECIPE_KEYS; i++) {
        const char *path = recipe_keys[i].path, *dot = strchr(path, '.');
        size_t length = dot ? (size_t)(dot - path) : 0;
        if (!is_printed(r, i))
            continue;
        if (dot && (strlen(section) != length || strncmp(section, path, length) != 0)) {
            snprintf(section, sizeof section, "%.*s", (int)length, path);
            fprintf(to, "%s:\n", section);
        }
        fprintf(to, "%s%s: ", dot ? "  " : "", dot ? dot + 1 : path);
        print_value(r, &recipe_keys[i], to);
        fputc('\n', to);
    }
    print_sources(r, to);
}
