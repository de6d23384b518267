/* Any bytes as a file of a record: reports.csv, events.jsonl, a scenario's or versions' facts. Each
 * is refused in one line or read; what is read of reports.csv is written and read again the same.
 */
#include "record/record.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int holds)
{
    if (!holds)
        abort();
}

static void require_one_line(const err *e)
{
    require(e->code != ERR_NONE && e->text[0] && !strchr(e->text, '\n'));
}

/* A file in memory, by a path. */
static int memory_file(const void *data, size_t size, char path[64])
{
    int fd = memfd_create("fuzz", 0);
    require(fd >= 0 && write(fd, data, size) == (ssize_t)size);
    snprintf(path, 64, "/proc/self/fd/%d", fd);
    return fd;
}

static void check_again(const record_report *r)
{
    char path[64], *text = NULL;
    size_t size;
    err e = {0};
    record_report again;
    FILE *f = open_memstream(&text, &size);
    require(f != NULL);
    record_write_header(f);
    record_write_report(f, r, NULL, 0);
    fclose(f);
    int fd = memory_file(text, size, path);
    record_reader *reader = record_reader_open(path, &e);
    require(reader && record_reader_next(reader, &again, &e) == 1);
    require(again.ue == r->ue && again.seq == r->seq && again.status == r->status &&
            again.due_ns == r->due_ns);
    record_reader_close(reader);
    close(fd);
    free(text);
}

static void read_reports(const uint8_t *data, size_t size)
{
    char path[64];
    err e = {0};
    record_report r;
    int fd = memory_file(data, size, path), status = 1;
    record_reader *reader = record_reader_open(path, &e);
    for (int i = 0; reader && (status = record_reader_next(reader, &r, &e)) == 1; i++)
        if (i == 0)
            check_again(&r);
    if (!reader || status < 0)
        require_one_line(&e);
    record_reader_close(reader);
    close(fd);
}

static void pass(void *user, const cJSON *event)
{
    (void)user;
    require(cJSON_IsObject(event));
}

static void read_events(const uint8_t *data, size_t size)
{
    char path[64];
    err e = {0};
    int fd = memory_file(data, size, path);
    if (record_events_read(path, pass, NULL, &e) != ERR_NONE)
        require_one_line(&e);
    close(fd);
}

static void read_facts(const uint8_t *data, size_t size)
{
    record_facts facts = {0};
    err e = {0};
    if (record_facts_of_yaml(&facts, (const char *)data, size, "fuzz", &e) != ERR_NONE)
        require_one_line(&e);
    record_facts_free(&facts);
    cJSON *json = cJSON_ParseWithLength((const char *)data, size);
    e = (err){0};
    if (json && record_facts_of_json(&facts, json, "fuzz", &e) != ERR_NONE)
        require_one_line(&e);
    record_facts_free(&facts);
    cJSON_Delete(json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const readers[])(const uint8_t *, size_t) = {read_reports, read_events,
                                                               read_facts};
    if (size == 0)
        return 0;
    readers[data[0] % 3](data + 1, size - 1);
    return 0;
}
