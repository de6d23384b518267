#include "csi/dataset.h"

#include <complex.h>
#include <float.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "csi/image.h"
#include "csi/raw/raw.h"
#include "io/mat.h"
#include "io/npy.h"

enum { TAPS = 32, ANTENNAS_MAX = 256 }; /* where no dimensions are given */

static void describe_shape(const mat_array *a, char *text, size_t size)
{
    size_t used = 0;
    for (int i = 0; i < a->rank && used < size; i++)
        used += (size_t)snprintf(text + used, size - used, "%s%zu", i ? " x " : "", a->dims[i]);
}

static bool take_shape(const mat_array *a, const csi_dims *dims, csi_dataset *set)
{
    size_t width = a->count / a->dims[0];
    set->samples = a->dims[0];
    set->ni = dims ? dims->ni : a->rank == 4 ? (uint32_t)a->dims[3] : TAPS;
    if (a->is_complex || (a->rank != 2 && a->rank != 4) || set->ni == 0 ||
        width % (2 * (size_t)set->ni) != 0 || width / (2 * (size_t)set->ni) > ANTENNAS_MAX)
        return false;
    set->nt = (uint32_t)(width / (2 * (size_t)set->ni));
    if (a->rank == 4 && (a->dims[1] != 2 || a->dims[2] != set->nt || a->dims[3] != set->ni))
        return false;
    return !dims || set->nt == dims->nt;
}

static int check_shape(const mat_array *a, const csi_dims *dims, csi_dataset *set, err *e)
{
    if (take_shape(a, dims, set))
        return ERR_NONE;
    char shape[128];
    uint32_t nt = dims ? dims->nt : 32, ni = dims ? dims->ni : TAPS;
    describe_shape(a, shape, sizeof shape);
    return err_set(e, ERR_MISMATCH,
                   "HT is a %s array of %s, not real [n x %u] (2 planes x %u angles x %u taps)",
                   a->is_complex ? "complex" : "real", shape, 2 * nt * ni, nt, ni);
}

static int check_values(const csi_dataset *set, err *e)
{
    size_t width = (size_t)2 * set->nt * set->ni;
    for (size_t i = 0; i < set->samples; i++) {
        bool inside = true;
        for (size_t j = 0; j < width; j++) {
            float x = set->x[i * width + j];
            inside &= x >= 0 && x <= 1;
        }
        if (!inside)
            return err_set(e, ERR_FORMAT,
                           "sample %zu of HT has values outside [0,1]; expected are channels "
                           "scaled into [0,1] with zero at 0.5",
                           i);
    }
    return ERR_NONE;
}

/* Makes images of all samples, each scaled separately. */
static int make_images(csi_raw *raw, csi_dataset *set, err *e)
{
    const csi_raw_facts *f = csi_raw_facts_of(raw);
    const csi_dims dims = {.nt = f->nt, .nc = f->nc, .tp = f->nt, .ni = f->ni};
    size_t entries = (size_t)f->nt * f->ni;
    *set = (csi_dataset){.samples = f->samples, .nt = f->nt, .ni = f->ni};
    float complex *h_ad = malloc(entries * sizeof *h_ad);
    set->x = malloc(f->samples * 2 * entries * sizeof *set->x);
    int rc = h_ad && set->x ? ERR_NONE
                            : err_set(e, ERR_NOMEM, "out of memory for %zu samples", f->samples);
    for (size_t i = 0; !rc && i < f->samples; i++) {
        float scale = 0;
        rc = csi_raw_angle_delay(raw, i, h_ad, NULL, e);
        if (!rc)
            scale = csi_image_from_ad(&dims, h_ad, set->x + i * 2 * entries);
        if (!rc && !(scale > 0 && scale < FLT_MAX / 2))
            rc = err_set(e, ERR_FORMAT,
                         "sample %zu has no energy in the first %u taps, or too much", i, f->ni);
    }
    free(h_ad);
    return rc;
}

static int read_raw(const char *text, const csi_dims *dims, csi_dataset *set, err *e)
{
    csi_raw_spec spec;
    int rc = csi_raw_spec_parse(text, &spec, e);
    if (rc)
        return rc;
    csi_dims any = {.nc = CSI_DIMS_DEFAULT.nc, .ni = spec.ni ? spec.ni : TAPS};
    csi_raw *raw = csi_raw_open(&spec, dims ? dims : &any, CSI_RAW_BANDWIDTH_HZ, e);
    if (!raw)
        return e ? e->code : ERR_FORMAT;
    rc = make_images(raw, set, e);
    csi_raw_close(raw);
    if (!rc)
        return ERR_NONE;
    csi_dataset_free(set);
    return err_prefix(e, "'%s'", spec.path);
}

int csi_dataset_read(const char *path, const csi_dims *dims, csi_dataset *set, err *e)
{
    *set = (csi_dataset){0};
    if (csi_raw_is_raw(path))
        return read_raw(path, dims, set, e);
    mat_array a;
    int code = npy_is_named(path) ? npy_read_float(path, &a, e) : mat_read_float(path, "HT", &a, e);
    if (code != ERR_NONE)
        return code;
    code = check_shape(&a, dims, set, e);
    set->x = a.data;
    if (code == ERR_NONE)
        code = check_values(set, e);
    if (code != ERR_NONE) {
        csi_dataset_free(set);
        err_prefix(e, "'%s'", path);
    }
    return code;
}

void csi_dataset_free(csi_dataset *set)
{
    free(set->x);
    *set = (csi_dataset){0};
}

double csi_dataset_energy(const csi_dataset *set, size_t i)
{
    size_t width = (size_t)2 * set->nt * set->ni;
    const float *x = set->x + i * width;
    double energy = 0;
    for (size_t j = 0; j < width; j++)
        energy += ((double)x[j] - 0.5) * ((double)x[j] - 0.5);
    return energy;
}
