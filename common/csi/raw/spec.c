#include "csi/raw/spec.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "csi/dims.h"
#include "io/npy.h"

/* Shapes from the tools' own documents; docs/raw-channels.md cites them. */
static const csi_raw_layout layouts[] = {
    {.name = "raw", .variable = "H", .order = "n/nt/nc", .domain = CSI_RAW_FREQUENCY},
    {.name = "images",
     .variable = "HT",
     .order = "n/plane+nt+ni|n/plane/nt/ni",
     .domain = CSI_RAW_ANGLE_DELAY,
     .zero = 0.5},
    {.name = "deepmimo", .variable = "channel", .order = "n/nr/nt/nc", .domain = CSI_RAW_FREQUENCY},
    {.name = "deepmimo-paths",
     .variable = "channel",
     .delays = "toa",
     .order = "n/nr/nt/path",
     .delay_order = "n/path",
     .domain = CSI_RAW_PATHS,
     .lowest = true},
    {.name = "sionna",
     .variable = "a",
     .delays = "tau",
     .order = "n/n/nr/bs/nt/path/t|n/nr/bs/nt/path/t",
     .delay_order = "n/n/nr/bs/nt/path|n/nr/bs/nt/path|n/n/bs/path|n/bs/path",
     .domain = CSI_RAW_PATHS},
    {.name = "sionna-ofdm",
     .variable = "h",
     .order = "n/n/nr/bs/nt/t/nc|n/nr/bs/nt/t/nc",
     .domain = CSI_RAW_FREQUENCY},
    {.name = "quadriga",
     .variable = "coeff",
     .delays = "delay",
     .order = "nr/nt/path/t",
     .delay_order = "nr/nt/path/t|path/t",
     .domain = CSI_RAW_PATHS,
     .lowest = true,
     .trailing = true},
    {.name = "quadriga-fr",
     .variable = "H",
     .order = "nr/nt/nc/t",
     .domain = CSI_RAW_FREQUENCY,
     .trailing = true},
    {.name = "matlab-5g",
     .variable = "hest",
     .order = "nc/t/nr/nt",
     .domain = CSI_RAW_FREQUENCY,
     .trailing = true},
    {.name = "matlab-5g-paths",
     .variable = "pathGains",
     .delays = "pathDelays",
     .order = "t/path/nt/nr",
     .delay_order = "path",
     .domain = CSI_RAW_PATHS,
     .trailing = true},
    {.name = "oai-csinet",
     .variable = "H",
     .order = "n/nr/nt/nc",
     .domain = CSI_RAW_FREQUENCY,
     .log = 'b'},
    /* Sounding of the uplink: the base station's antennas receive, the UE's ports transmit. */
    {.name = "oai-csi-logging",
     .variable = "H",
     .order = "n/nt/nr/nc",
     .domain = CSI_RAW_FREQUENCY,
     .log = 'c'},
};
enum { LAYOUTS = sizeof layouts / sizeof layouts[0], DOMAINS = CSI_RAW_PATHS + 1 };

static const char *const domain_names[DOMAINS] = {"by the order", "frequency", "delay",
                                                  "angle-delay", "paths"};

const csi_raw_layout *csi_raw_layout_at(size_t i)
{
    return i < LAYOUTS ? &layouts[i] : NULL;
}

const char *csi_raw_layout_names(char *text, size_t size)
{
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < LAYOUTS && used < size; i++)
        used += (size_t)snprintf(text + used, size - used, "%s%s", i ? ", " : "", layouts[i].name);
    return text;
}

const char *csi_raw_domain_name(csi_raw_domain domain)
{
    return domain_names[domain];
}

size_t csi_raw_file_length(const char *text)
{
    static const char *const ends[] = {".mat", ".npy", ".npz", ".h5", ".hdf5"};
    for (const char *dot = strchr(text, '.'); dot; dot = strchr(dot + 1, '.'))
        for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
            size_t n = strlen(ends[i]);
            if (dot > text && strncmp(dot, ends[i], n) == 0 && (!dot[n] || dot[n] == ':'))
                return (size_t)(dot - text) + n;
        }
    return 0;
}

bool csi_raw_is_raw(const char *text)
{
    size_t n = csi_raw_file_length(text);
    if (n == 0 || text[n] == ':')
        return n > 0;
    return npy_is_named(text) ? npy_is_complex(text) : strcmp(text + n - 4, ".mat") != 0;
}

/* --- keys --------------------------------------------------------------------------------------
 */

static int bad_value(const char *key, const char *value, const char *takes, err *e)
{
    return err_set(e, ERR_INVALID, "%s=%.64s: it takes %s", key, value, takes);
}

static int set_text(const char *key, const char *value, char *to, size_t size, err *e)
{
    if (!*value || strlen(value) >= size)
        return err_set(e, ERR_INVALID, "%s=%.64s: it takes 1 to %zu characters", key, value,
                       size - 1);
    snprintf(to, size, "%s", value);
    return ERR_NONE;
}

/* Sets a flag from one of two words. */
static int set_choice(const char *key, const char *value, const char *no, const char *yes, bool *to,
                      err *e)
{
    char takes[64];
    *to = strcmp(value, yes) == 0;
    if (*to || strcmp(value, no) == 0)
        return ERR_NONE;
    snprintf(takes, sizeof takes, "%s or %s", no, yes);
    return bad_value(key, value, takes, e);
}

static int set_whole(const char *key, const char *value, uint32_t least, uint32_t most,
                     uint32_t *to, err *e)
{
    uint64_t x;
    if (!text_whole(value, least, most, &x))
        return err_set(e, ERR_INVALID, "%s=%.64s: it takes a whole number from %u to %u", key,
                       value, least, most);
    *to = (uint32_t)x;
    return ERR_NONE;
}

static int set_index(const char *key, const char *value, int32_t *to, err *e)
{
    uint32_t x = 0;
    if (strcmp(key, "rx") == 0 && strcmp(value, "each") == 0) {
        *to = CSI_RAW_EACH;
        return ERR_NONE;
    }
    int rc = set_whole(key, value, 0, 65535, &x, e);
    if (!rc)
        *to = (int32_t)x;
    return rc;
}

static int set_real(const char *key, const char *value, double least, double most, double *to,
                    err *e)
{
    double x;
    if (!text_number(value, &x) || !(x >= least && x <= most))
        return err_set(e, ERR_INVALID, "%s=%.64s: it takes a number from %g to %g", key, value,
                       least, most);
    *to = x;
    return ERR_NONE;
}

static int set_layout(csi_raw_spec *spec, const char *value, err *e)
{
    char names[256];
    for (size_t i = 0; i < LAYOUTS; i++) {
        const csi_raw_layout *l = &layouts[i];
        if (strcmp(value, l->name) != 0)
            continue;
        spec->layout = l->name;
        snprintf(spec->variable, sizeof spec->variable, "%s", l->variable);
        snprintf(spec->delays, sizeof spec->delays, "%s", l->delays ? l->delays : "");
        snprintf(spec->order, sizeof spec->order, "%s", l->order);
        snprintf(spec->delay_order, sizeof spec->delay_order, "%s",
                 l->delay_order ? l->delay_order : "");
        spec->domain = l->domain;
        spec->lowest = l->lowest;
        spec->trailing = l->trailing;
        spec->zero = l->zero;
        spec->log = l->log;
        return ERR_NONE;
    }
    return err_set(e, ERR_INVALID, "layout=%.64s: unknown; the layouts are %s", value,
                   csi_raw_layout_names(names, sizeof names));
}

static int set_domain(csi_raw_spec *spec, const char *value, err *e)
{
    for (int i = CSI_RAW_FREQUENCY; i < DOMAINS; i++)
        if (strcmp(value, domain_names[i]) == 0) {
            spec->domain = (csi_raw_domain)i;
            return ERR_NONE;
        }
    return bad_value("domain", value, "frequency, delay, angle-delay or paths", e);
}

/* A user's order also decides the domain, unless a later key gives it. */
static int set_order(csi_raw_spec *spec, const char *value, err *e)
{
    int rc = set_text("order", value, spec->order, sizeof spec->order, e);
    if (!rc && spec->domain != CSI_RAW_ANGLE_DELAY)
        spec->domain = CSI_RAW_UNKNOWN;
    return rc;
}

static int set_sequence(csi_raw_spec *spec, const char *value, err *e)
{
    spec->sequence_axis = strcmp(value, "axis") == 0;
    spec->sequence = 0;
    return spec->sequence_axis ? ERR_NONE
                               : set_whole("sequence", value, 1, 1000000, &spec->sequence, e);
}

int csi_raw_spec_set(csi_raw_spec *spec, const char *key, const char *value, err *e)
{
    static const char *const keys[] = {"layout", "variable", "delays", "order",    "delay-order",
                                       "domain", "sign",     "band",   "carrier",  "start",
                                       "angles", "rx",       "bs",     "sequence", "bandwidth",
                                       "nt",     "ni",       "nc",     "zero"};
    if (strcmp(key, "layout") == 0)
        return set_layout(spec, value, e);
    if (strcmp(key, "variable") == 0)
        return set_text(key, value, spec->variable, sizeof spec->variable, e);
    if (strcmp(key, "delays") == 0)
        return set_text(key, value, spec->delays, sizeof spec->delays, e);
    if (strcmp(key, "order") == 0)
        return set_order(spec, value, e);
    if (strcmp(key, "delay-order") == 0)
        return set_text(key, value, spec->delay_order, sizeof spec->delay_order, e);
    if (strcmp(key, "domain") == 0)
        return set_domain(spec, value, e);
    if (strcmp(key, "sign") == 0)
        return set_choice(key, value, "-", "+", &spec->conjugate, e);
    if (strcmp(key, "band") == 0)
        return set_choice(key, value, "ascending", "fft", &spec->fft_band, e);
    if (strcmp(key, "carrier") == 0)
        return set_choice(key, value, "centre", "lowest", &spec->lowest, e);
    if (strcmp(key, "start") == 0)
        return set_choice(key, value, "absolute", "first", &spec->from_first, e);
    if (strcmp(key, "angles") == 0)
        return set_choice(key, value, "centred", "fft", &spec->fft_angles, e);
    if (strcmp(key, "rx") == 0)
        return set_index(key, value, &spec->rx, e);
    if (strcmp(key, "bs") == 0)
        return set_index(key, value, &spec->bs, e);
    if (strcmp(key, "sequence") == 0)
        return set_sequence(spec, value, e);
    if (strcmp(key, "bandwidth") == 0)
        return set_real(key, value, 1e5, 1e10, &spec->bandwidth_hz, e);
    if (strcmp(key, "zero") == 0)
        return set_real(key, value, -1e6, 1e6, &spec->zero, e);
    if (strcmp(key, "nt") == 0)
        return set_whole(key, value, 1, CSI_NT_MAX, &spec->nt, e);
    if (strcmp(key, "ni") == 0)
        return set_whole(key, value, 1, CSI_NC_MAX, &spec->ni, e);
    if (strcmp(key, "nc") == 0)
        return set_whole(key, value, 1, CSI_NC_MAX, &spec->nc, e);
    const char *nearest = text_nearest(key, keys, sizeof keys / sizeof keys[0]);
    return err_set(e, ERR_INVALID, "unknown key '%.32s' of a file of channels%s%s", key,
                   nearest ? "; did you mean " : "", nearest ? nearest : "");
}

/* --- the whole text ----------------------------------------------------------------------------
 */

int csi_raw_spec_init(csi_raw_spec *spec, const char *path, err *e)
{
    *spec = (csi_raw_spec){.rx = CSI_RAW_EACH, .bs = CSI_RAW_EACH};
    if (strlen(path) >= sizeof spec->path)
        return err_set(e, ERR_INVALID, "the path '%.64s...' is too long", path);
    snprintf(spec->path, sizeof spec->path, "%s", path);
    return ERR_NONE;
}

/* Parses the keys behind the file; with `layouts_only` just the layout, which the others override.
 */
static int parse_keys(const char *text, bool layouts_only, csi_raw_spec *spec, err *e)
{
    int rc = ERR_NONE;
    while (!rc && *text == ':') {
        char item[CSI_RAW_ORDER_MAX + 32];
        size_t n = strcspn(++text, ":");
        snprintf(item, sizeof item, "%.*s", (int)(n < sizeof item ? n : sizeof item), text);
        char *value = strchr(item, '=');
        if (n >= sizeof item || !value)
            return err_set(e, ERR_INVALID, "'%.64s' after a file of channels is not KEY=VALUE",
                           item);
        *value++ = '\0';
        if (layouts_only == (strcmp(item, "layout") == 0))
            rc = csi_raw_spec_set(spec, item, value, e);
        text += n;
    }
    return rc;
}

int csi_raw_spec_parse(const char *text, csi_raw_spec *spec, err *e)
{
    char path[CSI_RAW_PATH_MAX];
    size_t n = csi_raw_file_length(text);
    if (n == 0 || n >= sizeof path)
        return err_set(e, ERR_INVALID,
                       "'%.64s' is not FILE[:KEY=VALUE...] with a FILE of .mat, .npy, .npz or .h5",
                       text);
    snprintf(path, sizeof path, "%.*s", (int)n, text);
    int rc = csi_raw_spec_init(spec, path, e);
    if (!rc)
        rc = parse_keys(text + n, true, spec, e);
    return rc ? rc : parse_keys(text + n, false, spec, e);
}
