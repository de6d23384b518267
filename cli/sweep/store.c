/* What is kept of a sweep: FOLDER/points.jsonl. Its first line tells what was asked for, each other
 * one a point that is done. A line that a crash cut short is as if it had never been. */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/json.h"
#include "json.h"
#include "store.h"

enum { STORE_BYTES_MAX = 1 << 28 };

/* One line, whole and on the disk when this returns; of one that a full disk cuts, nothing stays.
 */
static int add_line(sweep *s, cJSON *json, err *e)
{
    char *text = json_print_line(json);
    size_t length = text ? strlen(text) : 0, done = 0;
    if (text)
        text[length++] = '\n'; /* in place of its end */
    off_t before = lseek(s->store, 0, SEEK_END);
    ssize_t n = 1;
    while (done < length && n > 0)
        if ((n = write(s->store, text + done, length - done)) > 0)
            done += (size_t)n;
    free(text);
    if (length && done == length && fsync(s->store) == 0)
        return ERR_NONE;
    err_set(e, ERR_IO, "cannot write %s/points.jsonl: %m", s->options->out);
    (void)!ftruncate(s->store, before); /* the lock makes this the only writer */
    return ERR_IO;
}

int sweep_keep(sweep *s, const sweep_point *p, err *e)
{
    cJSON *json = sweep_point_json(p);
    json_add_number(json, "point", (double)(p - s->point));
    int status = add_line(s, json, e);
    cJSON_Delete(json);
    return status;
}

/* The first curve of one that the other has not; NULL without any. */
static const cJSON *odd_one(const cJSON *one, const cJSON *other)
{
    for (const cJSON *a = one->child; a; a = a->next) {
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
                   cJSON_IsString(odd) ? odd->valuestring : "its curves in another order");
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

/* Whether a folder's first line asks for this sweep. */
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
        return err_set(e, ERR_FORMAT, "a point that is there twice");
    p->done = true;
    return sweep_point_read(json, p, e);
}

static int read_line(sweep *s, const char *line, const char *asked, size_t number, err *e)
{
    cJSON *json = json_parse(NULL, line, strlen(line), e);
    int status = json ? ERR_NONE : ERR_FORMAT;
    if (json && number == 1) {
        status = check_asked(s, json, asked, e);
        cJSON_Delete(json);
        return status;
    }
    if (json)
        status = read_point(s, json, e);
    cJSON_Delete(json);
    return status == ERR_NONE ? status
                              : err_prefix(e, "%s/points.jsonl:%zu", s->options->out, number);
}

/* What is behind the last whole line goes. */
static int read_lines(sweep *s, char *text, size_t size, const char *asked, size_t *lines, err *e)
{
    size_t whole = size;
    while (whole > 0 && text[whole - 1] != '\n')
        whole--;
    text[whole] = '\0';
    int status = ERR_NONE;
    *lines = 0;
    for (char *at = text, *line; status == ERR_NONE && (line = strsep(&at, "\n")) && *line;)
        status = read_line(s, line, asked, ++*lines, e);
    if (status == ERR_NONE && ftruncate(s->store, (off_t)whole) != 0)
        status = err_set(e, ERR_IO, "cannot write %s/points.jsonl: %m", s->options->out);
    return status;
}

static int read_store(sweep *s, const char *asked, size_t *lines, err *e)
{
    struct stat st;
    if (fstat(s->store, &st) != 0 || st.st_size > STORE_BYTES_MAX)
        return err_set(e, ERR_IO, "cannot read %s/points.jsonl", s->options->out);
    char *text = malloc((size_t)st.st_size + 1);
    if (!text)
        return err_set(e, ERR_NOMEM, "no memory for %s/points.jsonl", s->options->out);
    ssize_t n = pread(s->store, text, (size_t)st.st_size, 0);
    int status = n == st.st_size
                     ? read_lines(s, text, (size_t)n, asked, lines, e)
                     : err_set(e, ERR_IO, "cannot read %s/points.jsonl", s->options->out);
    free(text);
    return status;
}

static int open_file(sweep *s, err *e)
{
    char path[PATH_MAX];
    const char *folder = s->options->out;
    if ((size_t)snprintf(path, sizeof path, "%s/points.jsonl", folder) >= sizeof path)
        return err_set(e, ERR_INVALID, "--out: the path '%.64s...' is too long", folder);
    if (mkdir(folder, 0777) != 0 && errno != EEXIST)
        return err_set(e, ERR_IO, "cannot make the folder %s: %m", folder);
    s->store = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (s->store < 0)
        return err_set(e, ERR_IO, "cannot write %s: %m", path);
    if (flock(s->store, LOCK_EX | LOCK_NB) != 0)
        return err_set(e, ERR_STATE, "another sweep is at work in %s", folder);
    return ERR_NONE;
}

int sweep_open_store(sweep *s, err *e)
{
    size_t lines = 0;
    cJSON *asked = sweep_asked(s);
    char *text = asked ? json_print_line(asked) : NULL;
    int status = text ? open_file(s, e) : err_set(e, ERR_NOMEM, "no memory for a sweep");
    if (status == ERR_NONE)
        status = read_store(s, text, &lines, e);
    if (status == ERR_NONE && lines == 0)
        status = add_line(s, asked, e);
    free(text);
    cJSON_Delete(asked);
    return status;
}
