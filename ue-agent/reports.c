#include "reports.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"

static const uint64_t wait_ns = 1000000000u;

typedef struct block {
    struct block *next;
    size_t count;
    record_report report[REPORTS_BLOCK];
} block;

struct reports {
    uv_loop_t *loop;
    const char *path;
    uint32_t every;
    int fd;
    block *filling;             /* NULL: none yet */
    block *first, *last;        /* full, in order; the first one is being written */
    block *unused;              /* kept, so that a steady run allocates nothing */
    size_t blocks;              /* blocks in all */
    size_t done;                /* bytes of the first block already written */
    bool writing, failed, full; /* full: the log has said so */
    uint64_t flushed_ns, lost;
    uv_fs_t request;
};

reports *reports_open(uv_loop_t *loop, const char *path, uint32_t every, err *e)
{
    record_part_header head = {.magic = RECORD_PART_MAGIC, .size = sizeof(record_report)};
    reports *r = calloc(1, sizeof *r);
    if (!r) {
        err_set(e, ERR_NOMEM, "out of memory for the reports' record");
        return NULL;
    }
    *r = (reports){.loop = loop, .path = path, .every = every ? every : 1};
    r->fd = open(path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0666);
    if (r->fd >= 0 && write(r->fd, &head, sizeof head) == sizeof head)
        return r;
    err_set(e, ERR_IO, "%s: cannot be written: %m", path);
    if (r->fd >= 0)
        close(r->fd);
    free(r);
    return NULL;
}

bool reports_wants(const reports *r, uint32_t seq)
{
    return r && seq % r->every == 0;
}

/* Stops writing. Waiting reports are lost, too. */
static void fail(reports *r, const char *why)
{
    log_error("%s: cannot be written: %s; reports from here on are not recorded, the link "
              "continues",
              r->path, why);
    r->failed = true;
    for (block *b = r->first; b; b = b->next)
        r->lost += b->count;
    r->lost -= r->done / sizeof(record_report); /* the part of the first block already written */
}

static void release_first(reports *r)
{
    block *b = r->first;
    r->first = b->next;
    if (!r->first)
        r->last = NULL;
    b->next = r->unused;
    r->unused = b;
    r->done = 0;
}

static void write_on(reports *r);

static void on_written(uv_fs_t *request)
{
    reports *r = request->data;
    ssize_t n = request->result;
    uv_fs_req_cleanup(request);
    r->writing = false;
    if (n <= 0)
        fail(r, n < 0 ? uv_strerror((int)n) : "nothing was written");
    else if ((r->done += (size_t)n) == r->first->count * sizeof(record_report))
        release_first(r);
    write_on(r);
}

static void write_on(reports *r)
{
    while (r->failed && !r->writing && r->first)
        release_first(r);
    if (r->writing || !r->first)
        return;
    uv_buf_t buffer = uv_buf_init((char *)r->first->report + r->done,
                                  (unsigned)(r->first->count * sizeof(record_report) - r->done));
    r->request.data = r;
    r->writing = true;
    int status = uv_fs_write(r->loop, &r->request, r->fd, &buffer, 1, -1, on_written);
    if (status >= 0)
        return;
    r->writing = false;
    fail(r, uv_strerror(status));
    write_on(r);
}

/* Queues the current block behind the waiting ones. */
static void hand_over(reports *r)
{
    block *b = r->filling;
    r->filling = NULL;
    b->next = NULL;
    if (r->last)
        r->last->next = b;
    else
        r->first = b;
    r->last = b;
    write_on(r);
}

static block *fresh_block(reports *r)
{
    block *b = r->unused;
    if (b) {
        r->unused = b->next;
    } else if (r->blocks < REPORTS_BLOCKS_MAX && (b = malloc(sizeof *b))) {
        r->blocks++;
    } else if (!r->full) {
        r->full = true;
        log_error("%s: the disk does not keep up; some reports are not recorded, the link "
                  "continues",
                  r->path);
    }
    if (b) {
        b->next = NULL;
        b->count = 0;
    }
    return b;
}

void reports_add(reports *r, const record_report *report)
{
    if (!r->filling && !r->failed)
        r->filling = fresh_block(r);
    if (!r->filling || r->failed) {
        r->lost++;
        return;
    }
    r->filling->report[r->filling->count++] = *report;
    if (r->filling->count == REPORTS_BLOCK)
        hand_over(r);
}

void reports_add_answered(reports *r, const chain_outcome *outcome)
{
    if (!reports_wants(r, outcome->seq))
        return;
    record_report report = record_report_answered(outcome);
    reports_add(r, &report);
}

void reports_tick(reports *r, uint64_t now_ns)
{
    if (!r || now_ns - r->flushed_ns < wait_ns)
        return;
    r->flushed_ns = now_ns;
    if (r->filling && r->filling->count && !r->failed)
        hand_over(r);
}

static void free_blocks(block *b)
{
    for (block *next; b; b = next) {
        next = b->next;
        free(b);
    }
}

uint64_t reports_close(reports *r)
{
    if (!r)
        return 0;
    if (r->filling && r->failed)
        r->lost += r->filling->count;
    else if (r->filling && r->filling->count)
        hand_over(r);
    while (r->writing)
        uv_run(r->loop, UV_RUN_ONCE);
    if (close(r->fd) != 0 && !r->failed)
        log_error("%s: cannot be written: %m", r->path);
    uint64_t lost = r->lost;
    free_blocks(r->filling);
    free_blocks(r->unused);
    free(r);
    return lost;
}
