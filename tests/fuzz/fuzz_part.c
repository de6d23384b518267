/* Any bytes as the parts that agents leave of a run, which become reports.csv: refused in one line,
 * or a file that the reader of reports.csv reads to its end.
 *
 * Reports are pieces of the input behind its first byte; that chooses whether the header is right.
 */
#include "fuzz.h"

#include "record/part.h"

static int hidden_file(const void *data, size_t size, char path[FUZZ_PATH_MAX])
{
    int fd = memfd_create("fuzz", MFD_CLOEXEC);
    snprintf(path, FUZZ_PATH_MAX, "/proc/self/fd/%d", fd);
    require(fd >= 0 && (size == 0 || write(fd, data, size) == (ssize_t)size));
    return fd;
}

static void each(void *user, const record_report *r)
{
    ++*(uint64_t *)user;
    require(r->status < RECORD_STATUSES);
}

/* What is written is what a record is read from. */
static void read_csv(const char *path, uint64_t reports)
{
    err e = {0};
    record_report r;
    uint64_t read = 0;
    int status;
    record_reader *reader = record_reader_open(path, &e);
    require(reader != NULL);
    while ((status = record_reader_next(reader, &r, &e)) == 1)
        read++;
    if (status < 0)
        fuzz_check_error(&e); /* a time or figure that no agent writes */
    else
        require(read == reports);
    record_reader_close(reader);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const record_group groups[] = {{"near", 0, 4, 8, 256}, {"far", 4, 4, 0, 0}};
    record_part_header head = {RECORD_PART_MAGIC, sizeof(record_report)};
    char in[FUZZ_PATH_MAX], out[FUZZ_PATH_MAX];
    if (size == 0)
        return 0;
    memcpy(head.magic, RECORD_PART_MAGIC, sizeof head.magic);
    bool whole = data[0] != '!';
    uint8_t *part = malloc(sizeof head + size);
    require(part != NULL);
    if (whole)
        memcpy(part, &head, sizeof head);
    size_t used = whole ? sizeof head : 0;
    memcpy(part + used, data + 1, size - 1);
    int from = hidden_file(part, used + size - 1, in), to = hidden_file(NULL, 0, out);
    const char *const parts[] = {in, in};
    uint64_t called = 0, reports = 0;
    record_merge merge = {parts, 2, groups, 2, each, &called};
    err e = {0};
    if (record_merge_parts(&merge, out, &reports, &e) != ERR_NONE) {
        fuzz_check_error(&e);
    } else {
        require(called == reports && reports % 2 == 0);
        read_csv(out, reports);
    }
    free(part);
    close(from);
    close(to);
    return 0;
}
