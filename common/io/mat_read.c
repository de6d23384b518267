/* Detects the version of a .mat file, and checks that its numbers are finite. */
#include "io/mat.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "io/mat_internal.h"
#include "io/mat_library.h"

enum {
    MAT_HEADER_BYTES = 128,
};

static int no_variable(const char *path, const char *variable, const char *names, err *e)
{
    return err_set(e, ERR_FORMAT, "'%s' has no variable '%s'; it has %s", path, variable,
                   *names ? names : "no readable variable");
}

static int check_finite(const mat_array *a, err *e)
{
    size_t step = a->is_complex ? 2 : 1;
    for (size_t i = 0; i < a->count * step; i++)
        if (!isfinite(a->data[i]))
            return err_set(e, ERR_FORMAT,
                           "element %zu (row-major) is NaN, infinite or beyond a float's range",
                           i / step);
    return ERR_NONE;
}

static bool read_signature(FILE *f, mat_file *file)
{
    unsigned char head[MAT_HEADER_BYTES];
    if (fread(head, 1, sizeof head, f) != sizeof head)
        return false;
    file->plain = file->hdf5 = memcmp(head, "\x89HDF\r\n\x1a\n", 8) == 0;
    if (file->plain)
        return true;
    file->swapped = head[126] == 'M';
    unsigned version = file->swapped ? head[124] : head[125];
    unsigned minor = file->swapped ? head[125] : head[124];
    file->hdf5 = version == 2;
    return memcmp(head + 126, file->swapped ? "MI" : "IM", 2) == 0 && minor == 0 &&
           (version == 1 || version == 2);
}

static int check_stream(FILE *f, mat_file *file, err *e)
{
    struct stat st;
    if (fstat(fileno(f), &st) != 0 || !S_ISREG(st.st_mode))
        return err_set(e, ERR_IO, "'%s' is not a regular file", file->path);
    file->bytes = (uint64_t)st.st_size;
    if (!read_signature(f, file))
        return err_set(e, ERR_FORMAT,
                       "'%s' is not a MATLAB file of version 5 or 7.3 (save it with -v7 or -v7.3)",
                       file->path);
    return ERR_NONE;
}

int mat_find(const char *path, const char *variable, mat_array *out, mat_file *file, bool *found,
             err *e)
{
    char names[MAT_NAMES_MAX] = "";
    FILE *f = fopen(path, "rb");
    *file = (mat_file){.path = path};
    *found = false;
    if (!f)
        return err_set(e, ERR_IO, "cannot open '%s': %m", path);
    int rc = check_stream(f, file, e);
    if (!rc)
        rc = file->hdf5 ? mat73_read_apart(file, variable, out, found, names, e)
                        : mat5_read(f, file, variable, out, found, names, e);
    fclose(f);
    if (!rc && out && !*found)
        rc = no_variable(path, variable, names, e);
    return rc;
}

int mat_read_float(const char *path, const char *variable, mat_array *out, err *e)
{
    mat_file file;
    bool found;
    err why = {0};
    *out = (mat_array){0};
    mat_library_lock();
    int rc = mat_find(path, variable, out, &file, &found, &why);
    mat_library_unlock();
    if (rc == ERR_NONE && check_finite(out, &why) != ERR_NONE)
        rc = err_prefix(&why, "'%s': variable '%s'", path, variable);
    if (rc == ERR_NONE)
        return ERR_NONE;
    mat_array_free(out);
    return err_set(e, (err_code)rc, "%s", why.text);
}
