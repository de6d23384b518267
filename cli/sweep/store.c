/* The stored state of a sweep: FOLDER/points.jsonl. Its first line has the settings, each other
 * line a finished point. A line that a crash cut short is dropped. */
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/ui/lines.h"
#include "io/json.h"
#include "json.h"
#include "store.h"

/* Cuts a folder's name that leaves no room for the file's name. */
static const char *path_of(const sweep *s, char path[PATH_MAX])
{
    snprintf(path, PATH_MAX, "%.*s/points.jsonl", PATH_MAX - 16, s->options->out);
    return path;
}

static int add_line(sweep *s, const cJSON *json, err *e)
{
    char path[PATH_MAX], *text = json_print_line(json);
    int status = text ? lines_add(s->store, path_of(s, path), text, e)
                      : err_set(e, ERR_NOMEM, "no memory for a sweep");
    free(text);
    return status;
}

int sweep_keep(sweep *s, const sweep_point *p, err *e)
{
    cJSON *json = sweep_point_json(p);
    json_add_number(json, "point", (double)(p - s->point));
    int status = add_line(s, json, e);
    cJSON_Delete(json);
    return status;
}

/* The first curve of one sweep that the other does not have; NULL if there is none. */
static const cJSON *odd_one(const cJSON *one, const cJSON *other)
{
    /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): both are objects */
    for (const cJSON *a = one->child; a; a = a->next) {
        /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): as above */
        const cJSON *b = other->child;
        while (b && !cJSON_Compare(a, b, true))
            b = b->next;
        if (!b)
            return a;
    }
    return NULL;
}

static int refuse_curves(const sweep *s, const cJSON *kept, const cJSON *asked, err *e)
{
    const cJSON *fresh = odd_one(asked, kept), *odd = fresh ? fresh : odd_one(kept, asked);
    return err_set(e, ERR_STATE,
                   "%s holds another sweep, %s %.200s; give another --out, or remove that folder",
                   s->options->out, fresh ? "without" : "with",
                   cJSON_IsString(odd) ? odd->valuestring : "its curves are in another order");
}

static int refuse(const sweep *s, const cJSON *kept, const cJSON *asked, err *e)
{
    if (cJSON_IsArray(kept) && cJSON_IsArray(asked))
        return refuse_curves(s, kept, asked, e);

    char *was = json_print_line(kept), *is = json_print_line(asked);
    err_set(e, ERR_STATE,
            "%s holds another sweep: its '%s' is %.120s, not %.120s; give another --out, or remove "
            "that folder",
            s->options->out, asked->string, was ? was : "missing", is ? is : "?");
    free(was);
    free(is);
    return ERR_STATE;
}

/* True if the first line of the folder's file has the settings of this sweep. */
static int check_asked(const sweep *s, const cJSON *kept, const char *asked_text, err *e)
{
    cJSON *asked = json_parse(NULL, asked_text, strlen(asked_text), NULL);
    int status = asked ? ERR_NONE : err_set(e, ERR_NOMEM, "no memory for a sweep");
    const cJSON *item = asked ? asked->child : NULL;
    for (; status == ERR_NONE && item; item = item->next) {
        const cJSON *other = cJSON_GetObjectItemCaseSensitive(kept, item->string);
        if (!other || !cJSON_Compare(item, other, true))
            status = refuse(s, other, item, e);
    }
    cJSON_Delete(asked);
    return status;
}

static int read_point(sweep *s, const cJSON *json, err *e)
{
    double number = json_get_number(json, "point");
    if (!(number >= 0 && number < (double)s->count && number == floor(number)))
        return err_set(e, ERR_FORMAT, "not a point of this sweep");
    sweep_point *p = &s->point[(size_t)number];
    if (p->done)
        return err_set(e, ERR_FORMAT, "a point listed twice");
    p->done = true;
    return sweep_point_read(json, p, e);
}

typedef struct reading {
    sweep *s;
    const char *asked;
} reading;

static int read_line(void *user, const char *line, size_t number, err *e)
{
    const reading *r = user;
    cJSON *json = json_parse(NULL, line, strlen(line), e);
    int status = json ? ERR_NONE : ERR_FORMAT;
    if (json)
        status = number == 1 ? check_asked(r->s, json, r->asked, e) : read_point(r->s, json, e);
    cJSON_Delete(json);
    return status;
}

static int open_file(sweep *s, err *e)
{
    char path[PATH_MAX], busy[ERR_TEXT_MAX];
    const char *folder = s->options->out;
    if (strlen(folder) > PATH_MAX - 16)
        return err_set(e, ERR_INVALID, "--out: the path '%.64s...' is too long", folder);
    if (mkdir(folder, 0777) != 0 && errno != EEXIST)
        return err_set(e, ERR_IO, "cannot make the folder %s: %m", folder);
    snprintf(busy, sizeof busy, "another sweep is writing to %s", folder);
    return lines_open(path_of(s, path), busy, &s->store, e);
}

int sweep_open_store(sweep *s, err *e)
{
    char path[PATH_MAX];
    size_t lines = 0;
    cJSON *asked = sweep_asked(s);
    char *text = asked ? json_print_line(asked) : NULL;
    int status = text ? open_file(s, e) : err_set(e, ERR_NOMEM, "no memory for a sweep");
    if (status == ERR_NONE)
        status = lines_read(s->store, path_of(s, path), read_line, &(reading){s, text}, &lines, e);
    if (status == ERR_NONE && lines == 0)
        status = add_line(s, asked, e);
    free(text);
    cJSON_Delete(asked);
    return status;
}
