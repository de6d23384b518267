#include "io/array.h"

#include <stdio.h>
#include <string.h>

#include "io/npy.h"
#include "io/npz.h"

int array_read_float(const char *path, const char *variable, mat_array *out, err *e)
{
    char head[6] = "";
    *out = (mat_array){0};
    FILE *f = fopen(path, "rb");
    if (!f)
        return err_set(e, ERR_IO, "cannot open '%s': %m", path);
    size_t n = fread(head, 1, sizeof head, f);
    fclose(f);
    if (n == sizeof head && memcmp(head, "\x93NUMPY", 6) == 0)
        return npy_read_float(path, out, e);
    if (n >= 4 && (memcmp(head, "PK\3\4", 4) == 0 || memcmp(head, "PK\5\6", 4) == 0))
        return npz_read_float(path, variable, out, e);
    if (npy_is_named(path)) /* refused with the message of the format it claims */
        return npy_read_float(path, out, e);
    return mat_read_float(path, variable, out, e);
}

int array_write_float(const char *path, const char *variable, const mat_array *a, bool append,
                      err *e)
{
    static const char *const others[] = {".npz", ".h5", ".hdf5", ".csv"};
    const char *dot = strrchr(path, '.');
    for (size_t i = 0; dot && i < sizeof others / sizeof others[0]; i++)
        if (strcmp(dot, others[i]) == 0)
            return err_set(e, ERR_INVALID, "'%s': arrays are written as .mat or .npy", path);
    if (!npy_is_named(path))
        return mat_write_float(path, variable, a, append, e);
    if (append)
        return err_set(e, ERR_INVALID, "'%s' holds one array: give each a .npy file of its own",
                       path);
    return npy_write_float(path, a, e);
}
