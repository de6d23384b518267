/* Reads version 7.3 in a child process. libhdf5 reads freed memory on some damaged files (1.10.8 in
 * H5O__attr_exists, for one changed byte); the program that reads the file must outlive that. */
#include <stdlib.h>
#include <string.h>

#include "io/apart.h"
#include "io/mat_internal.h"

typedef struct request {
    const mat_file *file;
    const char *variable;
    mat_array *out; /* NULL: only *found is asked for */
    bool *found;
    char *names; /* MAT_NAMES_MAX bytes */
} request;

/* What travels in front of the numbers. */
typedef struct header {
    bool found, is_complex;
    int rank;
    uint64_t dims[MAT_MAX_RANK];
    char names[MAT_NAMES_MAX];
} header;

static size_t floats_of(const mat_array *a)
{
    return a->count * (a->is_complex ? 2 : 1);
}

static int read_here(void *user, err *e)
{
    request *r = user;
    return mat73_read(r->file, r->variable, r->out, r->found, r->names, e);
}

static void send_array(FILE *out, void *user)
{
    const request *r = user;
    header h = {.found = *r->found};
    memcpy(h.names, r->names, sizeof h.names);
    const mat_array *a = *r->found ? r->out : NULL;
    if (a) {
        h.is_complex = a->is_complex;
        h.rank = a->rank;
        for (int i = 0; i < a->rank; i++)
            h.dims[i] = a->dims[i];
    }
    if (fwrite(&h, sizeof h, 1, out) == 1 && a)
        fwrite(a->data, sizeof(float), floats_of(a), out);
}

static int cut_short(const request *r, err *e)
{
    return err_set(e, ERR_FORMAT, "'%s': damaged: libhdf5 did not read it to its end",
                   r->file->path);
}

/* mat73_read has checked the shape against the file; damage in the child may have changed it since,
 * so it is held to what any file of this length can unpack to. */
static int take_array(FILE *in, void *user, err *e)
{
    request *r = user;
    header h;
    if (fread(&h, sizeof h, 1, in) != 1)
        return cut_short(r, e);
    *r->found = h.found;
    memcpy(r->names, h.names, MAT_NAMES_MAX);
    r->names[MAT_NAMES_MAX - 1] = '\0';
    if (!h.found || !r->out)
        return ERR_NONE;
    int rc = mat_set_shape(r->out, h.rank, h.dims, h.is_complex,
                           r->file->bytes * MAT_DEFLATE_MAX_RATIO, e);
    if (!rc)
        rc = mat_allocate(r->out, e);
    if (!rc && fread(r->out->data, sizeof(float), floats_of(r->out), in) != floats_of(r->out))
        rc = cut_short(r, e);
    return rc;
}

int mat73_read_apart(const mat_file *file, const char *variable, mat_array *out, bool *found,
                     char names[MAT_NAMES_MAX], err *e)
{
    static const apart_job job = {read_here, send_array, take_array};
    request r = {file, variable, out, found, names};
    err why = {0};
    int rc = apart_call(&job, &r, &why);
    if (rc == ERR_STATE)
        return err_set(e, ERR_FORMAT,
                       "'%s' is probably damaged: libhdf5 failed while it read the file: %s",
                       file->path, why.text);
    return rc ? err_set(e, (err_code)rc, "%s", why.text) : ERR_NONE;
}
