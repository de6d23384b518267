/* A zip archive ends in a directory of its entries (PKWARE's APPNOTE, sections 4.3 and 4.5); sizes
 * and offsets are read there. numpy.savez writes the local headers in the 64-bit form. */
#include "io/npz.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <zlib.h>

#include "io/mat_internal.h"
#include "io/npy_stream.h"

enum {
    END_BYTES = 22,           /* end of central directory, without its comment */
    COMMENT_MAX = UINT16_MAX, /* which follows it */
    LOCATOR_BYTES = 20,       /* of the 64-bit form, before it */
    END64_BYTES = 56,
    ENTRY_BYTES = 46,         /* of the directory, without name, extra and comment */
    LOCAL_BYTES = 30,         /* of the header in front of the data */
    DIRECTORY_MAX = 16 << 20, /* 16 MiB: some 200,000 names */
    INPUT_BYTES = 1 << 16,
    STORED = 0,
    DEFLATED = 8,
    ENCRYPTED = 1,
};

typedef struct npz_entry {
    uint64_t at, packed, bytes; /* of the local header; sizes in the file and unpacked */
    uint32_t sum;
    unsigned method, flags;
} npz_entry;

static uint64_t whole_at(const unsigned char *at, int bytes)
{
    uint64_t x = 0;
    for (int i = bytes; i-- > 0;)
        x = x << 8 | at[i];
    return x;
}

static bool read_at(FILE *f, uint64_t at, void *to, size_t n)
{
    return at <= INT64_MAX && fseeko(f, (off_t)at, SEEK_SET) == 0 && fread(to, 1, n, f) == n;
}

/* --- the directory -----------------------------------------------------------------------------
 */

/* Finds the directory, from the record at the file's end or its 64-bit form. */
static bool find_directory(FILE *f, uint64_t size, uint64_t *at, uint64_t *bytes)
{
    size_t n = size < END_BYTES + COMMENT_MAX ? (size_t)size : END_BYTES + COMMENT_MAX;
    unsigned char *tail = malloc(n + 1), other[END64_BYTES];
    bool found = false;
    if (tail && n >= END_BYTES && read_at(f, size - n, tail, n))
        for (size_t i = n - END_BYTES + 1; !found && i-- > 0;) {
            found = memcmp(tail + i, "PK\5\6", 4) == 0 &&
                    whole_at(tail + i + 20, 2) == n - END_BYTES - i;
            uint64_t end = size - n + i;
            if (!found)
                continue;
            *bytes = whole_at(tail + i + 12, 4);
            *at = whole_at(tail + i + 16, 4);
            if (*at == UINT32_MAX && end >= LOCATOR_BYTES &&
                read_at(f, end - LOCATOR_BYTES, other, LOCATOR_BYTES) &&
                memcmp(other, "PK\6\7", 4) == 0 &&
                read_at(f, whole_at(other + 8, 8), other, END64_BYTES) &&
                memcmp(other, "PK\6\6", 4) == 0) {
                *bytes = whole_at(other + 40, 8);
                *at = whole_at(other + 48, 8);
            }
        }
    free(tail);
    return found && *at <= size && *bytes <= size - *at && *bytes <= DIRECTORY_MAX;
}

/* Sizes and an offset that do not fit into 32 bits are in the extra field of kind 1, in this order.
 */
static bool take_large_numbers(const unsigned char *extra, size_t n, npz_entry *entry)
{
    uint64_t *const large[] = {&entry->bytes, &entry->packed, &entry->at};
    while (n >= 4) {
        size_t kind = (size_t)whole_at(extra, 2), length = (size_t)whole_at(extra + 2, 2);
        if (length > n - 4)
            return false;
        const unsigned char *from = extra + 4, *end = from + length;
        for (int i = 0; kind == 1 && i < 3; i++) {
            if (*large[i] != UINT32_MAX)
                continue;
            if (end - from < 8)
                return false;
            *large[i] = whole_at(from, 8);
            from += 8;
        }
        extra += 4 + length;
        n -= 4 + length;
    }
    return true;
}

/* Looks for "variable.npy", or "variable"; false for a damaged directory. */
static bool find_entry(const unsigned char *directory, size_t n, const char *variable,
                       npz_entry *entry, bool *found, char names[MAT_NAMES_MAX])
{
    while (n >= ENTRY_BYTES && !*found) {
        size_t name = (size_t)whole_at(directory + 28, 2);
        size_t extra = (size_t)whole_at(directory + 30, 2);
        size_t all = ENTRY_BYTES + name + extra + (size_t)whole_at(directory + 32, 2);
        if (memcmp(directory, "PK\1\2", 4) != 0 || all > n)
            return false;
        *entry = (npz_entry){.flags = (unsigned)whole_at(directory + 8, 2),
                             .method = (unsigned)whole_at(directory + 10, 2),
                             .sum = (uint32_t)whole_at(directory + 16, 4),
                             .packed = whole_at(directory + 20, 4),
                             .bytes = whole_at(directory + 24, 4),
                             .at = whole_at(directory + 42, 4)};
        char text[MAT_NAMES_MAX];
        snprintf(text, sizeof text, "%.*s", (int)(name < 255 ? name : 255),
                 (const char *)directory + ENTRY_BYTES);
        size_t length = strlen(text);
        if (length > 4 && strcmp(text + length - 4, ".npy") == 0)
            text[length - 4] = '\0';
        *found = strcmp(text, variable) == 0;
        if (!take_large_numbers(directory + ENTRY_BYTES + name, extra, entry))
            return false;
        if (!*found)
            mat_append_name(names, text);
        directory += all;
        n -= all;
    }
    return true;
}

/* --- an entry ----------------------------------------------------------------------------------
 */

typedef struct npz_source {
    FILE *f;
    uint64_t left; /* packed bytes still in the file */
    uint32_t sum;  /* checksum of the bytes read so far */
    bool packed;
    z_stream zlib;
    unsigned char in[INPUT_BYTES];
} npz_source;

static bool inflate_next(npz_source *s, unsigned char *to, size_t n)
{
    s->zlib.next_out = to;
    s->zlib.avail_out = (uInt)n;
    while (s->zlib.avail_out > 0) {
        if (s->zlib.avail_in == 0 && s->left > 0) {
            size_t step = s->left < INPUT_BYTES ? (size_t)s->left : INPUT_BYTES;
            if (fread(s->in, 1, step, s->f) != step)
                return false;
            s->zlib.next_in = s->in;
            s->zlib.avail_in = (uInt)step;
            s->left -= step;
        }
        int rc = inflate(&s->zlib, Z_NO_FLUSH);
        if (rc != Z_OK && !(rc == Z_STREAM_END && s->zlib.avail_out == 0))
            return false;
    }
    return true;
}

/* Callers read at most a few blocks at a time, so n fits into zlib's counters. */
static bool take_of_entry(void *from, void *to, size_t n)
{
    npz_source *s = from;
    bool taken = s->packed ? inflate_next(s, to, n) : n <= s->left && fread(to, 1, n, s->f) == n;
    if (!taken)
        return false;
    if (!s->packed)
        s->left -= n;
    s->sum = (uint32_t)crc32(s->sum, to, (uInt)n);
    return true;
}

static int read_entry(FILE *f, uint64_t size, const npz_entry *entry, mat_array *out, err *e)
{
    unsigned char local[LOCAL_BYTES];
    if ((entry->flags & ENCRYPTED) || (entry->method != STORED && entry->method != DEFLATED))
        return err_set(e, ERR_UNSUPPORTED,
                       "is encrypted, or packed by another method than deflate; write it with "
                       "numpy.savez or savez_compressed");
    uint64_t data = 0;
    bool placed = read_at(f, entry->at, local, sizeof local) && memcmp(local, "PK\3\4", 4) == 0;
    if (placed)
        data = entry->at + LOCAL_BYTES + whole_at(local + 26, 2) + whole_at(local + 28, 2);
    if (!placed || data > size || entry->packed > size - data ||
        entry->bytes >
            (entry->method == STORED ? entry->packed : entry->packed * MAT_DEFLATE_MAX_RATIO) ||
        fseeko(f, (off_t)data, SEEK_SET) != 0)
        return err_set(e, ERR_FORMAT,
                       "is damaged or cut short: it claims more than the file holds");
    npz_source *s = calloc(1, sizeof *s);
    if (!s)
        return err_set(e, ERR_NOMEM, "needs more memory");
    *s = (npz_source){.f = f, .left = entry->packed, .packed = entry->method == DEFLATED};
    int rc = s->packed && inflateInit2(&s->zlib, -MAX_WBITS) != Z_OK
                 ? err_set(e, ERR_NOMEM, "needs more memory")
                 : ERR_NONE;
    npy_stream stream = {.take = take_of_entry, .from = s, .bytes = entry->bytes};
    if (!rc) {
        rc = npy_stream_read(&stream, out, e);
        if (!rc && s->sum != entry->sum)
            rc = err_set(e, ERR_FORMAT, "is damaged: its checksum is wrong");
        if (s->packed)
            inflateEnd(&s->zlib);
    }
    free(s);
    return rc;
}

static int read_archive(FILE *f, const char *variable, mat_array *out, err *e)
{
    struct stat st;
    uint64_t at, bytes;
    if (fstat(fileno(f), &st) != 0 || !S_ISREG(st.st_mode))
        return err_set(e, ERR_IO, "is not a regular file");
    uint64_t size = (uint64_t)st.st_size;
    if (!find_directory(f, size, &at, &bytes))
        return err_set(e, ERR_FORMAT, "is not a .npz file, or cut short (numpy.savez writes them)");
    npz_entry entry;
    bool found = false;
    char names[MAT_NAMES_MAX] = "";
    unsigned char *directory = malloc((size_t)bytes + 1);
    if (!directory)
        return err_set(e, ERR_NOMEM, "needs more memory");
    bool sound = read_at(f, at, directory, (size_t)bytes) &&
                 find_entry(directory, (size_t)bytes, variable, &entry, &found, names);
    free(directory);
    if (!sound)
        return err_set(e, ERR_FORMAT, "is damaged: its list of arrays cannot be read");
    if (!found)
        return err_set(e, ERR_FORMAT, "has no variable '%s'; it has %s", variable,
                       *names ? names : "none");
    int rc = read_entry(f, size, &entry, out, e);
    err why = *e;
    return rc ? err_set(e, (err_code)rc, "variable '%s' %s", variable, why.text) : ERR_NONE;
}

int npz_read_float(const char *path, const char *variable, mat_array *out, err *e)
{
    *out = (mat_array){0};
    FILE *f = fopen(path, "rb");
    if (!f)
        return err_set(e, ERR_IO, "cannot open '%s': %m", path);
    err why = {0};
    int rc = read_archive(f, variable, out, &why);
    fclose(f);
    if (rc == ERR_NONE)
        return ERR_NONE;
    mat_array_free(out);
    return err_set(e, (err_code)rc, "'%s' %s", path, why.text);
}
