/* Pairs of networks with memory: what a file must look like, and what both ends know under losses.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chain/memory.h"
#include "codec/codec.h"
#include "codec/onnx/memory.h"
#include "codec/onnx/pair.h"
#include "harness.h"
#include "io/file.h"
#include "onnx_builder.h"
#include "payload/level.h"

enum { NT = 4, NI = 4, ENTRIES = NT * NI, IMAGE = 2 * ENTRIES, CODE = 4, REPORTS = 40 };

static char folder[] = "/tmp/csilink-test-onnx-memory-XXXXXX";

static const char *in_folder(const char *file)
{
    static char path[2][128];
    static int turn;
    turn = !turn;
    snprintf(path[turn], sizeof path[turn], "%s/%s", folder, file);
    return path[turn];
}

static void write_file(const char *path, Onnx__ModelProto *m)
{
    size_t size;
    uint8_t *data = build_bytes(m, &size);
    REQUIRE(file_replace(path, data, size, NULL) == 0);
    free(data);
    build_free(m);
}

static bool says(const err *e, const char *part)
{
    if (!strstr(e->text, part))
        printf("    %s\n", e->text);
    return strstr(e->text, part) != NULL;
}

/* s = x W + h U, h' = tanh(s); without memory s = x W. */
static Onnx__ModelProto *encoder(bool memory)
{
    Onnx__ModelProto *m = build_model(13);
    build_input(m, "x", DIMS(-1, 2, NT, NI));
    build_weight(m, "w", 0.3f, 0, DIMS(IMAGE, CODE));
    build_weight(m, "u", 0.5f, 0, DIMS(CODE, CODE));
    build_list(m, "flat", DIMS(-1, IMAGE));
    build_node(m, "Reshape", "flatten", "x flat", "f");
    build_node(m, "MatMul", "in", "f w", memory ? "d" : "s");
    build_output(m, "s");
    if (!memory)
        return m;
    build_input(m, "memory_h", DIMS(-1, CODE));
    build_node(m, "MatMul", "back", "memory_h u", "r");
    build_node(m, "Add", "sum", "d r", "s");
    build_node(m, "Tanh", "bend", "s", "memory_h_next");
    build_output(m, "memory_h_next");
    return m;
}

/* a' = a D + s, c' = c + 1 / 4, y = sigmoid((a' + c') V): two memories, one with its batch on the
 * second axis and one of no axis, in another order among the outputs. Without memory, y = sigmoid(s
 * V). */
static Onnx__ModelProto *decoder(bool memory)
{
    Onnx__ModelProto *m = build_model(13);
    build_input(m, "s", DIMS(-1, CODE));
    build_weight(m, "v", 0.3f, 0, DIMS(CODE, IMAGE));
    build_weight(m, "d", 0.3f, 0, DIMS(CODE, CODE));
    build_weight(m, "quarter", 0, 0.25f, 0, NULL);
    build_list(m, "image", DIMS(-1, 2, NT, NI));
    build_list(m, "flat", DIMS(-1, CODE));
    build_list(m, "layers", DIMS(1, -1, CODE));
    if (memory) {
        build_input(m, "memory_c", 0, NULL);
        build_input(m, "memory_a", DIMS(1, -1, CODE));
        build_node(m, "Reshape", "squeeze", "memory_a flat", "a");
        build_node(m, "MatMul", "decay", "a d", "b");
        build_node(m, "Add", "sum", "b s", "t");
        build_node(m, "Reshape", "unsqueeze", "t layers", "memory_a_next");
        build_node(m, "Add", "count", "memory_c quarter", "memory_c_next");
        build_node(m, "Add", "shift", "t memory_c_next", "z");
    }
    build_node(m, "MatMul", "out", memory ? "z v" : "s v", "g");
    build_node(m, "Sigmoid", "bend", "g", "k");
    build_node(m, "Reshape", "unflatten", "k image", "y");
    build_output(m, "y");
    if (memory) {
        build_output(m, "memory_a_next");
        build_output(m, "memory_c_next");
    }
    return m;
}

static int make_pair_of(bool encoder_remembers, bool decoder_remembers, const char *name)
{
    write_file(in_folder("e.onnx"), encoder(encoder_remembers));
    write_file(in_folder("d.onnx"), decoder(decoder_remembers));
    err e = {0};
    int rc = onnx_make_pair(in_folder("e.onnx"), in_folder("d.onnx"), name, "angle-delay", NULL,
                            false, folder, &e);
    if (rc)
        printf("    %s\n", e.text);
    return rc;
}

/* Both ends as the link has them. */
typedef struct ends {
    codec *model[2];
    codec_work *work[2];
    size_t bytes[2];
    void *after[2];
    payload report;
    csi_transform *transform;
    csi_view *view;
} ends;

static ends open_ends(const char *name)
{
    const csi_dims dims = {.nt = NT, .nc = 64, .tp = NT, .ni = NI};
    char spec[256];
    ends c = {0};
    err e = {0};
    snprintf(spec, sizeof spec, "onnx:%s/%s", folder, name);
    for (int side = 0; side < 2; side++) {
        c.model[side] = codec_load((codec_side)side, spec, &e);
        if (!c.model[side])
            printf("    %s\n", e.text);
        REQUIRE(c.model[side] != NULL);
        REQUIRE((c.work[side] = codec_open(c.model[side], NULL)) != NULL);
        c.bytes[side] = codec_memory_bytes(c.model[side]);
        REQUIRE((c.after[side] = calloc(1, c.bytes[side] + 1)) != NULL);
    }
    REQUIRE(codec_check_match(c.model[0], c.model[1], &e) == ERR_NONE);
    REQUIRE(payload_init(&c.report, &codec_info_of(c.model[0])->shape, NULL) == ERR_NONE);
    REQUIRE((c.transform = csi_transform_create(&dims, NULL)) != NULL);
    REQUIRE((c.view = csi_view_create(c.transform, NULL)) != NULL);
    return c;
}

static void close_ends(ends *c)
{
    csi_view_free(c->view);
    csi_transform_free(c->transform);
    payload_free(&c->report);
    for (int side = 0; side < 2; side++) {
        codec_close(c->work[side]);
        codec_unload(c->model[side]);
        free(c->after[side]);
    }
}

static void some_channel(uint32_t ue, uint32_t i, float complex *h)
{
    rng r = rng_at(5, RNG_TEST, ue, i);
    for (int k = 0; k < ENTRIES; k++)
        h[k] = complex_of((float)rng_normal(&r), (float)rng_normal(&r));
}

static void encode(ends *c, const void *before, const float complex *h)
{
    csi_view_from_angle_delay(c->view, h);
    REQUIRE(codec_encode(c->work[0], before, c->view, &c->report, c->after[0], NULL) == ERR_NONE);
}

static void decode(ends *c, const void *before, float complex *h)
{
    REQUIRE(codec_decode(c->work[1], before, &c->report, &(codec_hint){.snr_db = 20}, h,
                         c->after[1], NULL) == ERR_NONE);
}

/* --- a sequence without losses ------------------------------------------------------------------
 */

/* Weights as build_weight draws them: the n-th of its model. */
static void weight(uint32_t n, float sigma, size_t count, float *w)
{
    rng r = rng_at(7, RNG_TEST, 0, n);
    rng_normal_fill(&r, w, count, sigma);
}

/* The equations above in double, from report to report. */
typedef struct reference {
    float w[IMAGE * CODE], u[CODE * CODE], v[CODE * IMAGE], d[CODE * CODE];
    double h[CODE], a[CODE], c;
} reference;

static void draw_reference(reference *r)
{
    *r = (reference){0};
    weight(0, 0.3f, IMAGE * CODE, r->w);
    weight(1, 0.5f, CODE * CODE, r->u);
    weight(0, 0.3f, CODE * IMAGE, r->v);
    weight(1, 0.3f, CODE * CODE, r->d);
}

/* What fills an image, twice its scale as the codec sends it. */
static double scale_of(const float complex *h)
{
    uint32_t code =
        level_code(LEVEL_IMAGE_SCALE, harness_max_abs((const float *)h, IMAGE), LEVEL_NEAREST);
    return 2 * (double)level_value(LEVEL_IMAGE_SCALE, code);
}

static void reference_encode(reference *r, const float complex *h, double *s)
{
    for (int n = 0; n < CODE; n++) {
        s[n] = 0;
        for (int k = 0; k < ENTRIES; k++) {
            double re = (double)crealf(h[k]) / scale_of(h), im = (double)cimagf(h[k]) / scale_of(h);
            s[n] += (0.5 + re) * (double)r->w[k * CODE + n] +
                    (0.5 + im) * (double)r->w[(k + ENTRIES) * CODE + n];
        }
        for (int k = 0; k < CODE; k++)
            s[n] += r->h[k] * (double)r->u[k * CODE + n];
    }
    for (int n = 0; n < CODE; n++)
        r->h[n] = tanh(s[n]);
}

static void reference_decode(reference *r, const double *s, double scale, float *h)
{
    double next[CODE];
    for (int n = 0; n < CODE; n++) {
        next[n] = s[n];
        for (int k = 0; k < CODE; k++)
            next[n] += r->a[k] * (double)r->d[k * CODE + n];
    }
    memcpy(r->a, next, sizeof next);
    r->c += 0.25;
    for (int k = 0; k < IMAGE; k++) {
        double sum = 0;
        for (int n = 0; n < CODE; n++)
            sum += (r->a[n] + r->c) * (double)r->v[n * IMAGE + k];
        /* Planes in the image, pairs in the channel. */
        h[k < ENTRIES ? 2 * k : 2 * (k - ENTRIES) + 1] =
            (float)(scale * (1 / (1 + exp(-sum)) - 0.5));
    }
}

static void a_sequence_is_the_networks_own(void)
{
    REQUIRE(make_pair_of(true, true, "both-cr8-test") == 0);
    ends c = open_ends("both-cr8-test");
    reference r;
    draw_reference(&r);
    CHECK(c.bytes[0] == CODE * sizeof(float) && c.bytes[1] == (CODE + 1) * sizeof(float));
    void *known[2] = {calloc(1, c.bytes[0]), calloc(1, c.bytes[1])};
    for (uint32_t i = 0; i < REPORTS; i++) {
        float complex h[ENTRIES], back[ENTRIES];
        float want[IMAGE];
        double s[CODE];
        some_channel(0, i, h);
        reference_encode(&r, h, s);
        reference_decode(&r, s, scale_of(h), want);
        encode(&c, i ? known[0] : NULL, h);
        decode(&c, i ? known[1] : NULL, back);
        for (int n = 0; n < CODE; n++)
            CHECK_NEAR((double)c.report.value[n], s[n], 1e-5);
        CHECK(harness_max_abs_diff((float *)back, want, IMAGE) <
              1e-5 * harness_max_abs(want, IMAGE));
        for (int side = 0; side < 2; side++)
            memcpy(known[side], c.after[side], c.bytes[side]);
    }
    free(known[0]);
    free(known[1]);
    close_ends(&c);
}

/* --- losses -------------------------------------------------------------------------------------
 */

/* A decoder that hears the same reports in the order in which they build on each other. */
typedef struct heard {
    float value[CODE];
    uint32_t builds_on;
    bool arrived;
} heard;

/* What report i reconstructs to where the chain that it builds on is decoded from its key on. */
static void decode_from_key(ends *c, const heard *reports, uint32_t i, float complex *h)
{
    uint32_t chain[REPORTS], length = 0;
    unsigned char *known = calloc(1, c->bytes[1]);
    for (uint32_t at = i + 1; at > 0; at = reports[at - 1].builds_on) {
        CHECK(reports[at - 1].arrived);
        chain[length++] = at - 1;
    }
    for (bool key = true; length > 0; key = false) {
        memcpy(c->report.value, reports[chain[--length]].value, sizeof reports->value);
        decode(c, key ? NULL : known, h);
        memcpy(known, c->after[1], c->bytes[1]);
    }
    free(known);
}

/* By any pattern of lost reports and lost answers, with memory at either end or both. */
static void the_decoder_never_builds_on_what_it_lacks(void)
{
    static const char *const names[] = {"both-cr8-test", "ue-cr8-test", "bs-cr8-test"};
    REQUIRE(make_pair_of(true, true, names[0]) == 0);
    REQUIRE(make_pair_of(true, false, names[1]) == 0);
    REQUIRE(make_pair_of(false, true, names[2]) == 0);
    for (uint32_t trial = 0; trial < 30; trial++) {
        ends c = open_ends(names[trial % 3]);
        chain_memory *ue = chain_memory_create(c.bytes[0], NULL);
        chain_memory *bs = chain_memory_create(c.bytes[1], NULL);
        heard reports[REPORTS] = {0};
        rng r = rng_at(11, RNG_TEST, trial, 0);
        for (uint32_t i = 0; i < REPORTS; i++) {
            float complex h[ENTRIES], back[ENTRIES], again[ENTRIES];
            uint32_t base = 0;
            const void *before = chain_memory_base(ue, i, 1, trial % 2 ? 9 : 0, &base), *there;
            some_channel(trial, i, h);
            c.report.builds_on = base;
            encode(&c, before, h);
            CHECK(c.report.builds_on == base);
            memcpy(reports[i].value, c.report.value, sizeof reports[i].value);
            reports[i].builds_on = base;
            memcpy(chain_memory_add(ue, i, before), c.after[0], c.bytes[0]);
            if (rng_uniform(&r) < 0.03 * trial) /* the report */
                continue;
            reports[i].arrived = true;
            there = base ? chain_memory_find(bs, base - 1) : NULL;
            REQUIRE(!base || there);
            decode(&c, there, back);
            memcpy(chain_memory_add(bs, i, there), c.after[1], c.bytes[1]);
            chain_memory_acknowledge(bs, i);
            decode_from_key(&c, reports, i, again);
            CHECK(memcmp(back, again, sizeof back) == 0);
            if (rng_uniform(&r) >= 0.03 * trial) /* the answer */
                chain_memory_acknowledge(ue, i);
        }
        chain_memory_free(ue);
        chain_memory_free(bs);
        close_ends(&c);
    }
}

static void a_key_is_a_first_report(void)
{
    REQUIRE(make_pair_of(true, true, "both-cr8-test") == 0);
    ends c = open_ends("both-cr8-test");
    float complex h[ENTRIES], first[ENTRIES], later[ENTRIES];
    float one[CODE], zeros[CODE] = {0};
    some_channel(1, 0, h);
    encode(&c, NULL, h);
    decode(&c, NULL, first);
    memcpy(one, c.report.value, sizeof one);
    encode(&c, zeros, h); /* no memory is a memory of zeros */
    CHECK(memcmp(one, c.report.value, sizeof one) == 0);
    for (uint32_t i = 0; i < 3; i++) {
        encode(&c, c.after[0], h); /* in place */
        CHECK(memcmp(one, c.report.value, sizeof one) != 0);
        decode(&c, c.after[1], later);
        CHECK(memcmp(first, later, sizeof first) != 0);
    }
    encode(&c, NULL, h);
    decode(&c, NULL, later);
    CHECK(memcmp(one, c.report.value, sizeof one) == 0 && memcmp(first, later, sizeof first) == 0);
    close_ends(&c);
}

/* --- files --------------------------------------------------------------------------------------
 */

static void one_end_of_a_pair_may_have_none(void)
{
    err e = {0};
    REQUIRE(make_pair_of(true, false, "ue-cr8-test") == 0);
    ends c = open_ends("ue-cr8-test");
    CHECK(c.bytes[0] == CODE * sizeof(float) && c.bytes[1] > 0);
    close_ends(&c);
    REQUIRE(make_pair_of(false, false, "none-cr8-test") == 0);
    c = open_ends("none-cr8-test");
    CHECK(c.bytes[0] == 0 && c.bytes[1] == 0);
    close_ends(&c);
    /* Two files that are no pair: the end without does not know. */
    onnx_part *x = onnx_load(CODEC_ENCODER, in_folder("e.onnx"), NULL, &e);
    write_file(in_folder("d.onnx"), decoder(true));
    onnx_part *y = onnx_load(CODEC_DECODER, in_folder("d.onnx"), NULL, &e);
    REQUIRE(x && y);
    CHECK(onnx_check_pair(onnx_part_info(x), onnx_part_info(y), &e) == ERR_MISMATCH);
    CHECK(says(&e, "the decoder has memory, but the encoder's file does not state it"));
    onnx_part_free(x);
    onnx_part_free(y);
}

/* Whether the pair has memory is part of what travels with each report. */
static void ends_that_disagree_have_other_identities(void)
{
    err e = {0};
    REQUIRE(make_pair_of(true, false, "ue-cr8-test") == 0);
    nn_model *m = nn_model_load(in_folder("ue-cr8-test.decoder.onnx"), &e);
    REQUIRE(m != NULL);
    CHECK(strcmp(nn_model_metadata(m, "csilink.memory"), "yes") == 0);
    REQUIRE(nn_model_set_metadata(m, "csilink.memory", NULL, &e) == 0);
    REQUIRE(nn_model_save(m, in_folder("forgot.onnx"), &e) == 0);
    REQUIRE(nn_model_set_metadata(m, "csilink.memory", "some", &e) == 0);
    REQUIRE(nn_model_save(m, in_folder("odd.onnx"), &e) == 0);
    nn_model_free(m);
    onnx_part *x = onnx_load(CODEC_ENCODER, in_folder("ue-cr8-test.encoder.onnx"), NULL, &e);
    onnx_part *y = onnx_load(CODEC_DECODER, in_folder("forgot.onnx"), NULL, &e);
    REQUIRE(x && y);
    CHECK(onnx_part_info(x)->pair != onnx_part_info(y)->pair);
    onnx_part_free(x);
    onnx_part_free(y);
    CHECK(onnx_load(CODEC_DECODER, in_folder("odd.onnx"), NULL, &e) == NULL);
    CHECK(says(&e, "its csilink.memory is 'some', not 'yes'"));
}

/* Loads the encoder after one change; what is refused must say why. */
static void refuse(Onnx__ModelProto *m, const char *why)
{
    err e = {0};
    write_file(in_folder("bad.onnx"), m);
    onnx_part *p = onnx_load(CODEC_ENCODER, in_folder("bad.onnx"), NULL, &e);
    CHECK(p == NULL && says(&e, why));
    onnx_part_free(p);
}

static Onnx__ModelProto *with_memory(const char *from, const char *to, int rank,
                                     const int64_t *dims)
{
    Onnx__ModelProto *m = encoder(false);
    if (from)
        build_input(m, from, rank, dims);
    if (to) {
        build_node(m, "Identity", "keep", from ? from : "s", to);
        build_output(m, to);
    }
    return m;
}

static void other_files_are_refused(void)
{
    refuse(with_memory("memory_h", NULL, DIMS(1, 3)), "'memory_h' has no output 'memory_h_next'");
    refuse(with_memory("memory_h", "memory_h_out", DIMS(1, 3)),
           "its output 'memory_h_out' has no input: memory_NAME_next");
    refuse(with_memory(NULL, "memory_h_next", 0, NULL), "its output 'memory_h_next' has no");
    refuse(with_memory("state", "state_next", DIMS(1, 3)), "2 inputs and 2 outputs; encoders");
    refuse(with_memory("memory_h", "memory_h_next", DIMS(-1, -1)), "symbolic axes");
    refuse(with_memory("memory_h", "memory_h_next", DIMS(512, 513)), "1024 KiB");
    refuse(with_memory("memory_h", "memory_h_next", DIMS(1 << 24, 1 << 24, 1 << 24)), "");
    Onnx__ModelProto *m = encoder(true);
    Onnx__ValueInfoProto *first = m->graph->input[0];
    m->graph->input[0] = m->graph->input[1];
    m->graph->input[1] = first;
    refuse(m, "its memory comes before the image");
    m = encoder(true); /* comes out in another shape */
    build_list(m, "other", DIMS(-1, 2));
    m->graph->node[m->graph->n_node - 1]->output[0][0] = 'M';
    build_node(m, "Reshape", "cut", "Memory_h_next other", "memory_h_next");
    refuse(m, "'memory_h' is float [1 x 4] and comes out as float [2 x 2]");
    m = encoder(false);
    for (int i = 0; i < ONNX_MEMORIES_MAX + 1; i++) {
        char from[32], to[32];
        snprintf(from, sizeof from, "memory_%d", i);
        snprintf(to, sizeof to, "memory_%d_next", i);
        build_input(m, from, DIMS(1, 2));
        build_node(m, "Identity", from, from, to);
        build_output(m, to);
    }
    refuse(m, "more than 8 inputs of memory");
}

/* A network whose memory grows for ever ends in one clear line. */
static void memory_that_is_not_finite_is_refused(void)
{
    Onnx__ModelProto *m = encoder(false);
    build_input(m, "memory_h", DIMS(1, 2));
    build_weight(m, "one", 0, 1, 0, NULL);
    build_weight(m, "large", 0, 1e20f, 0, NULL);
    build_node(m, "Add", "begin", "memory_h one", "b");
    build_node(m, "Mul", "grow", "b large", "memory_h_next");
    build_output(m, "memory_h_next");
    write_file(in_folder("grows.onnx"), m);
    err e = {0};
    onnx_part *p = onnx_load(CODEC_ENCODER, in_folder("grows.onnx"), NULL, &e);
    onnx_encoder *c = p ? onnx_encoder_open(p, &e) : NULL;
    REQUIRE(c != NULL);
    float image[IMAGE] = {0}, codeword[CODE], memory[2] = {0};
    CHECK(onnx_encode_from(c, NULL, image, codeword, NULL, memory, &e) == ERR_NONE);
    CHECK(memory[0] == 1e20f);
    CHECK(onnx_encode_from(c, memory, image, codeword, NULL, memory, &e) == ERR_FORMAT);
    CHECK(says(&e, "encoder grows: its memory is not finite"));
    onnx_encoder_free(c);
    onnx_part_free(p);
}

int main(int argc, char **argv)
{
    if (!mkdtemp(folder))
        return 1;
    const harness_test tests[] = {
        {"a sequence is what the networks' equations give", a_sequence_is_the_networks_own},
        {"the decoder never builds on what it lacks, whatever is lost",
         the_decoder_never_builds_on_what_it_lacks},
        {"a key is a first report", a_key_is_a_first_report},
        {"one end of a pair may have no memory, and then its file says so",
         one_end_of_a_pair_may_have_none},
        {"ends that disagree about memory have other identities",
         ends_that_disagree_have_other_identities},
        {"memory that does not come back is refused", other_files_are_refused},
        {"memory that is not finite is refused", memory_that_is_not_finite_is_refused},
    };
    int status = harness_main(argc, argv, "onnx memory", tests, sizeof tests / sizeof tests[0]);
    char command[64];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command) == 0 ? status : 1;
}
