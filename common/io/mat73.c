/* Version 7.3 of MATLAB's files: HDF5 behind a block of 512 bytes; and other HDF5. A variable is a
 * dataset of the root group, with its dimensions reversed and its class in the attribute
 * MATLAB_class. Type, shape and size are checked before anything is read, and nothing outside the
 * file is opened: no soft or external link, no data in other files, no filter plugin. */
#include <hdf5.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "io/mat_internal.h"

enum {
    CLASS_MAX_BYTES = 32, /* "double" and the like */
    PATH_STEP_MAX = 256,  /* a group's name */
};

static int damaged(err *e, const char *what)
{
    return err_set(e, ERR_FORMAT, "damaged: %s", what);
}

/* --- attributes --------------------------------------------------------------------------------
 */

/* Whether it is a scalar, or an array of one element, of the given class and at most `most` bytes.
 */
static bool has_form(hid_t attribute, hid_t type, H5T_class_t class, size_t most)
{
    hid_t space = H5Aget_space(attribute);
    bool one = space >= 0 && H5Sget_simple_extent_npoints(space) == 1;
    if (space >= 0)
        H5Sclose(space);
    return one && H5Tget_class(type) == class && H5Tget_size(type) >= 1 &&
           H5Tget_size(type) <= most;
}

/* MATLAB's text has exactly the attribute's size; h5py and hdf5storage pad it with NULs. */
static bool read_class_name(hid_t attribute, hid_t type, char text[CLASS_MAX_BYTES + 1])
{
    memset(text, '\0', CLASS_MAX_BYTES + 1);
    if (!has_form(attribute, type, H5T_STRING, CLASS_MAX_BYTES) || H5Tis_variable_str(type) != 0 ||
        H5Aread(attribute, type, text) < 0)
        return false;
    for (size_t n = strlen(text); n > 0 && text[n - 1] == ' '; n--)
        text[n - 1] = '\0';
    return true;
}

static bool is_numeric_class(const char *class)
{
    static const char *const known[] = {"double", "single", "int8",  "uint8",  "int16",  "uint16",
                                        "int32",  "uint32", "int64", "uint64", "logical"};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strcmp(class, known[i]) == 0)
            return true;
    return false;
}

static int check_class(hid_t dataset, err *e)
{
    char class[CLASS_MAX_BYTES + 1];
    htri_t there = H5Aexists(dataset, "MATLAB_class");
    if (there == 0)
        return err_set(e, ERR_UNSUPPORTED, "it has no MATLAB_class: MATLAB did not write it");
    hid_t attribute = there > 0 ? H5Aopen(dataset, "MATLAB_class", H5P_DEFAULT) : H5I_INVALID_HID;
    hid_t type = attribute >= 0 ? H5Aget_type(attribute) : H5I_INVALID_HID;
    bool read = type >= 0 && read_class_name(attribute, type, class);
    if (type >= 0)
        H5Tclose(type);
    if (attribute >= 0)
        H5Aclose(attribute);
    if (!read)
        return err_set(e, ERR_FORMAT,
                       "damaged: its MATLAB_class is not a single text of fixed length, up to %d "
                       "bytes",
                       CLASS_MAX_BYTES);
    if (!is_numeric_class(class))
        return err_set(e, ERR_UNSUPPORTED, "it is not a numeric array");
    return ERR_NONE;
}

/* Refuses an empty array: MATLAB stores its dimensions as the data and marks it with an attribute.
 */
static int check_filled(hid_t dataset, err *e)
{
    int64_t empty = 0;
    htri_t there = H5Aexists(dataset, "MATLAB_empty");
    if (there == 0)
        return ERR_NONE;
    hid_t attribute = there > 0 ? H5Aopen(dataset, "MATLAB_empty", H5P_DEFAULT) : H5I_INVALID_HID;
    hid_t type = attribute >= 0 ? H5Aget_type(attribute) : H5I_INVALID_HID;
    bool read = type >= 0 && has_form(attribute, type, H5T_INTEGER, sizeof empty) &&
                H5Aread(attribute, H5T_NATIVE_INT64, &empty) >= 0;
    if (type >= 0)
        H5Tclose(type);
    if (attribute >= 0)
        H5Aclose(attribute);
    if (!read)
        return damaged(e, "its MATLAB_empty is not a single whole number");
    return empty ? err_set(e, ERR_UNSUPPORTED, "it is empty") : ERR_NONE;
}

/* --- a dataset ---------------------------------------------------------------------------------
 */

/* A number, or two of one kind named real and imag (r and i, as h5py does). */
static bool is_number(hid_t type)
{
    H5T_class_t class = H5Tget_class(type);
    return (class == H5T_INTEGER || class == H5T_FLOAT) && H5Tget_size(type) >= 1 &&
           H5Tget_size(type) <= 8;
}

static bool member_is_number(hid_t type, unsigned i, const char *name, const char *otherwise)
{
    char *own = H5Tget_member_name(type, i);
    bool named = own && (strcmp(own, name) == 0 || strcmp(own, otherwise) == 0);
    H5free_memory(own);
    hid_t member = named ? H5Tget_member_type(type, i) : H5I_INVALID_HID;
    bool number = member >= 0 && is_number(member);
    if (member >= 0)
        H5Tclose(member);
    return number;
}

static bool is_complex_number(hid_t type)
{
    return H5Tget_class(type) == H5T_COMPOUND && H5Tget_nmembers(type) == 2 &&
           H5Tget_size(type) <= 16 && member_is_number(type, 0, "real", "r") &&
           member_is_number(type, 1, "imag", "i");
}

/* The type that HDF5 converts the numbers to: float, or one float of a complex number. */
static hid_t float_type(hid_t type, bool is_complex, unsigned part)
{
    if (!is_complex)
        return H5Tcopy(H5T_NATIVE_FLOAT);
    hid_t pair = H5Tcreate(H5T_COMPOUND, sizeof(float));
    char *name = H5Tget_member_name(type, part);
    if (pair >= 0 && (!name || H5Tinsert(pair, name, 0, H5T_NATIVE_FLOAT) < 0)) {
        H5Tclose(pair);
        pair = H5I_INVALID_HID;
    }
    H5free_memory(name);
    return pair;
}

static bool filters_are_built_in(hid_t plist)
{
    int n = H5Pget_nfilters(plist);
    for (int i = 0; i < n; i++) {
        unsigned flags, config;
        size_t values = 0;
        H5Z_filter_t filter =
            H5Pget_filter2(plist, (unsigned)i, &flags, &values, NULL, 0, NULL, &config);
        if (filter != H5Z_FILTER_DEFLATE && filter != H5Z_FILTER_SHUFFLE &&
            filter != H5Z_FILTER_FLETCHER32)
            return false;
    }
    return n >= 0;
}

/* The most numbers of `each` bytes that the dataset may claim: what the file can unpack to. The
 * data must be in the file, in one piece or in chunks no larger than that. */
static int find_limit(const mat_file *file, hid_t dataset, size_t each, uint64_t *limit, err *e)
{
    hid_t plist = H5Dget_create_plist(dataset);
    if (plist < 0)
        return damaged(e, "it does not describe its storage");
    H5D_layout_t layout = H5Pget_layout(plist);
    hsize_t chunk[MAT_MAX_RANK] = {0};
    int rank = layout == H5D_CHUNKED ? H5Pget_chunk(plist, MAT_MAX_RANK, chunk) : 0;
    bool known = layout == H5D_COMPACT || layout == H5D_CHUNKED ||
                 (layout == H5D_CONTIGUOUS && H5Pget_external_count(plist) == 0);
    known = known && filters_are_built_in(plist);
    H5Pclose(plist);
    if (!known)
        return err_set(e, ERR_UNSUPPORTED,
                       "its data lie in another file or are packed by another filter than gzip");
    hsize_t stored = H5Dget_storage_size(dataset);
    stored = stored < file->bytes ? stored : file->bytes;
    *limit = stored * (layout == H5D_CHUNKED ? MAT_DEFLATE_MAX_RATIO : 1) / each;
    /* HDF5 stores a chunk at the edge whole, so it may be larger than its part of the array. */
    uint64_t count = 1;
    for (int i = 0; i < rank && i < MAT_MAX_RANK; i++) {
        if (chunk[i] == 0 || chunk[i] > file->bytes * MAT_DEFLATE_MAX_RATIO / each / count)
            return damaged(e, "its chunks are larger than the file");
        count *= chunk[i];
    }
    return rank < 0 ? damaged(e, "it does not describe its chunks") : ERR_NONE;
}

static int read_shape(const mat_file *file, hid_t dataset, size_t each, bool is_complex,
                      mat_array *out, err *e)
{
    hsize_t reversed[H5S_MAX_RANK];
    uint64_t dims[MAT_MAX_RANK], limit = 0;
    hid_t space = H5Dget_space(dataset);
    bool simple = space >= 0 && H5Sget_simple_extent_type(space) == H5S_SIMPLE;
    int rank = simple ? H5Sget_simple_extent_ndims(space) : -1;
    if (rank > 0 && H5Sget_simple_extent_dims(space, reversed, NULL) < 0)
        rank = -1;
    if (space >= 0)
        H5Sclose(space);
    if (file->plain && rank == 1) { /* a vector becomes a row */
        reversed[1] = reversed[0];
        reversed[0] = 1;
        rank = 2;
    }
    if (rank < 2 || rank > MAT_MAX_RANK)
        return err_set(e, ERR_UNSUPPORTED, "it has %d dimensions, not 2 to %d", rank > 0 ? rank : 0,
                       MAT_MAX_RANK);
    for (int i = 0; i < rank; i++)
        dims[i] = reversed[file->plain ? i : rank - 1 - i];
    int rc = find_limit(file, dataset, each, &limit, e);
    return rc ? rc : mat_set_shape(out, rank, dims, is_complex, limit, e);
}

static int read_planes(const mat_file *file, hid_t dataset, hid_t type, mat_array *out, err *e)
{
    size_t step = out->is_complex ? 2 : 1;
    float *plane = malloc(out->count * sizeof *plane);
    int rc = plane ? mat_allocate(out, e)
                   : err_set(e, ERR_NOMEM, "out of memory for %zu elements", out->count);
    for (unsigned part = 0; !rc && part <= out->is_complex; part++) {
        hid_t to = float_type(type, out->is_complex, part);
        if (to < 0 || H5Dread(dataset, to, H5S_ALL, H5S_ALL, H5P_DEFAULT, plane) < 0)
            rc = err_set(e, ERR_FORMAT, "damaged or cut short: its data cannot be read");
        if (to >= 0)
            H5Tclose(to);
        for (size_t i = 0; !rc && file->plain && i < out->count; i++)
            out->data[i * step + part] = plane[i];
        if (!rc && !file->plain)
            mat_copy_plane(plane, MAT_SINGLE, out, (int)part);
    }
    free(plane);
    return rc;
}

static int read_dataset(const mat_file *file, hid_t dataset, mat_array *out, err *e)
{
    int rc = file->plain ? ERR_NONE : check_class(dataset, e);
    if (!rc && !file->plain)
        rc = check_filled(dataset, e);
    hid_t type = rc ? H5I_INVALID_HID : H5Dget_type(dataset);
    if (rc)
        return rc;
    bool is_complex = type >= 0 && is_complex_number(type);
    if (type < 0 || (!is_complex && !is_number(type)))
        rc = err_set(e, ERR_UNSUPPORTED, "it is not a numeric array");
    if (!rc)
        rc = read_shape(file, dataset, H5Tget_size(type), is_complex, out, e);
    if (!rc)
        rc = read_planes(file, dataset, type, out, e);
    if (type >= 0)
        H5Tclose(type);
    return rc;
}

/* --- a file ------------------------------------------------------------------------------------
 */

static herr_t add_name(hid_t group, const char *name, const H5L_info_t *info, void *user)
{
    (void)group, (void)info;
    if (name[0] != '#') /* "#refs#" and the like are internal to MATLAB */
        mat_append_name(user, name);
    return 0;
}

/* Whether `group` has an object of that name (*found), through a link inside the file, and of that
 * type: not a link to another file, nor the group that MATLAB writes for a structure. */
static bool is_object(hid_t group, const char *name, H5O_type_t type, bool *found)
{
    H5L_info_t link;
    H5O_info_t object;
    *found = *name && !strchr(name, '/') && strcmp(name, ".") != 0 &&
             H5Lexists(group, name, H5P_DEFAULT) > 0;
    return *found && H5Lget_info(group, name, &link, H5P_DEFAULT) >= 0 &&
           link.type == H5L_TYPE_HARD &&
           H5Oget_info_by_name2(group, name, &object, H5O_INFO_BASIC, H5P_DEFAULT) >= 0 &&
           object.type == type;
}

/* Opens the dataset of that name; negative with *found if it is something else. In a file that
 * MATLAB did not write, the name may be a path through groups, "group/name". */
static hid_t open_variable(const mat_file *file, hid_t root, const char *variable, bool *found)
{
    char name[PATH_STEP_MAX];
    hid_t group = root, inner;
    const char *slash;
    while (file->plain && (slash = strchr(variable, '/'))) {
        snprintf(name, sizeof name, "%.*s", (int)(slash - variable), variable);
        inner = slash - variable < PATH_STEP_MAX && is_object(group, name, H5O_TYPE_GROUP, found)
                    ? H5Gopen2(group, name, H5P_DEFAULT)
                    : H5I_INVALID_HID;
        if (group != root)
            H5Gclose(group);
        if (inner < 0) {
            *found = false;
            return inner;
        }
        group = inner;
        variable = slash + 1;
    }
    hid_t dataset = is_object(group, variable, H5O_TYPE_DATASET, found)
                        ? H5Dopen2(group, variable, H5P_DEFAULT)
                        : H5I_INVALID_HID;
    if (group != root)
        H5Gclose(group);
    return dataset;
}

static int read_root(const mat_file *file, hid_t root, const char *variable, mat_array *out,
                     bool *found, char names[MAT_NAMES_MAX], err *e)
{
    hid_t dataset = open_variable(file, root, variable, found);
    if (!*found) {
        H5Literate(root, H5_INDEX_NAME, H5_ITER_NATIVE, NULL, add_name, names);
        return ERR_NONE;
    }
    int rc = ERR_NONE;
    if (out && dataset < 0)
        rc = err_set(e, ERR_UNSUPPORTED, "it is not a numeric array");
    else if (out)
        rc = read_dataset(file, dataset, out, e);
    if (dataset >= 0)
        H5Dclose(dataset);
    return rc ? err_prefix(e, "variable '%s'", variable) : ERR_NONE;
}

int mat73_read(const mat_file *file, const char *variable, mat_array *out, bool *found,
               char names[MAT_NAMES_MAX], err *e)
{
    *found = false;
    H5PLset_loading_state(0);
    hid_t f = H5Fopen(file->path, H5F_ACC_RDONLY, H5P_DEFAULT);
    hid_t root = f >= 0 ? H5Gopen2(f, "/", H5P_DEFAULT) : H5I_INVALID_HID;
    int rc = root >= 0 ? read_root(file, root, variable, out, found, names, e)
                       : err_set(e, ERR_FORMAT, "damaged or cut short: it does not open as HDF5");
    if (root >= 0)
        H5Gclose(root);
    if (f >= 0)
        H5Fclose(f);
    return rc ? err_prefix(e, "'%s'", file->path) : ERR_NONE;
}
