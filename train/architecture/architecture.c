#include "train/architecture/architecture.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec/models.h"
#include "io/config.h"
#include "io/file.h"
#include "train/architecture/density.h"
#include "train/architecture/emit.h"
#include "train/architecture/memory.h"
#include "train/architecture/select.h"

enum { FILE_MAX = 1 << 18 };

/* A path stays as given; a name becomes its file in models/architectures. */
static int find_path(const char *name, char *path, size_t size, err *e)
{
    char file[NAME_MAX];
    if (strchr(name, '/') || strstr(name, ".yaml")) {
        if ((size_t)snprintf(path, size, "%s", name) < size)
            return 0;
        return err_set(e, ERR_INVALID, "the path '%.64s...' is too long", name);
    }
    if ((size_t)snprintf(file, sizeof file, "%s.yaml", name) >= sizeof file)
        return err_set(e, ERR_INVALID, "the name '%.64s...' is too long", name);
    if (models_find_in("architectures", file, path, size, e) == 0)
        return 0;
    return err_prefix(e, "architecture '%.64s'", name);
}

/* --- one side --------------------------------------------------------------------------------- */

static arch_value image_value(const arch_emitter *m, const char *name)
{
    arch_value v = {.rank = 4, .dims = {-1, 2, m->rows, m->columns}, .scale = 1};
    snprintf(v.name, sizeof v.name, "%s", name);
    return v;
}

/* Checks that the declared shape has the number of values that the CR requires. */
static int codeword_value(arch_emitter *m, arch_value *v)
{
    arch_dims_text dims;
    snprintf(m->location, sizeof m->location, "codeword");
    int rc = arch_shape(m, m->file->codeword, m->file->codeword_count, v);
    if (rc)
        return rc;
    int64_t values = 2 * (int64_t)m->rows * m->columns;
    if (arch_count(v) * m->cr != values)
        return arch_fail(m, ERR_MISMATCH,
                         "the codeword [%s] is not 1/%u of the image's %lld values",
                         arch_dims(v, &dims), m->cr, (long long)values);
    snprintf(v->name, sizeof v->name, "s");
    m->location[0] = '\0';
    return 0;
}

static int check_output(arch_emitter *m, const arch_value *want)
{
    arch_dims_text text[2];
    const char *side = codec_side_name(m->side);
    if (strcmp(m->at.name, m->bound[0].value.name) == 0)
        return arch_fail(m, ERR_INVALID, "the %s does nothing", side);
    for (int i = 0; i < m->n_memories; i++)
        if (strcmp(m->at.name, m->memories[i].value.name) == 0)
            return arch_fail(m, ERR_INVALID, "the %s ends with its memory, unchanged", side);
    if (strcmp(arch_dims(&m->at, &text[0]), arch_dims(want, &text[1])) != 0)
        return arch_fail(m, ERR_MISMATCH, "the %s ends with [%s]; it must end with [%s]", side,
                         text[0].text, text[1].text);
    nn_builder_rename(m->b, m->at.name, want->name);
    return 0;
}

static int emit_side(arch_emitter *m, bool density)
{
    bool encoder = m->side == CODEC_ENCODER;
    arch_scope scope = {0};
    arch_value codeword, image = image_value(m, encoder ? "x" : "y");
    int rc = codeword_value(m, &codeword);
    if (rc)
        return rc;
    m->scope = &scope;
    m->at = encoder ? image : codeword;
    m->bound[m->n_bound].name = "input";
    m->bound[m->n_bound++].value = m->at;
    nn_builder_input(m->b, m->at.name, m->at.rank, m->at.dims);
    if (encoder)
        rc = arch_emit_layers(m, "encoder", m->file->encoder, m->file->encoder_count);
    else
        rc = arch_emit_layers(m, "decoder", m->file->decoder, m->file->decoder_count);
    if (rc)
        return rc;
    snprintf(m->location, sizeof m->location, "%s", codec_side_name(m->side));
    const arch_value *end = encoder ? &codeword : &image;
    rc = check_output(m, end);
    if (!rc && !encoder && density)
        rc = arch_density(m, &codeword, &image);
    else if (!rc)
        nn_builder_output(m->b, end->name, end->rank, end->dims);
    return rc ? rc : arch_memories_finish(m);
}

/* Writes the metadata that train_architecture_start needs. */
static void note_klt(arch_emitter *m)
{
    char text[ARCH_NAME_MAX + 96];
    double rms = m->file->codeword_rms ? *m->file->codeword_rms : 1;
    if (!m->klt[0])
        return;
    snprintf(text, sizeof text, "%s %.17g %.17g %.17g", m->klt, m->klt_scale, m->klt_offset, rms);
    nn_builder_metadata(m->b, "csilink.klt", text);
}

static void note_select(arch_emitter *m)
{
    if (m->select[0])
        nn_builder_metadata(m->b, "csilink.select", m->select);
}

static nn_model *finish(arch_emitter *m, onnx_layout layout)
{
    char cr[16], name[64];
    snprintf(cr, sizeof cr, "%u", m->cr);
    snprintf(name, sizeof name, "%s of %.40s", codec_side_name(m->side), m->file->family);
    nn_builder_metadata(m->b, "csilink.family", m->file->family);
    nn_builder_metadata(m->b, "csilink.cr", cr);
    nn_builder_metadata(m->b, "csilink.layout", onnx_layout_name(layout));
    note_klt(m);
    if (m->fit[0])
        nn_builder_metadata(m->b, "csilink.fit", m->fit);
    note_select(m);
    nn_builder *b = m->b;
    m->b = NULL;
    return nn_builder_finish(b, name, m->e);
}

/* The text of a file, from which messages take line numbers. */
typedef struct source {
    char path[PATH_MAX];
    char *text;
    size_t size;
    arch_file *file;
} source;

static nn_model *build_side(const source *s, const train_architecture_config *config,
                            codec_side side, err *e)
{
    bool angle_first = config->layout == ONNX_ANGLE_DELAY;
    arch_emitter *m = calloc(1, sizeof *m);
    if (!m) {
        err_set(e, ERR_NOMEM, "no memory to build a network");
        return NULL;
    }
    m->file = s->file;
    m->side = side;
    m->cr = config->cr;
    m->rows = angle_first ? config->dims.nt : config->dims.ni;
    m->columns = angle_first ? config->dims.ni : config->dims.nt;
    m->seed = config->seed;
    m->b = nn_builder_new();
    m->e = e;
    nn_model *model = NULL;
    if (emit_side(m, config->density) == 0) {
        model = finish(m, config->layout);
        if (!model)
            err_prefix(e, "%s", s->path);
    } else {
        unsigned line = config_line(s->text, s->size, m->location);
        err_prefix(e, "%s: line %u (%s)", s->path, line, m->location);
    }
    nn_builder_free(m->b);
    free(m);
    return model;
}

/* --- the pair --------------------------------------------------------------------------------- */

static int check_text(const source *s, err *e)
{
    const char *bad =
        s->file->family + strspn(s->file->family, "abcdefghijklmnopqrstuvwxyz0123456789-_.");
    double rms = s->file->codeword_rms ? *s->file->codeword_rms : 1;
    if (*bad)
        return err_set(e, ERR_INVALID,
                       "%s: line %u: family '%s' may have small letters, digits, - _ and . only",
                       s->path, config_line(s->text, s->size, "family"), s->file->family);
    if (!(rms >= 1e-3 && rms <= 1e3))
        return err_set(e, ERR_INVALID, "%s: line %u: codeword_rms %g is not 0.001 to 1000", s->path,
                       config_line(s->text, s->size, "codeword_rms"), rms);
    return 0;
}

static int read_source(const char *name, source *s, err *e)
{
    void *data = NULL;
    int rc = find_path(name, s->path, sizeof s->path, e);
    if (!rc)
        rc = file_read(s->path, FILE_MAX, &data, &s->size, e);
    if (rc)
        return rc;
    s->text = data;
    s->file = arch_file_parse(s->text, s->size, e);
    if (!s->file)
        return err_prefix(e, "%s", s->path);
    return check_text(s, e);
}

static int check_config(const train_architecture_config *config, err *e)
{
    int rc = csi_dims_check(&config->dims, e);
    if (rc)
        return rc;
    for (int i = 0; i < ARCH_CRS; i++)
        if (config->cr == arch_crs[i])
            return 0;
    return err_set(e, ERR_INVALID, "CR %u is not one of 4, 8, 16, 32, 64", config->cr);
}

int train_architecture_build(const train_architecture_config *config, train_pair *pair, err *e)
{
    err own = {0}; /* line numbers are prefixed to messages, so one must exist */
    source s = {0};
    *pair = (train_pair){0};
    int rc = check_config(config, &own);
    if (!rc)
        rc = read_source(config->name, &s, &own);
    if (!rc) {
        pair->encoder = build_side(&s, config, CODEC_ENCODER, &own);
        if (pair->encoder)
            pair->decoder = build_side(&s, config, CODEC_DECODER, &own);
        rc = pair->decoder ? 0 : own.code;
    }
    if (!rc) {
        rc = arch_selections_check(pair, &own);
        if (rc)
            err_prefix(&own, "%s", s.path);
    }
    arch_file_free(s.file);
    free(s.text);
    if (!rc)
        return 0;
    train_pair_free(pair);
    if (e)
        *e = own;
    return rc;
}
