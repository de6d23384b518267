/* Version 5 of MATLAB's files: a header of 128 bytes, then elements, each a matrix or a zlib stream
 * that holds one. Every element is read to its end: a stream must unpack to the length that its
 * matrix states, with the right checksum, and end where the element does. Every length is checked
 * against the bytes left before anything is allocated or read. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "io/mat_internal.h"

enum {
    HEADER_BYTES = 128,
    TAG_BYTES = 8,
    BLOCK_BYTES = 1 << 14,
    NAME_MAX_BYTES = 255, /* MATLAB itself allows 63 */
    RANK_MAX = 64,
    FLAG_COMPLEX = 0x0800,
    TYPE_INT8 = 1,
    TYPE_INT32 = 5,
    TYPE_UINT32 = 6,
    TYPE_MATRIX = 14,
    TYPE_COMPRESSED = 15,
    TYPE_UTF8 = 16,
    CLASS_DOUBLE = 6,
    CLASS_UINT64 = 15,
    CLASS_OPAQUE = 17,
};

/* An element being read, compressed or not. */
typedef struct element {
    FILE *file;
    bool swapped, packed;
    uint64_t raw;  /* bytes of the element that are still in the file */
    uint64_t left; /* bytes of the matrix that are still to be read */
    z_stream zlib;
    bool ended; /* the stream reached its end, checksum included */
    unsigned char in[BLOCK_BYTES];
} element;

/* The header of a matrix. */
typedef struct matrix {
    unsigned class;
    bool is_complex;
    int rank;
    uint64_t dims[RANK_MAX];
    char name[NAME_MAX_BYTES + 1];
} matrix;

typedef struct tag {
    uint32_t type, bytes;
    bool small; /* up to 4 bytes of data are in the tag itself */
    unsigned char data[4];
} tag;

static int damaged(err *e, const char *what)
{
    return err_set(e, ERR_FORMAT, "damaged or cut short: %s", what);
}

/* --- bytes of an element -----------------------------------------------------------------------
 */

static bool refill(element *s)
{
    size_t n = s->raw < sizeof s->in ? (size_t)s->raw : sizeof s->in;
    if (n == 0 || fread(s->in, 1, n, s->file) != n)
        return false;
    s->raw -= n;
    s->zlib.next_in = s->in;
    s->zlib.avail_in = (uInt)n;
    return true;
}

/* Unpacks exactly `size` bytes. */
static bool unpack(element *s, unsigned char *to, size_t size)
{
    while (size > 0) {
        uInt step = size < UINT32_MAX / 2 ? (uInt)size : UINT32_MAX / 2;
        s->zlib.next_out = to;
        s->zlib.avail_out = step;
        while (s->zlib.avail_out > 0) {
            if (s->ended || (s->zlib.avail_in == 0 && !refill(s)))
                return false;
            int rc = inflate(&s->zlib, Z_NO_FLUSH);
            s->ended = rc == Z_STREAM_END;
            if (rc != Z_OK && rc != Z_STREAM_END)
                return false;
        }
        to += step;
        size -= step;
    }
    return true;
}

/* The next `size` bytes of the matrix. */
static bool read_bytes(element *s, void *to, uint64_t size)
{
    if (size > s->left)
        return false;
    s->left -= size;
    if (s->packed)
        return unpack(s, to, (size_t)size);
    if (size > s->raw || fread(to, 1, (size_t)size, s->file) != size)
        return false;
    s->raw -= size;
    return true;
}

static bool skip_bytes(element *s, uint64_t size)
{
    unsigned char scratch[BLOCK_BYTES];
    if (size > s->left)
        return false;
    if (!s->packed) {
        if (size > s->raw || fseeko(s->file, (off_t)size, SEEK_CUR) != 0)
            return false;
        s->raw -= size;
        s->left -= size;
        return true;
    }
    while (size > 0) {
        uint64_t step = size < sizeof scratch ? size : sizeof scratch;
        if (!read_bytes(s, scratch, step))
            return false;
        size -= step;
    }
    return true;
}

/* Called after the whole matrix: whether nothing follows it and the checksum holds. */
static bool ends_here(element *s)
{
    unsigned char more;
    if (s->left > 0)
        return false;
    while (s->packed && !s->ended) {
        s->zlib.next_out = &more;
        s->zlib.avail_out = 1;
        if (s->zlib.avail_in == 0 && !refill(s))
            return false;
        int rc = inflate(&s->zlib, Z_NO_FLUSH);
        s->ended = rc == Z_STREAM_END;
        if ((rc != Z_OK && rc != Z_STREAM_END) || s->zlib.avail_out == 0)
            return false;
    }
    return s->raw == 0 && (!s->packed || s->zlib.avail_in == 0);
}

static uint32_t word(const element *s, const unsigned char *at)
{
    uint32_t value;
    memcpy(&value, at, sizeof value);
    return s->swapped ? __builtin_bswap32(value) : value;
}

static bool read_tag(element *s, tag *t)
{
    unsigned char bytes[TAG_BYTES];
    if (!read_bytes(s, bytes, sizeof bytes))
        return false;
    uint32_t first = word(s, bytes);
    t->small = first >> 16 != 0;
    t->type = t->small ? first & 0xffff : first;
    t->bytes = t->small ? first >> 16 : word(s, bytes + 4);
    memcpy(t->data, bytes + 4, sizeof t->data);
    return t->small ? t->bytes <= sizeof t->data : t->bytes <= s->left;
}

/* Data are padded to a multiple of eight bytes. */
static uint64_t padding(const tag *t)
{
    return t->small ? 0 : (8 - t->bytes % 8) % 8;
}

/* Reads the t->bytes bytes behind a tag, and skips their padding. */
static bool read_data(element *s, const tag *t, void *to)
{
    if (t->small) {
        /* read_tag ensures this; the check silences compilers that cannot see it. */
        if (t->bytes > sizeof t->data)
            return false;
        memcpy(to, t->data, t->bytes);
        return true;
    }
    return read_bytes(s, to, t->bytes) && skip_bytes(s, padding(t));
}

/* --- a matrix ----------------------------------------------------------------------------------
 */

static int read_name(element *s, matrix *m, err *e)
{
    tag t;
    if (!read_tag(s, &t) || (t.type != TYPE_INT8 && t.type != TYPE_INT8 + 1 && t.type != TYPE_UTF8))
        return damaged(e, "a variable has no name");
    if (t.bytes > NAME_MAX_BYTES)
        return err_set(e, ERR_FORMAT,
                       "damaged or cut short: a variable's name has %" PRIu32
                       " bytes, not up to %d",
                       t.bytes, NAME_MAX_BYTES);
    if (!read_data(s, &t, m->name))
        return damaged(e, "a variable's name is incomplete");
    m->name[t.bytes] = '\0';
    return ERR_NONE;
}

static int read_dims(element *s, matrix *m, err *e)
{
    tag t;
    unsigned char bytes[4 * RANK_MAX];
    if (!read_tag(s, &t) || t.type != TYPE_INT32 || t.bytes % 4 != 0 || t.bytes < 8 ||
        t.bytes > sizeof bytes || !read_data(s, &t, bytes))
        return damaged(e, "a variable's dimensions are not 2 to 64 whole numbers");
    m->rank = (int)(t.bytes / 4);
    for (int i = 0; i < m->rank; i++) {
        m->dims[i] = word(s, bytes + 4 * (size_t)i);
        if (m->dims[i] > INT32_MAX)
            return damaged(e, "a variable has a negative dimension");
    }
    return ERR_NONE;
}

static int read_matrix_header(element *s, matrix *m, err *e)
{
    tag t;
    unsigned char flags[8];
    *m = (matrix){0};
    if (!read_tag(s, &t) || t.type != TYPE_UINT32 || t.bytes != sizeof flags ||
        !read_data(s, &t, flags))
        return damaged(e, "a variable does not begin with its class");
    m->class = word(s, flags) & 0xff;
    m->is_complex = word(s, flags) & FLAG_COMPLEX;
    /* Objects of MATLAB's newer classes have no dimensions. */
    int rc = m->class == CLASS_OPAQUE ? ERR_NONE : read_dims(s, m, e);
    return rc ? rc : read_name(s, m, e);
}

static void swap_numbers(unsigned char *data, uint64_t bytes, size_t each)
{
    for (uint64_t at = 0; each > 1 && at + each <= bytes; at += each)
        for (size_t i = 0; i < each / 2; i++) {
            unsigned char byte = data[at + i];
            data[at + i] = data[at + each - 1 - i];
            data[at + each - 1 - i] = byte;
        }
}

/* MATLAB stores numbers in the smallest kind that holds them, whatever the variable's class. */
static bool number_of_type(uint32_t type, mat_number *number)
{
    static const struct {
        uint32_t type;
        mat_number number;
    } known[] = {{1, MAT_INT8},   {2, MAT_UINT8},   {3, MAT_INT16},  {4, MAT_UINT16},
                 {5, MAT_INT32},  {6, MAT_UINT32},  {7, MAT_SINGLE}, {9, MAT_DOUBLE},
                 {12, MAT_INT64}, {13, MAT_UINT64}, {16, MAT_UINT8}};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (known[i].type == type) {
            *number = known[i].number;
            return true;
        }
    return false;
}

static int read_plane(element *s, mat_array *out, int part, err *e)
{
    tag t;
    mat_number number;
    if (!read_tag(s, &t) || !number_of_type(t.type, &number) ||
        t.bytes != (uint64_t)out->count * mat_number_bytes(number))
        return damaged(e, "its data do not match its dimensions");
    unsigned char *plane = malloc(t.bytes);
    if (!plane)
        return err_set(e, ERR_NOMEM, "out of memory for %" PRIu32 " bytes", t.bytes);
    int rc = read_data(s, &t, plane) ? ERR_NONE : damaged(e, "its data are incomplete");
    if (!rc && s->swapped)
        swap_numbers(plane, t.bytes, mat_number_bytes(number));
    if (!rc && !out->data)
        rc = mat_allocate(out, e);
    if (!rc)
        mat_copy_plane(plane, number, out, part);
    free(plane);
    return rc;
}

static int read_array(element *s, const matrix *m, mat_array *out, err *e)
{
    if (m->class < CLASS_DOUBLE || m->class > CLASS_UINT64)
        return err_set(e, ERR_UNSUPPORTED, "it is not a numeric array");
    /* Each number takes at least one byte. */
    int rc = mat_set_shape(out, m->rank, m->dims, m->is_complex, s->left, e);
    for (int part = 0; !rc && part <= m->is_complex; part++)
        rc = read_plane(s, out, part, e);
    return rc;
}

/* --- a file ------------------------------------------------------------------------------------
 */

/* What one call of mat5_read looks for. */
typedef struct search {
    const char *variable;
    mat_array *out; /* NULL: only look for it */
    bool *found;
    char *names;
} search;

/* Reads the matrix in an element; its tag gives the length. */
static int read_matrix(element *s, const search *for_what, err *e)
{
    matrix m;
    int rc = read_matrix_header(s, &m, e);
    if (rc)
        return rc;
    bool wanted = !*for_what->found && strcmp(m.name, for_what->variable) == 0;
    if (!wanted)
        mat_append_name(for_what->names, *m.name ? m.name : "?");
    *for_what->found |= wanted;
    if (wanted && for_what->out && read_array(s, &m, for_what->out, e) != ERR_NONE)
        return err_prefix(e, "variable '%s'", for_what->variable);
    if (!wanted || !for_what->out)
        return skip_bytes(s, s->left) ? ERR_NONE : damaged(e, "a variable is incomplete");
    return ERR_NONE;
}

static int read_packed(element *s, const search *for_what, err *e)
{
    unsigned char head[TAG_BYTES];
    if (inflateInit(&s->zlib) != Z_OK)
        return err_set(e, ERR_NOMEM, "out of memory for unpacking");
    uint64_t most = s->raw * MAT_DEFLATE_MAX_RATIO;
    s->left = sizeof head;
    int rc = ERR_NONE;
    if (!read_bytes(s, head, sizeof head) || word(s, head) != TYPE_MATRIX)
        rc = damaged(e, "a compressed variable does not unpack");
    s->left = word(s, head + 4);
    if (!rc && s->left > most)
        rc = damaged(e, "a compressed variable claims more bytes than it can hold");
    if (!rc)
        rc = read_matrix(s, for_what, e);
    if (!rc && !ends_here(s))
        rc = damaged(e, "a compressed variable contradicts its length or checksum");
    inflateEnd(&s->zlib);
    return rc;
}

static int read_element(element *s, uint64_t file_left, const search *for_what, err *e)
{
    unsigned char head[TAG_BYTES];
    if (file_left < sizeof head || fread(head, sizeof head, 1, s->file) != 1)
        return damaged(e, "it ends within a variable");
    uint32_t type = word(s, head);
    s->raw = word(s, head + 4);
    if (type != TYPE_MATRIX && type != TYPE_COMPRESSED)
        return damaged(e, "its header is not followed by a variable");
    if (s->raw > file_left - sizeof head)
        return damaged(e, "it ends within a variable");
    s->packed = type == TYPE_COMPRESSED;
    if (s->packed)
        return read_packed(s, for_what, e);
    s->left = s->raw;
    int rc = read_matrix(s, for_what, e);
    return !rc && !ends_here(s) ? damaged(e, "a variable contradicts its length") : rc;
}

int mat5_read(FILE *f, const mat_file *file, const char *variable, mat_array *out, bool *found,
              char names[MAT_NAMES_MAX], err *e)
{
    const search for_what = {.variable = variable, .out = out, .found = found, .names = names};
    *found = false;
    element *s = malloc(sizeof *s);
    if (!s)
        return err_set(e, ERR_NOMEM, "out of memory for '%s'", file->path);
    int rc = fseeko(f, HEADER_BYTES, SEEK_SET) == 0 ? ERR_NONE : damaged(e, "it has no variables");
    for (uint64_t at = HEADER_BYTES; !rc && at < file->bytes;) {
        *s = (element){.file = f, .swapped = file->swapped};
        rc = read_element(s, file->bytes - at, &for_what, e);
        off_t next = ftello(f);
        if (!rc && next < 0)
            rc = err_set(e, ERR_IO, "it cannot be read");
        at = (uint64_t)next;
    }
    free(s);
    return rc ? err_prefix(e, "'%s'", file->path) : ERR_NONE;
}
