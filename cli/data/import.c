/* csilink data import: raw channels of other tools (csi/raw/raw.h) become images, or channels in
 * the layout that csilink replays by default. */
#include <complex.h>
#include <float.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/decibel.h"
#include "base/log.h"
#include "csi/image.h"
#include "csi/raw/raw.h"
#include "data.h"
#include "io/mat.h"
#include "io/npy.h"
#include "ui/option.h"

enum { KEYS = 15, THREADS_MAX = 64 };

typedef struct import_options {
    const char *out, *output;
    const char *key[KEYS]; /* values, as below */
    uint64_t nt, nc, ni, threads;
    double bandwidth_hz;
} import_options;

/* The keys of csi/raw/spec.h that are options by the same name. */
static const struct {
    const char *name, *argument, *help;
} keys[KEYS] = {
    {"layout", "NAME",
     "the tool that wrote the file: docs/raw-channels.md lists them [by the array]"},
    {"variable", "NAME", "the array, in a file that has several"},
    {"delays", "NAME", "delays of paths, s: a variable, or a file"},
    {"order", "AXES", "of n, t, nr, bs, nt, nc or ni or path, plane, 1: n/nt/nc"},
    {"delay-order", "AXES", "order of the delays' axes: n/path"},
    {"domain", "NAME", "frequency, delay, angle-delay or paths [by the order]"},
    {"sign", "SIGN", "sign of a delay's exponent, - or + [-]"},
    {"band", "NAME", "subcarriers are ascending, or in FFT order: fft [ascending]"},
    {"carrier", "NAME", "carrier of paths: centre of the band, or lowest [by the layout]"},
    {"start", "NAME", "delays of paths: absolute, or from the first path: first [absolute]"},
    {"angles", "NAME", "angle rows are centred, or in FFT order: fft [centred]"},
    {"rx", "N", "receive antenna, from 0, or each as a separate sample [each]"},
    {"bs", "N", "base station, from 0, where there are several"},
    {"sequence", "axis|T", "the axis t, or every T samples, are one UE over time"},
    {"zero", "X", "value to subtract from real planes [0; for images 0.5]"},
};

static const option_command command = {
    .name = "csilink data import",
    .summary = "makes a data set from channels of Sionna, DeepMIMO, QuaDRiGa, MATLAB and others",
    .operands = "FILE",
    .example = "  csilink data import cir.npz --layout sionna --bandwidth 20e6 --out sionna.mat\n"
               "  csilink data import H.npy --order n/nc/nt --out mine.npy",
    .operands_min = 1,
    .operands_max = 1,
};

/* --- conversion ------------------------------------------------------------------------------- */

/* All samples, with their energy and the part of it in the kept taps. */
typedef struct conversion {
    csi_raw *raw;
    const csi_raw_facts *facts;
    float *images;      /* [samples][2][nt][ni] */
    double *all, *kept; /* [samples] */
} conversion;

typedef struct share {
    const conversion *c;
    size_t begin, end;
    int rc;
    err why;
} share;

static void *convert_share(void *argument)
{
    share *s = argument;
    const csi_raw_facts *f = s->c->facts;
    const csi_dims dims = {.nt = f->nt, .nc = f->nc, .tp = f->nt, .ni = f->ni};
    size_t entries = (size_t)f->nt * f->ni;
    float complex *h_ad = malloc(entries * sizeof *h_ad);
    s->rc = h_ad ? ERR_NONE : err_set(&s->why, ERR_NOMEM, "out of memory for a sample");
    for (size_t i = s->begin; !s->rc && i < s->end; i++) {
        float *image = s->c->images + i * 2 * entries;
        double kept = 0;
        s->rc = csi_raw_angle_delay(s->c->raw, i, h_ad, &s->c->all[i], &s->why);
        if (s->rc)
            break;
        for (size_t j = 0; j < 2 * entries; j++)
            kept += (double)((float *)h_ad)[j] * (double)((float *)h_ad)[j];
        s->c->kept[i] = kept;
        float scale = csi_image_from_ad(&dims, h_ad, image);
        if (!(kept > 0 && isfinite(kept) && scale < FLT_MAX / 2))
            s->rc = err_set(&s->why, ERR_FORMAT,
                            "sample %zu has no energy in the first %u taps, or too much to be "
                            "scaled: --start first counts delays from the earliest path",
                            i, f->ni);
    }
    free(h_ad);
    return NULL;
}

static int convert(conversion *c, size_t threads, err *e)
{
    pthread_t thread[THREADS_MAX];
    static share shares[THREADS_MAX];
    size_t samples = c->facts->samples, started = 0;
    threads = threads < samples ? threads : samples;
    for (size_t i = 0; i < threads; i++)
        shares[i] =
            (share){.c = c, .begin = samples * i / threads, .end = samples * (i + 1) / threads};
    while (started + 1 < threads &&
           pthread_create(&thread[started], NULL, convert_share, &shares[started]) == 0)
        started++;
    for (size_t i = started; i < threads; i++) /* the last share, and those without a thread */
        convert_share(&shares[i]);
    for (size_t i = 0; i < started; i++)
        pthread_join(thread[i], NULL);
    for (size_t i = 0; i < threads; i++)
        if (shares[i].rc)
            return err_set(e, (err_code)shares[i].rc, "%s", shares[i].why.text);
    return ERR_NONE;
}

static int open_conversion(conversion *c, csi_raw *raw, err *e)
{
    const csi_raw_facts *f = csi_raw_facts_of(raw);
    *c = (conversion){.raw = raw, .facts = f};
    c->images = malloc(f->samples * 2 * f->nt * f->ni * sizeof *c->images);
    c->all = calloc(f->samples, sizeof *c->all);
    c->kept = calloc(f->samples, sizeof *c->kept);
    return c->images && c->all && c->kept
               ? ERR_NONE
               : err_set(e, ERR_NOMEM, "out of memory for %zu samples", f->samples);
}

static void close_conversion(conversion *c)
{
    free(c->images);
    free(c->all);
    free(c->kept);
}

/* --- files ------------------------------------------------------------------------------------ */

static int write_array(const char *out, const char *variable, const mat_array *a, err *e)
{
    if (npy_is_named(out))
        return npy_write_float(out, a, e);
    mat_format format = a->count > MAT_V5_ELEMENTS_MAX / 2 ? MAT_HDF5 : MAT_PLAIN;
    return mat_write_float_as(out, variable, a, format, false, e);
}

/* Writes H[n][nt][nc] for any domain of the file, row by row to a .npy, which can be larger than
 * memory. */
static int write_channels(csi_raw *raw, const char *out, err *e)
{
    const csi_raw_facts *f = csi_raw_facts_of(raw);
    size_t entries = (size_t)f->nt * f->nc, dims[] = {f->samples, f->nt, f->nc};
    bool npy = npy_is_named(out);
    npy_writer *w = npy ? npy_writer_open_array(out, 3, dims, true, e) : NULL;
    if (npy && !w)
        return ERR_IO;
    float complex *h = malloc(entries * sizeof *h);
    float complex *row = malloc(entries * sizeof *row * (npy ? 1 : f->samples));
    int rc = h && row ? ERR_NONE
                      : err_set(e, ERR_NOMEM, "out of memory for %zu channels; a .npy needs less",
                                f->samples);
    for (size_t i = 0; !rc && i < f->samples; i++) {
        float complex *to = row + (npy ? 0 : i * entries);
        rc = csi_raw_frequency(raw, i, h, e);
        for (size_t j = 0; !rc && j < entries; j++)
            to[j % f->nt * f->nc + j / f->nt] = h[j];
        if (!rc && npy)
            rc = npy_writer_add(w, (const float *)row, 1, e);
    }
    mat_array a = {.rank = 3,
                   .dims = {f->samples, f->nt, f->nc},
                   .count = f->samples * entries,
                   .is_complex = true,
                   .data = (float *)row};
    if (!rc)
        rc = npy ? npy_writer_close(w, e) : write_array(out, "H", &a, e);
    else
        npy_writer_drop(w);
    free(h);
    free(row);
    return rc;
}

/* --- output -------------------------------------------------------------------------- */

static void print_read(const csi_raw_spec *spec, const csi_raw_facts *f, double bandwidth_hz)
{
    printf("%s: %s\n  read as  %s\n", spec->path, f->shape, f->convention);
    printf("  samples  %zu of %u antennas x %u subcarriers in %g MHz", f->samples, f->nt, f->nc,
           bandwidth_hz * 1e-6);
    if (f->antennas > 1)
        printf("; each of %u receive antennas is one", f->antennas);
    if (f->steps > 1)
        printf("; every %u consecutive samples are one UE", f->steps);
    if (f->empty)
        printf("; %zu more are left out, being all zero or cut short", f->empty);
    printf("\n");
}

static void print_cut(const conversion *c)
{
    double all = 0, kept = 0, worst = 0;
    size_t at = 0;
    for (size_t i = 0; i < c->facts->samples; i++) {
        /* Averages shares, so that near UEs do not outweigh the others. */
        double lost = fmax(0, 1 - c->kept[i] / c->all[i]);
        all += 1;
        kept += 1 - lost;
        if (lost > worst)
            worst = lost, at = i;
    }
    double lost = 1 - kept / all;
    printf("  cut      the first %u of %u delay taps keep %.3f %% of a sample's energy on average",
           c->facts->ni, c->facts->nc, 100 * kept / all);
    if (lost > 1e-9)
        printf(" (%.1f dB lost); sample %zu keeps the least, %.3f %%", db_of_power(lost), at,
               100 * (1 - worst));
    printf("\n");
}

static void print_written(const import_options *o, const csi_raw_facts *f, bool images)
{
    bool npy = npy_is_named(o->out);
    if (images)
        printf("  written  %s: HT %zu x %u, each sample scaled by itself into [0,1], zero at 0.5\n",
               o->out, f->samples, 2 * f->nt * f->ni);
    else
        printf("  written  %s: H %zu x %u x %u complex, not scaled, exp(-j 2 pi f tau), "
               "subcarriers ascending\n",
               o->out, f->samples, f->nt, f->nc);
    printf("  replay   --channel %s%s", o->out, images || npy ? "" : ":variable=H");
    if (f->steps > 1)
        printf(":sequence=%u", f->steps);
    if (!images && f->nc != CSI_DIMS_DEFAULT.nc)
        printf(" --nc %u", f->nc);
    printf("\n");
}

/* --- the command ------------------------------------------------------------------------------ */

static int import(const import_options *o, const csi_raw_spec *spec, err *e)
{
    const csi_dims dims = {.nt = (uint32_t)o->nt, .nc = (uint32_t)o->nc, .ni = (uint32_t)o->ni};
    bool images = strcmp(o->output, "images") == 0;
    csi_raw *raw = csi_raw_open(spec, &dims, o->bandwidth_hz, e);
    if (!raw)
        return e->code;
    const csi_raw_facts *f = csi_raw_facts_of(raw);
    conversion c;
    int rc = open_conversion(&c, raw, e);
    if (!rc)
        rc = convert(&c, (size_t)o->threads, e);
    if (rc)
        err_prefix(e, "'%s'", spec->path);
    mat_array a = {.rank = 2,
                   .dims = {f->samples, (size_t)2 * f->nt * f->ni},
                   .count = f->samples * 2 * f->nt * f->ni,
                   .data = c.images};
    if (!rc)
        rc = images ? write_array(o->out, "HT", &a, e) : write_channels(raw, o->out, e);
    if (!rc) {
        print_read(spec, f, o->bandwidth_hz);
        print_cut(&c);
        print_written(o, f, images);
    }
    close_conversion(&c);
    csi_raw_close(raw);
    return rc;
}

static int parse(import_options *o, int argc, char **argv)
{
    const option_spec own[] = {
        OPTION_STRING("out", &o->out, "FILE", "output file: .mat or .npy"),
        OPTION_CHOICE("output", &o->output, "images|channels",
                      "HT for networks, or complex H [n x nt x nc] with the whole band"),
        OPTION_DOUBLE("bandwidth", &o->bandwidth_hz, 1e5, 1e10, "HZ",
                      "bandwidth of the subcarriers; a delay tap is its inverse"),
        OPTION_UINT("nc", &o->nc, 1, CSI_NC_MAX, "N", "subcarriers, for paths and taps"),
        OPTION_UINT("nt", &o->nt, 0, CSI_NT_MAX, "N", "required number of antennas; 0: any"),
        OPTION_UINT("ni", &o->ni, 1, CSI_NC_MAX, "N", "delay taps to keep"),
        OPTION_UINT("threads", &o->threads, 1, THREADS_MAX, "N",
                    "the result does not depend on it"),
    };
    enum { OWN = sizeof own / sizeof own[0] };
    option_spec specs[KEYS + OWN];
    size_t count = 0;
    for (size_t i = 0; i < KEYS; i++)
        specs[count++] =
            (option_spec)OPTION_STRING(keys[i].name, &o->key[i], keys[i].argument, keys[i].help);
    memcpy(specs + count, own, sizeof own);
    option_command whole = command;
    whole.specs = specs;
    whole.count = count + OWN;
    return option_parse(&whole, argc, argv, NULL);
}

static int check_out(const char *out)
{
    const char *dot = out ? strrchr(out, '.') : NULL;
    if (!out)
        return option_complain(&command, "it needs --out");
    if (!dot || (strcmp(dot, ".mat") != 0 && strcmp(dot, ".npy") != 0))
        return option_complain(&command, "--out %s: data sets are .mat or .npy files", out);
    return -1;
}

int data_import(int argc, char **argv)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    import_options o = {.output = "images",
                        .nc = CSI_DIMS_DEFAULT.nc,
                        .ni = CSI_DIMS_DEFAULT.ni,
                        .bandwidth_hz = CSI_RAW_BANDWIDTH_HZ};
    o.threads = cores < 1 ? 1 : cores > THREADS_MAX ? THREADS_MAX : (uint64_t)cores;
    int status = parse(&o, argc, argv);
    if (status < 0)
        status = check_out(o.out);
    if (status >= 0)
        return status;
    static csi_raw_spec spec;
    err e = {0};
    int rc = csi_raw_spec_init(&spec, argv[1], &e);
    for (size_t i = 0; !rc && i < KEYS; i++) /* the layout is the first */
        if (o.key[i])
            rc = csi_raw_spec_set(&spec, keys[i].name, o.key[i], &e);
    if (rc)
        return option_complain(&command, "--%s", e.text);
    if (o.nt && !spec.nt)
        spec.nt = (uint32_t)o.nt;
    if (import(&o, &spec, &e) == ERR_NONE)
        return 0;
    log_error("%s", e.text);
    return 1;
}
