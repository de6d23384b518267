#include "csi/raw/source.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "csi/raw/logs.h"
#include "io/array.h"
#include "io/npy.h"

enum { PATHS_MAX = 1024 };

/* --- files -------------------------------------------------------------------------------------
 */

/* Without a layout the array decides: real numbers are images, complex ones H[n][nt][nc]. */
static int read_unnamed(csi_raw_source *s, err *e)
{
    csi_raw_spec *spec = &s->spec;
    const char *variable = spec->variable;
    bool named = *variable != '\0', ordered = *spec->order != '\0';
    err second = {0};
    int rc = array_read_float(spec->path, named ? variable : "HT", &s->gains, e);
    if (rc && !named && array_read_float(spec->path, "H", &s->gains, &second) == ERR_NONE)
        rc = ERR_NONE;
    if (rc)
        return rc;
    csi_raw_spec given = *spec;
    bool images = !s->gains.is_complex && !ordered;
    rc = csi_raw_spec_set(spec, "layout", images ? "images" : "raw", e);
    if (ordered) {
        snprintf(spec->order, sizeof spec->order, "%s", given.order);
        spec->domain = given.domain;
        spec->zero = given.zero;
    }
    if (given.domain != CSI_RAW_UNKNOWN)
        spec->domain = given.domain;
    if (given.zero != 0)
        spec->zero = given.zero;
    snprintf(spec->delays, sizeof spec->delays, "%s", given.delays);
    snprintf(spec->delay_order, sizeof spec->delay_order, "%s", given.delay_order);
    return rc;
}

static int read_gains(csi_raw_source *s, err *e)
{
    csi_raw_spec *spec = &s->spec;
    int rc;
    if (spec->log == 'b')
        rc = csi_raw_log_binary(spec->path, &s->gains, e);
    else if (spec->log)
        rc = csi_raw_log_csv(spec->path, &s->gains, &s->facts.empty, e);
    else
        rc = spec->layout ? array_read_float(spec->path, spec->variable, &s->gains, e)
                          : read_unnamed(s, e);
    if (rc)
        return rc;
    rc = csi_raw_axes_find(spec->order, &s->gains, spec->trailing, spec->nt, spec->ni, &s->g, e);
    if (rc)
        return err_prefix(e, "'%s'", spec->path);
    const csi_raw_axis *plane = &s->g.of[CSI_RAW_PLANE];
    if (!s->g.depth || s->g.of[CSI_RAW_NT].parts == 0)
        return err_set(e, ERR_INVALID, "order '%s' needs nt, and one of nc, ni and path",
                       spec->order);
    if (plane->parts > 1 || plane->count != (s->gains.is_complex ? 1 : 2))
        return err_set(e, ERR_MISMATCH, "'%s': the array is %s: %s", spec->path,
                       s->gains.is_complex ? "complex" : "real",
                       s->gains.is_complex
                           ? "an order with plane is for real numbers"
                           : "channels are complex, or have an axis 'plane' of 2, real and "
                             "imaginary");
    s->plane = s->gains.is_complex ? 0 : plane->stride[0];
    return ERR_NONE;
}

/* Reads delays from the same file, or from another one relative to the folder of the first. */
static int read_delays(csi_raw_source *s, err *e)
{
    csi_raw_spec *spec = &s->spec;
    char path[CSI_RAW_PATH_MAX + CSI_RAW_NAME_MAX];
    const char *slash = strrchr(spec->path, '/');
    if (!*spec->delays || !*spec->delay_order)
        return err_set(e, ERR_INVALID,
                       "paths have delays: give delays=NAME and delay-order=AXES, such as n/path");
    bool own = csi_raw_file_length(spec->delays) > 0;
    if (!own && npy_is_named(spec->path))
        return err_set(e, ERR_INVALID,
                       "'%s' holds one array: give the file of the delays, delays=tau.npy",
                       spec->path);
    int folder = own && *spec->delays != '/' && slash ? (int)(slash + 1 - spec->path) : 0;
    snprintf(path, sizeof path, "%.*s%s", folder, spec->path, own ? spec->delays : spec->path);
    int rc = array_read_float(path, spec->delays, &s->delays, e);
    if (!rc && s->delays.is_complex)
        rc = err_set(e, ERR_MISMATCH,
                     "'%s': delays must be real numbers, in seconds; these are "
                     "complex",
                     path);
    if (!rc && (rc = csi_raw_axes_find(spec->delay_order, &s->delays, spec->trailing, spec->nt, 0,
                                       &s->d, e)))
        rc = err_prefix(e, "the delays of '%s'", path);
    return rc;
}

/* Every axis of the delays is an axis of the gains, or missing if all its entries share the delay.
 */
static int match_delays(const csi_raw_source *s, err *e)
{
    static const char *const names[CSI_RAW_KINDS] = {"n", "t", "nr", "bs", "nt", "path", "plane"};
    for (int k = 0; k < CSI_RAW_KINDS; k++) {
        const csi_raw_axis *g = &s->g.of[k], *d = &s->d.of[k];
        bool same = d->parts == 0 || d->count == 1 || d->count == g->count;
        if (k == CSI_RAW_DEPTH)
            same = d->count == g->count && s->d.depth == 'p';
        if (!same)
            return err_set(e, ERR_MISMATCH, "%zu gains and %zu delays along the axis %s", g->count,
                           d->count, names[k]);
    }
    for (size_t i = 0; i < s->delays.count; i++)
        if (fabsf(s->delays.data[i]) > 1)
            return err_set(e, ERR_FORMAT, "a delay of %g s: delays are in seconds, from -1 to 1",
                           (double)s->delays.data[i]);
    return ERR_NONE;
}

/* --- sizes -------------------------------------------------------------------------------------
 */

static int resolve_domain(csi_raw_source *s, err *e)
{
    csi_raw_domain by_order = s->g.depth == 'c'   ? CSI_RAW_FREQUENCY
                              : s->g.depth == 'p' ? CSI_RAW_PATHS
                                                  : CSI_RAW_DELAY;
    csi_raw_domain domain = s->spec.domain == CSI_RAW_UNKNOWN ? by_order : s->spec.domain;
    if (domain != by_order && !(domain == CSI_RAW_ANGLE_DELAY && by_order == CSI_RAW_DELAY))
        return err_set(e, ERR_INVALID,
                       "order '%s' does not go with domain %s: subcarriers are nc, taps ni, paths "
                       "path",
                       s->spec.order, csi_raw_domain_name(domain));
    s->facts.domain = domain;
    bool angles = domain == CSI_RAW_ANGLE_DELAY;
    if (s->spec.fft_band && (angles || domain == CSI_RAW_PATHS))
        return err_set(e, ERR_INVALID, "band=fft is for domains frequency and delay");
    if (s->spec.fft_angles && !angles)
        return err_set(e, ERR_INVALID, "angles=fft is for domain angle-delay");
    if (s->spec.from_first && domain != CSI_RAW_PATHS)
        return err_set(e, ERR_INVALID, "start=first is for domain paths");
    return ERR_NONE;
}

/* One entry of an axis, or each: the first, and how many. */
static int choose_entry(const char *name, const csi_raw_axis *axis, int32_t chosen, bool each,
                        size_t *first, size_t *count, err *e)
{
    *first = chosen >= 0 ? (size_t)chosen : 0;
    *count = chosen < 0 && each ? axis->count : 1;
    if (*first >= axis->count)
        return err_set(e, ERR_INVALID, "%s=%zu: the file has %zu, numbered from 0", name, *first,
                       axis->count);
    if (chosen < 0 && !each && axis->count > 1)
        return err_set(e, ERR_INVALID, "the file has %zu base stations: choose one, %s=0 to %zu",
                       axis->count, name, axis->count - 1);
    return ERR_NONE;
}

static int resolve_sizes(csi_raw_source *s, const csi_dims *dims, double bandwidth_hz, err *e)
{
    csi_raw_facts *f = &s->facts;
    const csi_raw_axis *nt = &s->g.of[CSI_RAW_NT], *depth = &s->g.of[CSI_RAW_DEPTH];
    size_t most = f->domain == CSI_RAW_PATHS ? PATHS_MAX : CSI_NC_MAX, antennas;
    if (nt->count > CSI_NT_MAX || depth->count > most)
        return err_set(e, ERR_MISMATCH,
                       "%zu antennas and %zu %s; at most %d and %zu are allowed. Is the order "
                       "right?",
                       nt->count, depth->count,
                       f->domain == CSI_RAW_PATHS       ? "paths"
                       : f->domain == CSI_RAW_FREQUENCY ? "subcarriers"
                                                        : "taps",
                       CSI_NT_MAX, most);
    int rc = choose_entry("rx", &s->g.of[CSI_RAW_NR], s->spec.rx, true, &s->first_rx, &antennas, e);
    size_t one;
    if (!rc)
        rc = choose_entry("bs", &s->g.of[CSI_RAW_BS], s->spec.bs, false, &s->bs, &one, e);
    if (rc)
        return rc;
    f->nt = (uint32_t)nt->count;
    f->depth = (uint32_t)depth->count;
    f->antennas = (uint32_t)antennas;
    f->nc = f->domain == CSI_RAW_FREQUENCY ? f->depth : s->spec.nc ? s->spec.nc : dims->nc;
    f->ni = dims->ni;
    if (s->spec.bandwidth_hz == 0)
        s->spec.bandwidth_hz = bandwidth_hz;
    if (dims->nt && dims->nt != f->nt)
        return err_set(e, ERR_MISMATCH, "it has %u antennas, not %u", f->nt, dims->nt);
    if (f->ni > f->nc || (f->domain != CSI_RAW_PATHS && f->depth > f->nc))
        return err_set(e, ERR_MISMATCH,
                       "%u subcarriers are fewer than the taps: the file has %u, %u are needed",
                       f->nc, f->depth, f->ni);
    return ERR_NONE;
}

/* Counts the samples in the file: a sequence's steps fastest, then receive antennas. */
static int count_samples(csi_raw_source *s, size_t *samples, err *e)
{
    csi_raw_facts *f = &s->facts;
    size_t n = s->g.of[CSI_RAW_N].count, t = s->g.of[CSI_RAW_T].count;
    if (__builtin_mul_overflow(n, t, samples) ||
        __builtin_mul_overflow(*samples, (size_t)f->antennas, samples) || *samples > UINT32_MAX)
        return err_set(e, ERR_MISMATCH, "more than %u samples", UINT32_MAX);
    f->steps = s->spec.sequence_axis ? (uint32_t)t : s->spec.sequence ? s->spec.sequence : 1;
    if (s->spec.sequence_axis && s->g.of[CSI_RAW_T].parts == 0)
        return err_set(e, ERR_INVALID, "sequence=axis: order '%s' has no axis t", s->spec.order);
    if (*samples % f->steps != 0)
        return err_set(e, ERR_MISMATCH, "%zu samples are not sequences of %u", *samples, f->steps);
    return ERR_NONE;
}

/* --- samples -----------------------------------------------------------------------------------
 */

/* Offset of the file's sample i along the axes that distinguish samples. */
static size_t begin_of(const csi_raw_source *s, const csi_raw_axes *axes, size_t i)
{
    size_t t = axes->of[CSI_RAW_T].count, steps = s->g.of[CSI_RAW_T].count;
    size_t step = i % steps, rx = s->first_rx + i / steps % s->facts.antennas;
    size_t n = i / steps / s->facts.antennas;
    return csi_raw_axis_offset(&axes->of[CSI_RAW_N], n) +
           csi_raw_axis_offset(&axes->of[CSI_RAW_T], t > 1 ? step : 0) +
           csi_raw_axis_offset(&axes->of[CSI_RAW_NR], rx) +
           csi_raw_axis_offset(&axes->of[CSI_RAW_BS], s->bs);
}

size_t csi_raw_source_gains(const csi_raw_source *s, size_t i)
{
    return begin_of(s, &s->g, s->kept[i]);
}

size_t csi_raw_source_delays(const csi_raw_source *s, size_t i)
{
    return begin_of(s, &s->d, s->kept[i]);
}

/* Sets each part separately, so that a negative zero keeps its sign. */
float complex csi_raw_source_at(const csi_raw_source *s, size_t at)
{
    const float *x = s->gains.data, zero = (float)s->spec.zero;
    float part[2];
    if (s->plane == 0) {
        memcpy(part, x + 2 * at, sizeof part);
    } else {
        part[0] = x[at] - zero;
        part[1] = x[at + s->plane] - zero;
    }
    float complex z;
    memcpy(&z, part, sizeof z);
    return z;
}

static bool is_empty(const csi_raw_source *s, size_t begin)
{
    for (uint32_t k = 0; k < s->facts.nt; k++)
        for (uint32_t d = 0; d < s->facts.depth; d++)
            if (csi_raw_source_at(s, begin + s->nt_at[k] + s->depth_at[d]) != 0)
                return false;
    return true;
}

static size_t *offsets_of(const csi_raw_axis *axis, size_t count)
{
    size_t *at = malloc(count * sizeof *at);
    for (size_t i = 0; at && i < count; i++)
        at[i] = csi_raw_axis_offset(axis, axis->parts ? i : 0);
    return at;
}

static int keep_samples(csi_raw_source *s, size_t samples, err *e)
{
    csi_raw_facts *f = &s->facts;
    s->kept = malloc(samples * sizeof *s->kept);
    s->nt_at = offsets_of(&s->g.of[CSI_RAW_NT], f->nt);
    s->depth_at = offsets_of(&s->g.of[CSI_RAW_DEPTH], f->depth);
    bool paths = f->domain == CSI_RAW_PATHS;
    s->delay_nt_at = paths ? offsets_of(&s->d.of[CSI_RAW_NT], f->nt) : NULL;
    s->delay_at = paths ? offsets_of(&s->d.of[CSI_RAW_DEPTH], f->depth) : NULL;
    if (!s->kept || !s->nt_at || !s->depth_at || (paths && (!s->delay_nt_at || !s->delay_at)))
        return err_set(e, ERR_NOMEM, "out of memory for %zu samples", samples);
    for (size_t i = 0; i < samples; i += f->steps) {
        bool empty = false;
        for (size_t k = 0; k < f->steps && !empty; k++)
            empty = is_empty(s, begin_of(s, &s->g, i + k));
        for (size_t k = 0; k < f->steps && !empty; k++)
            s->kept[f->samples++] = i + k;
        f->empty += empty ? f->steps : 0;
    }
    return f->samples
               ? ERR_NONE
               : err_set(e, ERR_FORMAT, "all %zu samples are zero throughout: no channel", samples);
}

static void describe(csi_raw_source *s)
{
    csi_raw_facts *f = &s->facts;
    const csi_raw_spec *spec = &s->spec;
    size_t used = 0;
    for (int i = 0; i < s->gains.rank && used < sizeof f->shape; i++)
        used += (size_t)snprintf(f->shape + used, sizeof f->shape - used, "%s%zu", i ? " x " : "",
                                 s->gains.dims[i]);
    if (used < sizeof f->shape)
        snprintf(f->shape + used, sizeof f->shape - used, " %s (%.100s)",
                 s->gains.is_complex ? "complex" : "real", spec->order);
    const char *sign = spec->conjugate ? "+" : "-";
    if (f->domain == CSI_RAW_PATHS)
        snprintf(f->convention, sizeof f->convention,
                 "paths, exp(%sj 2 pi f tau), carrier %s of the band, delays %s", sign,
                 spec->lowest ? "at the lower end" : "in the centre",
                 spec->from_first ? "from the earliest path" : "as given");
    else if (f->domain == CSI_RAW_ANGLE_DELAY)
        snprintf(f->convention, sizeof f->convention,
                 "angle-delay domain, row %s is broadside, taps by %s DFT, zero at %g",
                 spec->fft_angles ? "0" : "nt/2", spec->conjugate ? "a forward" : "an inverse",
                 spec->zero);
    else if (f->domain == CSI_RAW_DELAY)
        snprintf(f->convention, sizeof f->convention, "delay domain, taps by %s DFT of %s",
                 spec->conjugate ? "a forward" : "an inverse",
                 spec->fft_band ? "subcarriers in FFT order" : "ascending subcarriers");
    else
        snprintf(f->convention, sizeof f->convention,
                 "frequency domain, exp(%sj 2 pi f tau), subcarriers %s", sign,
                 spec->fft_band ? "in FFT order" : "ascending");
}

static int read_all(csi_raw_source *s, const csi_dims *dims, double bandwidth_hz, err *e)
{
    size_t samples;
    int rc = read_gains(s, e);
    if (!rc)
        rc = resolve_domain(s, e);
    if (!rc && s->facts.domain == CSI_RAW_PATHS && !(rc = read_delays(s, e)))
        rc = match_delays(s, e);
    if (!rc)
        rc = resolve_sizes(s, dims, bandwidth_hz, e);
    if (!rc)
        rc = count_samples(s, &samples, e);
    return rc ? rc : keep_samples(s, samples, e);
}

int csi_raw_source_read(csi_raw_source *s, const csi_raw_spec *spec, const csi_dims *dims,
                        double bandwidth_hz, err *e)
{
    err why = {0};
    *s = (csi_raw_source){.spec = *spec};
    int rc = read_all(s, dims, bandwidth_hz, &why);
    if (!rc) {
        describe(s);
        return ERR_NONE;
    }
    csi_raw_source_free(s);
    if (strncmp(why.text, "'", 1) == 0 || rc == ERR_IO) /* already names the file */
        return err_set(e, (err_code)rc, "%s", why.text);
    return err_set(e, (err_code)rc, "'%s': %s", spec->path, why.text);
}

void csi_raw_source_free(csi_raw_source *s)
{
    mat_array_free(&s->gains);
    mat_array_free(&s->delays);
    free(s->kept);
    free(s->nt_at);
    free(s->depth_at);
    free(s->delay_nt_at);
    free(s->delay_at);
    *s = (csi_raw_source){0};
}
