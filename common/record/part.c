/* Merges parts into reports.csv. They are mapped, not read, and only an index is sorted: 24 bytes
 * of memory per report. */
#include "record/part.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/file.h"

enum { PARTS_MAX = 64 };

typedef struct part {
    void *map;
    size_t bytes, count;
    const record_report *report;
} part;

typedef struct entry {
    uint64_t due_ns;
    uint32_t ue, seq;
    const record_report *report;
} entry;

static int map_part(part *p, const char *path, err *e)
{
    struct stat st;
    record_part_header head;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return err_set(e, ERR_IO, "%s: cannot be opened: %m", path);
    bool good = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size >= (off_t)sizeof head &&
                read(fd, &head, sizeof head) == sizeof head &&
                memcmp(head.magic, RECORD_PART_MAGIC, sizeof head.magic) == 0 &&
                head.size == sizeof(record_report);
    if (good) {
        p->bytes = (size_t)st.st_size;
        p->map = mmap(NULL, p->bytes, PROT_READ, MAP_PRIVATE, fd, 0);
    }
    close(fd);
    if (!good)
        return err_set(e, ERR_FORMAT, "%s: is not an agent's part of a record", path);
    if (p->map == MAP_FAILED) {
        p->map = NULL;
        return err_set(e, ERR_IO, "%s: cannot be mapped: %m", path);
    }
    p->report = (const record_report *)((const char *)p->map + sizeof head);
    p->count = (p->bytes - sizeof head) / sizeof(record_report);
    return ERR_NONE;
}

static int compare(const void *a, const void *b)
{
    const entry *x = a, *y = b;
    if (x->due_ns != y->due_ns)
        return x->due_ns < y->due_ns ? -1 : 1;
    if (x->ue != y->ue)
        return x->ue < y->ue ? -1 : 1;
    return (x->seq > y->seq) - (x->seq < y->seq);
}

static entry *sorted(const part *parts, size_t count, size_t *total, err *e)
{
    size_t all = 0, n = 0;
    for (size_t i = 0; i < count; i++)
        all += parts[i].count;
    entry *index = malloc((all + 1) * sizeof *index);
    *total = 0;
    if (!index) {
        err_set(e, ERR_NOMEM, "out of memory for %zu reports", all);
        return NULL;
    }
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < parts[i].count; k++) {
            const record_report *r = &parts[i].report[k];
            if (r->status < RECORD_STATUSES)
                index[n++] = (entry){r->due_ns, r->ue, r->seq, r};
        }
    }
    qsort(index, n, sizeof *index, compare);
    *total = n;
    return index;
}

static int write_csv(const record_merge *m, const entry *index, size_t count, const char *path,
                     err *e)
{
    file_writer *w = file_writer_open(path, e);
    if (!w)
        return ERR_IO;
    FILE *f = file_writer_stream(w);
    record_write_header(f);
    for (size_t i = 0; i < count && !ferror(f); i++) {
        record_write_report(f, index[i].report, m->groups, m->group_count);
        if (m->each)
            m->each(m->user, index[i].report);
    }
    return file_writer_close(w, e);
}

int record_merge_parts(const record_merge *m, const char *path, uint64_t *reports, err *e)
{
    part parts[PARTS_MAX] = {0};
    int status = ERR_NONE;
    size_t total = 0;
    entry *index = NULL;
    if (m->count > PARTS_MAX)
        return err_set(e, ERR_INVALID, "%zu parts; at most %d are allowed", m->count, PARTS_MAX);
    for (size_t i = 0; status == ERR_NONE && i < m->count; i++)
        status = map_part(&parts[i], m->parts[i], e);
    if (status == ERR_NONE && !(index = sorted(parts, m->count, &total, e)))
        status = ERR_NOMEM;
    if (status == ERR_NONE)
        status = write_csv(m, index, total, path, e);
    free(index);
    for (size_t i = 0; i < m->count; i++)
        if (parts[i].map)
            munmap(parts[i].map, parts[i].bytes);
    *reports = total;
    return status;
}
