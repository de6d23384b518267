#include <math.h>
#include <stdio.h>

#include "base/decibel.h"
#include "cli/ui/output.h"
#include "compare.h"
#include "io/json.h"

double db_of_mean(portrait_mean m)
{
    return fmax(db_of_power(m.mean), -200);
}

/* The standard error, in dB about the mean. */
static double error_db(portrait_mean m)
{
    return m.mean > 0 ? 10 / log(10) * m.error / m.mean : 0;
}

/* --- text ------------------------------------------------------------------------------------- */

void compare_print_head(const targets *t, bool judged)
{
    if (!t->title[0])
        return;
    printf("compared with %s\n", t->title);
    if (t->source[0])
        printf("  source: %s\n", t->source);
    if (judged)
        printf("  a critic's NMSE agrees within %g dB\n", t->nmse_within_db);
    printf("  a sparsity agrees within %g dB\n\n", t->kept_within_db);
}

typedef struct tally {
    size_t met, of;
} tally;

/* Prints one line, with the target and the difference if there is a target. */
static void print_line(const char *what, portrait_mean m, double target, double within, tally *n)
{
    double db = db_of_mean(m);
    printf("  %-36s %8.2f +- %.2f", what, db, error_db(m));
    if (isfinite(target)) {
        bool met = fabs(db - target) <= within;
        n->of++;
        n->met += met;
        printf("  target %7.2f  %+6.2f%s", target, db - target, met ? "" : "  missed");
    }
    printf("\n");
}

static void print_distance(const char *what, const target_axis *axis, const target_axis *target)
{
    double distance = portrait_distance(axis, target);
    if (isfinite(distance))
        printf("  %4.1f %% of the power is at other %s than in the target (%zu to %zu compared)\n",
               100 * distance, what, target->first, target->first + target->count - 1);
}

static double sum_of(const target_axis *a)
{
    double sum = 0;
    for (size_t i = 0; i < a->count; i++)
        sum += a->power[i];
    return sum;
}

static void print_axis(const char *title, const target_axis *axis, const target_axis *target)
{
    double whole = sum_of(axis), wanted = sum_of(target);
    printf("  %s, %% of the power%s\n", title, target->count ? ", and the target's" : "");
    for (size_t i = 0; i < axis->count; i++) {
        printf("    %3zu %7.3f", i, 100 * axis->power[i] / whole);
        if (i >= target->first && i < target->first + target->count)
            printf(" %7.3f", 100 * target->power[i - target->first] / wanted);
        printf("\n");
    }
}

void compare_print(const targets *t, const comparison *c, bool judged, bool axes)
{
    const portrait *p = &c->portrait;
    tally critics = {0}, kept = {0};
    char what[TARGET_NAME_MAX + 32];
    printf("%s: %zu samples; NMSE in dB +- standard error\n", c->name, p->samples);
    for (size_t i = 0; judged && i < t->critics; i++) {
        snprintf(what, sizeof what, "%s", t->critic[i].name);
        print_line(what, c->nmse[i], t->critic[i].nmse_db, t->nmse_within_db, &critics);
    }
    for (size_t i = 0; i < t->kept; i++) {
        snprintf(what, sizeof what, "keeping the %zu strongest entries", t->keep[i].entries);
        double target = t->keep[i].nmse_db;
        print_line(what, p->lost[i], target, t->kept_within_db, &kept);
    }
    print_distance("delay taps", &p->tap, &t->tap);
    print_distance("angles", &p->angle, &t->angle);
    if (axes) {
        print_axis("delay taps", &p->tap, &t->tap);
        print_axis("angles", &p->angle, &t->angle);
    }
    if (critics.of > 0)
        printf("  critics that agree: %zu of %zu\n", critics.met, critics.of);
    if (kept.of > 0)
        printf("  sparsities that agree: %zu of %zu\n", kept.met, kept.of);
    printf("\n");
}

/* --- JSON ------------------------------------------------------------------------------------- */

static void add_figure(cJSON *to, portrait_mean m, double target)
{
    json_add_number(to, "nmse_db", db_of_mean(m));
    json_add_number(to, "error_db", error_db(m));
    if (isfinite(target))
        json_add_number(to, "target_db", target);
}

static void add_axis(cJSON *to, const char *name, const target_axis *axis,
                     const target_axis *target)
{
    cJSON *object = cJSON_AddObjectToObject(to, name);
    cJSON *shares = cJSON_AddArrayToObject(object, "share");
    double whole = sum_of(axis), distance = portrait_distance(axis, target);
    for (size_t i = 0; i < axis->count; i++)
        cJSON_AddItemToArray(shares, json_number(axis->power[i] / whole));
    if (isfinite(distance))
        json_add_number(object, "elsewhere", distance);
}

static cJSON *comparison_json(const targets *t, const comparison *c, bool judged)
{
    cJSON *root = cJSON_CreateObject();
    cJSON_AddStringToObject(root, "set", c->name);
    json_add_number(root, "samples", (double)c->portrait.samples);
    json_add_number(root, "power", c->portrait.power);
    cJSON *critics = cJSON_AddObjectToObject(root, "critics");
    for (size_t i = 0; judged && i < t->critics; i++)
        add_figure(cJSON_AddObjectToObject(critics, t->critic[i].name), c->nmse[i],
                   t->critic[i].nmse_db);
    cJSON *kept = cJSON_AddArrayToObject(root, "kept");
    for (size_t i = 0; i < t->kept; i++) {
        cJSON *object = cJSON_CreateObject();
        json_add_number(object, "entries", (double)t->keep[i].entries);
        add_figure(object, c->portrait.lost[i], t->keep[i].nmse_db);
        cJSON_AddItemToArray(kept, object);
    }
    add_axis(root, "tap", &c->portrait.tap, &t->tap);
    add_axis(root, "angle", &c->portrait.angle, &t->angle);
    return root;
}

void compare_print_json(const targets *t, const comparison *all, size_t count, bool judged)
{
    cJSON *root = cJSON_CreateObject();
    if (t->title[0])
        cJSON_AddStringToObject(root, "to", t->title);
    cJSON *list = cJSON_AddArrayToObject(root, "compared");
    for (size_t i = 0; i < count; i++)
        cJSON_AddItemToArray(list, comparison_json(t, &all[i], judged));
    output_json(root);
}
