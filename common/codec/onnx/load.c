#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/text.h"
#include "codec/onnx/internal.h"
#include "nn/nn.h"

enum { NT_MAX = 256, NI_MAX = 8192 }; /* as in csi/dims.h */

static const char *const side_names[] = {"encoder", "decoder"};
static const char *const layout_names[] = {"angle-delay", "delay-angle"};

const char *onnx_layout_name(onnx_layout layout)
{
    return layout_names[layout];
}

static int parse_layout(const char *text, onnx_layout *layout, err *e)
{
    for (int i = 0; i < 2; i++) {
        if (strcmp(text, layout_names[i]) == 0) {
            *layout = (onnx_layout)i;
            return 0;
        }
    }
    return err_set(e, ERR_INVALID, "layout '%.32s' is neither angle-delay nor delay-angle", text);
}

static int find_layout(onnx_part *p, const char *asked, err *e)
{
    const char *told = nn_model_metadata(p->model, "csilink.layout");
    if (asked && told && strcmp(asked, told) != 0)
        return err_set(e, ERR_MISMATCH, "its csilink.layout is '%.32s', not '%.32s'", told, asked);
    if (!asked && !told) {
        p->info.layout = ONNX_ANGLE_DELAY;
        return 0;
    }
    return parse_layout(told ? told : asked, &p->info.layout, e);
}

static int find_align(onnx_part *p, const char *asked, err *e)
{
    const char *told = nn_model_metadata(p->model, "csilink.align");
    if (asked && told && strcmp(asked, told) != 0)
        return err_set(e, ERR_MISMATCH, "its csilink.align is '%.32s', not '%.32s'", told, asked);
    const char *name = told ? told : asked ? asked : csi_align_name(CSI_ALIGN_NONE);
    int align = csi_align_from_name(name);
    if (align < 0)
        return err_set(e, ERR_INVALID, "align '%.32s' is not one of " CSI_ALIGN_NAMES, name);
    p->info.align = (csi_align)align;
    return 0;
}

/* Checks the port of the network with the image, [n, 2, rows, columns]. */
static int check_image(onnx_part *p, const nn_tensor *t, const char *what, err *e)
{
    nn_dims_text dims;
    if (t->dtype != NN_FLOAT || t->rank != 4 || t->dims[1] != 2)
        return err_set(e, ERR_MISMATCH,
                       "its %s is %s [%s], not an image: float [n x 2 x rows x columns], [n x rows "
                       "x columns x 2] or, square and flat, [n x 2048]",
                       what, nn_dtype_name(t->dtype), nn_dims_print(&dims, t->rank, t->dims));
    bool angle_first = p->info.layout == ONNX_ANGLE_DELAY;
    int64_t nt = t->dims[angle_first ? 2 : 3], ni = t->dims[angle_first ? 3 : 2];
    if (nt < 1 || nt > NT_MAX || ni < 1 || ni > NI_MAX)
        return err_set(e, ERR_MISMATCH,
                       "its %s is an image of %" PRId64 " angles x %" PRId64
                       " taps; 1 to %d angles and 1 to %d taps are allowed",
                       what, nt, ni, NT_MAX, NI_MAX);
    p->info.nt = (uint32_t)nt;
    p->info.ni = (uint32_t)ni;
    return 0;
}

static int check_codeword(onnx_part *p, const nn_tensor *t, const char *what, err *e)
{
    nn_dims_text dims;
    if (t->dtype != NN_FLOAT || t->rank < 2)
        return err_set(e, ERR_MISMATCH,
                       "its %s is %s [%s], not codewords, float [n x ...] of N_s values each", what,
                       nn_dtype_name(t->dtype), nn_dims_print(&dims, t->rank, t->dims));
    if (t->count < 1 || t->count > ONNX_CODEWORD_MAX)
        return err_set(e, ERR_MISMATCH, "its %s has %zu values a sample; a codeword has 1 to %d",
                       what, t->count, ONNX_CODEWORD_MAX);
    p->info.codeword = (uint32_t)t->count;
    return 0;
}

static int check_snr_input(onnx_part *p, nn_session *s, int input, err *e)
{
    const char *name = nn_model_input(p->model, input)->name;
    const nn_tensor *t = nn_session_input(s, input);
    if (strcmp(name, "snr_db") != 0)
        return err_set(e, ERR_MISMATCH,
                       "its input %d is '%.64s'; beside the codeword a decoder may take snr_db, "
                       "the SNR in dB, and memory_NAME",
                       input + 1, name);
    if (t->dtype != NN_FLOAT || t->count != 1)
        return err_set(e, ERR_MISMATCH, "its input snr_db is not one float a sample, [n]");
    p->info.takes_snr = true;
    p->snr_input = input;
    return 0;
}

/* Checks the number of ports other than memory, and that the image and the codeword come first. */
static int check_ports(const onnx_part *p, int *snr_input, err *e)
{
    int in = 0, out = 0, memories = 0;
    *snr_input = 0;
    for (int i = 0; i < nn_model_inputs(p->model); i++) {
        if (onnx_is_memory(nn_model_input(p->model, i)))
            memories++;
        else if (++in == 2)
            *snr_input = i;
    }
    for (int i = 0; i < nn_model_outputs(p->model); i++)
        out += !onnx_is_memory(nn_model_output(p->model, i));
    int allowed = p->side == CODEC_DECODER ? 2 : 1;
    if (in < 1 || in > allowed || out != 1)
        return err_set(e, ERR_MISMATCH, "it has %d inputs and %d outputs%s; %ss have %s and 1", in,
                       out, memories ? " beside its memory" : "", side_names[p->side],
                       allowed == 2 ? "1 or 2 (with snr_db)" : "1");
    if (onnx_is_memory(nn_model_input(p->model, 0)) || onnx_is_memory(nn_model_output(p->model, 0)))
        return err_set(e, ERR_MISMATCH,
                       "its memory comes before the image or the codeword; put the memory last, "
                       "among inputs and among outputs");
    return 0;
}

static int find_memory(onnx_part *p, const nn_session *s, err *e)
{
    const char *told = nn_model_metadata(p->model, "csilink.memory");
    if (told && strcmp(told, "yes") != 0)
        return err_set(e, ERR_MISMATCH, "its csilink.memory is '%.32s', not 'yes'", told);
    int status = onnx_memory_find(p->model, s, &p->memory, e);
    p->info.memory = p->memory.values;
    p->info.has_memory = p->memory.count > 0 || told;
    return status;
}

static int check_shapes(onnx_part *p, nn_session *s, err *e)
{
    int snr_input;
    int status = check_ports(p, &snr_input, e);
    if (status != 0)
        return status;
    const nn_tensor *in = nn_session_input(s, 0), *out = nn_session_output(s, 0);
    bool encoder = p->side == CODEC_ENCODER;
    if (in->rank < 1 || in->dims[0] != 1 || out->rank < 1 || out->dims[0] != 1)
        return err_set(e, ERR_MISMATCH,
                       "its first dimension is not the batch; export it with a symbolic batch, or "
                       "with one of 1");
    status = check_image(p, encoder ? in : out, encoder ? "input" : "output", e);
    if (status == 0)
        status = check_codeword(p, encoder ? out : in, encoder ? "output" : "input", e);
    if (status == 0 && snr_input > 0)
        status = check_snr_input(p, s, snr_input, e);
    return status ? status : find_memory(p, s, e);
}

static void count_cost(onnx_part *p, const nn_session *s)
{
    for (int i = 0; i < nn_session_steps(s); i++) {
        nn_step_info step;
        if (nn_session_step(s, i, &step) != 0)
            continue;
        p->info.parameters += step.parameters;
        p->info.macs += step.macs;
        p->info.weight_bytes += step.weight_bytes;
    }
}

/* "x/y.encoder.onnx" -> "y". */
static void name_from_path(const onnx_part *p, char *name)
{
    const char *slash = strrchr(p->path, '/'), *base = slash ? slash + 1 : p->path;
    char ending[32];
    char integer[32];
    snprintf(ending, sizeof ending, ".%s.onnx", side_names[p->side]);
    snprintf(integer, sizeof integer, ".%s.int8.onnx", side_names[p->side]);
    size_t length = strlen(base);
    const char *endings[] = {integer, ending, ".onnx"};
    for (int i = 0; i < 3; i++) {
        size_t tail = strlen(endings[i]);
        if (length > tail && strcmp(base + length - tail, endings[i]) == 0) {
            length -= tail;
            break;
        }
    }
    snprintf(name, CODEC_NAME_MAX, "%.*s", (int)length, base);
}

/* The name goes into logs, records and metrics: a file must not put control characters there. */
static void keep_printable(char *text)
{
    for (; *text; text++)
        if (!isprint((unsigned char)*text))
            *text = '?';
}

/* Finds the channels in "NETWORK on uma-nlos at 28 GHz; SNR ...", which are compared with the
 * cell's. */
static void find_training(onnx_part *p)
{
    const char *told = nn_model_metadata(p->model, "csilink.trained");
    const char *on = told ? strstr(told, " on ") : NULL;
    if (on)
        snprintf(p->info.trained, sizeof p->info.trained, "%.*s", (int)strcspn(on + 4, ";"),
                 on + 4);
    keep_printable(p->info.trained);
}

static int find_name(onnx_part *p, err *e)
{
    const char *family = nn_model_metadata(p->model, "csilink.family");
    const char *cr = nn_model_metadata(p->model, "csilink.cr");
    const char *scenario = nn_model_metadata(p->model, "csilink.scenario");
    uint32_t actual = 2 * p->info.nt * p->info.ni / p->info.codeword;
    if (cr) {
        uint64_t value;
        if (!text_whole(cr, actual, actual, &value))
            return err_set(e, ERR_MISMATCH, "its csilink.cr is '%.16s', but its shapes compress %u",
                           cr, actual);
        p->info.cr = actual;
    }
    if (family && cr && scenario)
        snprintf(p->info.name, sizeof p->info.name, "%.40s-cr%u-%.40s", family, p->info.cr,
                 scenario);
    else
        name_from_path(p, p->info.name);
    keep_printable(p->info.name);
    find_training(p);
    return 0;
}

uint64_t onnx_pair_identity(const char *pair, const onnx_info *info)
{
    uint64_t start = HASH_START ^ (uint64_t)info->layout ^ (uint64_t)info->align << 8 ^
                     (uint64_t)info->has_memory << 16;
    /* The same files at other sizes are a different codec. */
    if (info->nt != 32 || info->ni != 32)
        start ^= (uint64_t)info->nt << 24 ^ (uint64_t)info->ni << 40;
    uint64_t h = hash_text(start, pair);
    return h ? h : 1;
}

static int find_precision(onnx_part *p, err *e)
{
    static const char *const known[] = {"float", "int8-dynamic", "int8-static", "int8-binary"};
    const char *told = nn_model_metadata(p->model, "csilink.precision");
    if (!told)
        told = known[0];
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (strcmp(told, known[i]) == 0) {
            snprintf(p->info.precision, sizeof p->info.precision, "%s", told);
            return 0;
        }
    }
    return err_set(e, ERR_MISMATCH,
                   "its csilink.precision is '%.32s', not one of float, int8-dynamic, "
                   "int8-static, int8-binary",
                   told);
}

static int check_pair(onnx_part *p, err *e)
{
    const char *pair = nn_model_metadata(p->model, "csilink.pair");
    const char *quantized = nn_model_metadata(p->model, "csilink.quantized");
    if (!pair)
        return 0;
    size_t digits = strspn(pair, "0123456789abcdef");
    if (digits != 16 || pair[16] != ':' || strspn(pair + 17, "0123456789abcdef") != 16 || pair[33])
        return err_set(e, ERR_FORMAT, "its csilink.pair is not two hashes, <16 hex>:<16 hex>");
    char own[17];
    snprintf(own, sizeof own, "%016" PRIx64, nn_model_hash(p->model));
    if (quantized && strcmp(quantized, own) != 0)
        return err_set(e, ERR_MISMATCH,
                       "its weights are not those that csilink.quantized names; make it again "
                       "with `csilink quantize`");
    if (!quantized && memcmp(pair + (p->side == CODEC_ENCODER ? 0 : 17), own, 16) != 0)
        return err_set(e, ERR_MISMATCH,
                       "its weights are not those that csilink.pair names; make the pair again "
                       "with `csilink model pair`");
    p->info.pair = onnx_pair_identity(pair, &p->info);
    return 0;
}

static int check_align(const onnx_part *p, err *e)
{
    csi_dims dims = {.nt = p->info.nt, .ni = p->info.ni};
    if (csi_align_fits(p->info.align, &dims))
        return 0;
    return err_set(e, ERR_MISMATCH,
                   "its csilink.align is %s, but its image of %u x %u cannot be cut into %d to %d "
                   "blocks of %d x %d",
                   csi_align_name(p->info.align), p->info.nt, p->info.ni,
                   (int)csi_align_blocks(p->info.align), CSI_BLOCKS_MAX, CSI_BLOCK, CSI_BLOCK);
}

/* A file with fixed sizes allows no others. */
static int check_sizes(const onnx_part *p, onnx_claims claims, err *e)
{
    uint32_t nt = claims.nt ? claims.nt : p->info.nt, ni = claims.ni ? claims.ni : p->info.ni;
    if (nt == p->info.nt && ni == p->info.ni)
        return 0;
    return err_set(e, ERR_MISMATCH,
                   "its image has %u antennas and %u taps, not %u and %u: its rows and columns are "
                   "not symbolic",
                   p->info.nt, p->info.ni, nt, ni);
}

static int examine(onnx_part *p, onnx_claims claims, bool with_pair, err *e)
{
    int status = find_layout(p, claims.layout, e);
    if (status == 0)
        status = find_align(p, claims.align, e);
    if (status != 0)
        return status;
    nn_session *s = onnx_open_session(p->model, e);
    if (!s)
        return e ? e->code : ERR_FORMAT;
    status = check_shapes(p, s, e);
    if (status == 0)
        status = check_sizes(p, claims, e);
    if (status == 0)
        status = check_align(p, e);
    if (status == 0)
        count_cost(p, s);
    nn_session_free(s);
    if (status == 0)
        status = find_name(p, e);
    if (status == 0)
        status = find_precision(p, e);
    if (status == 0 && strcmp(p->info.precision, "float") != 0)
        nn_model_weights(p->model, &p->info.parameters, &p->info.weight_bytes);
    if (status == 0 && with_pair)
        status = check_pair(p, e);
    return status;
}

/* Converts the image to csilink's form. A converted file leaves open the sizes that it left
 * open. */
static int fix_form_and_sizes(onnx_part *p, onnx_claims claims, err *e)
{
    uint32_t nt = claims.nt ? claims.nt : 32, ni = claims.ni ? claims.ni : 32;
    int rc = find_layout(p, claims.layout, e);
    bool angle_first = p->info.layout == ONNX_ANGLE_DELAY;
    uint32_t rows = angle_first ? nt : ni, columns = angle_first ? ni : nt;
    if (rc == 0)
        rc = onnx_fix_sizes(p->model, p->side, rows, columns, e);
    if (rc == 0)
        rc = onnx_normalize_form(&p->model, p->side, e);
    return rc ? rc : onnx_fix_sizes(p->model, p->side, rows, columns, e);
}

onnx_part *onnx_load_part(codec_side side, const char *path, onnx_claims claims, bool with_pair,
                          err *e)
{
    onnx_part *p = calloc(1, sizeof *p);
    char *copy = strdup(path);
    if (!p || !copy) {
        err_set(e, ERR_NOMEM, "%s: no memory to load it", path);
        free(p);
        free(copy);
        return NULL;
    }
    p->side = side;
    p->path = copy;
    p->model = nn_model_load(path, e); /* its message names the file */
    if (!p->model) {
        onnx_part_free(p);
        return NULL;
    }
    if (fix_form_and_sizes(p, claims, e) != 0 || examine(p, claims, with_pair, e) != 0) {
        err_prefix(e, "%s", path);
        onnx_part_free(p);
        return NULL;
    }
    return p;
}

onnx_part *onnx_load(codec_side side, const char *path, const char *layout, err *e)
{
    return onnx_load_part(side, path, (onnx_claims){.layout = layout}, true, e);
}

void onnx_part_free(onnx_part *part)
{
    if (!part)
        return;
    nn_model_free(part->model);
    free(part->path);
    free(part);
}

const onnx_info *onnx_part_info(const onnx_part *part)
{
    return &part->info;
}

const nn_model *onnx_part_network(const onnx_part *part)
{
    return part->model;
}

codec_side onnx_part_side(const onnx_part *part)
{
    return part->side;
}
