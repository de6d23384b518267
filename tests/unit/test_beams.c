/* The codec kind `beams`: linear combinations of DFT beams as in Type II and eType II. Its parts
 * are held by themselves: combinations, the basis, taps, and the bits of both types. */
#include "codebook.h"
#include "codec/beams/basis.h"
#include "codec/beams/combination.h"
#include "codec/beams/config.h"
#include "codec/beams/r15.h"
#include "codec/beams/r16.h"
#include "codec/beams/taps.h"
#include "csi/beam_grid.h"

static beams_config configure(const char *arguments)
{
    beams_config c;
    err e = {0};
    if (beams_config_read(arguments, &c, &e) != ERR_NONE)
        printf("    %s\n", e.text);
    REQUIRE(e.code == ERR_NONE);
    return c;
}

/* --- bits ------------------------------------------------------------------------------------- */

/* Published for 32 ports as (8, 2) of two polarisations, 13 subbands, R = 1, rank 1, as many
 * coefficients as there may be. A (16, 1) array has no second oversampling: two bits less of i1,1.
 */
static void reports_are_as_long_as_published(void)
{
    static const uint32_t published[BEAMS_COMBINATIONS] = {62, 91, 111, 168, 225, 279, 243, 328};
    static const uint32_t beams[] = {2, 2, 4, 4, 4, 4, 6, 6}, taps[] = {4, 4, 4, 4, 4, 7, 4, 4},
                          coefficients[] = {4, 8, 8, 16, 24, 28, 24, 36};
    for (uint32_t i = 0; i < BEAMS_COMBINATIONS; i++) {
        char arguments[64], spec[80];
        snprintf(arguments, sizeof arguments, "polarisations=2,combination=%u", i + 1);
        snprintf(spec, sizeof spec, "beams:%s", arguments);
        beams_config c = configure(arguments);
        CHECK(c.beams == beams[i] && c.taps == taps[i] && c.coefficients == coefficients[i]);
        CHECK(beams_basis_bits(&c) + beams_r16_bits(&c, c.coefficients) == published[i] - 2);
        codec *made = codec_load(CODEC_ENCODER, spec, NULL);
        REQUIRE(made != NULL);
        CHECK(codec_info_of(made)->shape.side_bits_max == published[i] - 2);
        codec_unload(made);
    }
}

/* Field by field for combination 1: q, C(16, 2) = 120, C(12, 3) = 220, 4 x 4, 4 of them, k1, k2, c.
 */
static void fields_have_their_widths(void)
{
    beams_config c = configure("polarisations=2,combination=1");
    CHECK(beams_basis_bits(&c) == 2 + 7);
    CHECK(beams_r16_bits(&c, 4) == 8 + 16 + 2 + 4 + 3 * 3 + 3 * 4);
    CHECK(beams_r16_bits(&c, 1) == 8 + 16 + 0 + 4);
    c = configure("combination=1"); /* one polarisation: half the rows, no k1 */
    CHECK(c.coefficients == 2 && beams_basis_bits(&c) == 2 + 9); /* C(32, 2) = 496 */
    CHECK(beams_r16_bits(&c, 2) == 8 + 8 + 1 + 3 + 4);
    /* Release 15, 8 subbands of a (4, 4) array: 70 and 94 bits, of which i1,1 has 2 more. */
    c = configure("type=r15,polarisations=2,beams=2,psk=4,subbands=8");
    CHECK(beams_basis_bits(&c) + beams_r15_bits(&c, 4) == 70 - 2);
    c.psk = 8;
    CHECK(beams_basis_bits(&c) + beams_r15_bits(&c, 4) == 94 - 2);
    CHECK(beams_r15_bits(&c, 1) == 2 + 3 * 3); /* no phases without amplitudes */
    /* K2 = 6 of 8 rows: 5 of 3 + 1 bits, 2 of 2. */
    c = configure("type=r15,polarisations=2,beams=4,amplitudes=subband,subbands=8");
    CHECK(beams_r15_bits(&c, 8) == 3 + 7 * 3 + 8 * (5 * 4 + 2 * 2));
}

static void combinations_are_counted(void)
{
    uint16_t numbers[BEAMS_TAPS_MAX];
    CHECK(beams_combinations(32, 4) == 35960 && beams_combinations(18, 9) == 48620);
    CHECK(beams_combinations(3, 4) == 0 && beams_combinations(0, 0) == 1);
    CHECK(beams_combinations(256, 8) == UINT64_C(409663695276000)); /* Pascal's rule */
    CHECK(beams_combination_bits(16, 2) == 7 && beams_combination_bits(12, 0) == 0);
    uint32_t index = 0;
    /* Every set of 3 out of 9, the first of them last: index 0 is {6, 7, 8}. */
    for (int a = 6; a >= 0; a--)
        for (int b = 7; b > a; b--)
            for (int c = 8; c > b; c--, index++) {
                uint16_t want[3] = {(uint16_t)a, (uint16_t)b, (uint16_t)c};
                CHECK(beams_combination_index(9, 3, want) == index);
                CHECK(beams_combination_of(9, 3, index, numbers));
                CHECK(memcmp(numbers, want, sizeof want) == 0);
            }
    CHECK(index == 84 && !beams_combination_of(9, 3, 84, numbers));
    for (uint32_t i = 0; i < 200; i++) {
        rng r = rng_at(6, RNG_TEST, 1, i);
        uint64_t all = beams_combinations(256, 8);
        uint64_t at = (uint64_t)(rng_uniform(&r) * (double)all);
        REQUIRE(beams_combination_of(256, 8, at, numbers));
        for (int k = 1; k < 8; k++)
            CHECK(numbers[k] > numbers[k - 1] && numbers[k] < 256);
        CHECK(beams_combination_index(256, 8, numbers) == at);
    }
}

static void draw_r16(const beams_config *c, uint32_t stream, beams_r16 *p)
{
    rng r = rng_at(7, RNG_TEST, 1, stream);
    uint32_t kept = 1, taps = 1;
    memset(p, 0, sizeof *p);
    while (taps < c->taps)
        for (uint16_t n = 1; n < c->subbands && taps < c->taps; n++)
            if (n > p->tap[taps - 1] && (rng_u32(&r) % 3 == 0 || c->subbands - n == c->taps - taps))
                p->tap[taps++] = n;
    p->strongest = rng_u32(&r) % c->rows;
    p->kept[p->strongest][0] = true;
    p->reference = c->polarisations == 2 ? (uint8_t)(1 + rng_u32(&r) % 15) : 0;
    for (uint32_t i = 0; i < 100 && kept < c->coefficients; i++) {
        uint32_t row = rng_u32(&r) % c->rows, f = rng_u32(&r) % c->taps;
        if (p->kept[row][f])
            continue;
        p->kept[row][f] = true;
        p->amplitude[row][f] = (uint8_t)(rng_u32(&r) % 8);
        p->phase[row][f] = (uint8_t)(rng_u32(&r) % 16);
        kept++;
    }
}

static uint32_t kept_in(const beams_r16 *p)
{
    uint32_t kept = 0;
    for (int row = 0; row < BEAMS_ROWS_MAX; row++)
        for (int f = 0; f < BEAMS_TAPS_MAX; f++)
            kept += p->kept[row][f];
    return kept;
}

static const char *const r16_cases[] = {"",
                                        "combination=8",
                                        "polarisations=2",
                                        "polarisations=2,combination=6,nt=64",
                                        "subbands=1",
                                        "subbands=19,taps=19,beams=8,coefficients=152",
                                        "nt=3,beams=3,taps=2,coefficients=1",
                                        "oversampling=3,beams=1,coefficients=4"};
enum { R16_CASES = sizeof r16_cases / sizeof r16_cases[0] };

static void r16_reports_are_read_as_written(void)
{
    for (int i = 0; i < R16_CASES; i++) {
        beams_config c = configure(r16_cases[i]);
        for (uint32_t k = 0; k < 100; k++) {
            uint8_t bytes[512] = {0};
            beams_r16 sent, got;
            draw_r16(&c, k, &sent);
            bit_writer to = {.byte = bytes, .room = 8 * sizeof bytes};
            beams_r16_pack(&c, &sent, &to);
            CHECK(!to.full && to.bits == beams_r16_bits(&c, kept_in(&sent)));
            bit_reader from = {.byte = bytes, .size = to.bits};
            CHECK(beams_r16_unpack(&c, &from, &got, NULL) == ERR_NONE);
            CHECK(!from.cut && from.bits == to.bits && memcmp(&sent, &got, sizeof got) == 0);
        }
    }
}

static void r15_reports_are_read_as_written(void)
{
    static const char *const cases[] = {"type=r15", "type=r15,polarisations=2,amplitudes=subband",
                                        "type=r15,beams=3,psk=4,amplitudes=subband,subbands=64",
                                        "type=r15,beams=1,subbands=1"};
    for (int i = 0; i < 4; i++) {
        beams_config c = configure(cases[i]);
        for (uint32_t k = 0; k < 100; k++) {
            uint8_t bytes[1024], again[1024];
            beams_r15 pmi;
            rng r = rng_at(8, RNG_TEST, 1, k);
            for (size_t b = 0; b < sizeof bytes; b++)
                bytes[b] = (uint8_t)rng_u32(&r);
            bit_reader from = {.byte = bytes, .size = 8 * sizeof bytes};
            if (beams_r15_unpack(&c, &from, &pmi, NULL) != ERR_NONE)
                continue; /* a strongest row that there is not */
            uint32_t rows = 0;
            for (uint32_t row = 0; row < c.rows; row++)
                rows += pmi.amplitude[row] > 0;
            bit_writer to = {.byte = again, .room = 8 * sizeof again};
            beams_r15_pack(&c, &pmi, &to);
            CHECK(!to.full && to.bits == from.bits && to.bits == beams_r15_bits(&c, rows));
            for (uint32_t b = 0; b < to.bits; b++)
                CHECK((again[b / 8] >> b % 8 & 1) == (bytes[b / 8] >> b % 8 & 1));
        }
    }
}

/* Where a report's coefficients are exact ones of the quantizer, it finds them again. */
static void quantizing_undoes_nothing(void)
{
    uint32_t same = 0;
    for (int i = 0; i < 4; i++) {
        beams_config c = configure(r16_cases[i]);
        beams_taps taps = {0};
        float complex coefficient[BEAMS_ROWS_MAX * BEAMS_TAPS_MAX];
        REQUIRE(beams_taps_open(&c, &taps, NULL) == ERR_NONE);
        for (uint32_t k = 0; k < 100; k++) {
            beams_r16 sent, got;
            draw_r16(&c, k, &sent);
            /* What the encoder's reports have: no coefficient as large as the strongest, one in
             * each tap, and in the other polarisation one as large as its reference. */
            uint32_t other = (sent.strongest + c.beams) % c.rows;
            for (uint32_t f = 0; f < c.taps; f++) {
                for (uint32_t row = 0; row < c.rows; row++)
                    sent.amplitude[row][f] = sent.kept[row][f] ? sent.amplitude[row][f] % 7 : 0;
                sent.kept[sent.strongest][f] = true;
            }
            sent.amplitude[sent.strongest][0] = 0;
            if (c.polarisations == 2) {
                sent.kept[other][0] = true;
                sent.amplitude[other][0] = 7;
                sent.reference = (uint8_t)(1 + sent.reference % 14);
            } else {
                sent.reference = 1;
            }
            beams_r16_coefficients(&c, &taps, &sent, coefficient);
            memcpy(taps.aligned, coefficient, sizeof *coefficient * c.rows * c.subbands);
            fftwf_execute(taps.forward);
            for (uint32_t n = 0; n < c.rows * c.subbands; n++)
                taps.kept[n] = cabsf(taps.aligned[n]) < 1e-3f ? 0 : taps.aligned[n];
            beams_r16_quantize(&c, &taps, &got);
            same += memcmp(&sent, &got, sizeof got) == 0;
        }
        beams_taps_close(&taps);
    }
    CHECK(same == 400);
}

/* --- the basis and the taps, exact ------------------------------------------------------------ */

typedef struct search {
    beams_config c;
    csi_subbands *channel;
    csi_beam_grid *grid;
    float complex *target, *coefficient, *table;
    float *power;
    beams_basis basis;
} search;

static search search_open(const char *arguments)
{
    search s = {.c = configure(arguments)};
    const beams_config *c = &s.c;
    s.channel = csi_subbands_create(c->nt, c->ni, c->subbands, NULL);
    s.grid = csi_beam_grid_create(c->n1, c->oversampling, c->subbands * c->polarisations, NULL);
    s.target = calloc((size_t)c->subbands * c->nt, sizeof *s.target);
    s.coefficient = calloc((size_t)c->rows * c->subbands, sizeof *s.coefficient);
    s.table = calloc((size_t)c->oversampling * c->n1, sizeof *s.table);
    s.power = calloc((size_t)c->oversampling * c->n1, sizeof *s.power);
    REQUIRE(s.channel && s.grid && s.target && s.coefficient && s.table && s.power);
    csi_beam_grid_table(c->n1, c->oversampling, s.table);
    return s;
}

static void search_close(search *s)
{
    csi_subbands_free(s->channel);
    csi_beam_grid_free(s->grid);
    free(s->target);
    free(s->coefficient);
    free(s->table);
    free(s->power);
}

static void search_beams(search *s, csi_view *view)
{
    const float complex *filters;
    REQUIRE(csi_subbands_filters(s->channel, view, &filters, NULL) == ERR_NONE);
    csi_subbands_eigenvectors(s->channel, s->target);
    const float complex *part = csi_beam_grid_project(s->grid, s->target);
    beams_basis_choose(&s->c, part, s->power, &s->basis);
    beams_basis_project(&s->c, &s->basis, part, s->coefficient);
}

/* The mean over subbands of |w^H v|^2, w made of the coefficients, v the target. */
static double search_sgcs(const search *s, const float complex *coefficient)
{
    float complex w[CSI_SUBBANDS_MAX * CODEBOOK_NT_MAX];
    beams_basis_precoders(&s->c, &s->basis, s->table, coefficient, 0, w);
    return csi_sgcs(s->target, w, s->c.subbands, s->c.nt);
}

static void more_beams_hold_more(void)
{
    codebook source;
    codebook_open(&source, "dft");
    for (uint32_t sample = 0; sample < 20; sample++) {
        double last = 0;
        codebook_draw(&source, sample);
        csi_view_from_frequency(source.view, source.h);
        for (uint32_t beams = 1; beams <= BEAMS_MAX; beams++) {
            char arguments[32];
            double share = 0;
            snprintf(arguments, sizeof arguments, "type=r15,beams=%u", beams);
            search s = search_open(arguments);
            search_beams(&s, source.view);
            for (uint32_t i = 0; i < s.c.rows * s.c.subbands; i++)
                share += csi_energy(s.coefficient + i, 1) / s.c.subbands;
            /* The share of the target in the basis is the SGCS of its exact coefficients. */
            CHECK_NEAR(search_sgcs(&s, s.coefficient), share, 1e-5);
            CHECK(share >= last - 1e-6);
            last = share;
            search_close(&s);
        }
    }
    codebook_close(&source);
}

static void all_beams_hold_everything(void)
{
    static const char *const cases[] = {"type=r15,nt=8,beams=8",
                                        "type=r15,nt=16,beams=8,polarisations=2"};
    for (int i = 0; i < 2; i++) {
        codebook source;
        codebook_open(&source, i ? "dft:nt=16" : "dft:nt=8");
        search s = search_open(cases[i]);
        for (uint32_t sample = 0; sample < 20; sample++) {
            codebook_draw(&source, sample);
            csi_view_from_frequency(source.view, source.h);
            search_beams(&s, source.view);
            CHECK_NEAR(search_sgcs(&s, s.coefficient), 1, 1e-5);
        }
        search_close(&s);
        codebook_close(&source);
    }
}

/* All taps and coefficients change nothing but phases; the mean over samples rises with K0, as it
 * does with Mv. One sample may fall: the alignment ends in another place. */
static void more_coefficients_hold_more(void)
{
    enum { SAMPLES = 20, STEPS = 5 };
    static const uint32_t kept[STEPS] = {2, 4, 8, 16, 52}, taps[STEPS] = {2, 4, 7, 10, 13};
    codebook source;
    codebook_open(&source, "dft");
    for (int by_taps = 0; by_taps < 2; by_taps++) {
        double last = 0;
        for (int step = 0; step < STEPS; step++) {
            char arguments[64];
            double mean = 0;
            snprintf(arguments, sizeof arguments, "taps=%u,coefficients=%u",
                     by_taps ? taps[step] : 13, by_taps ? 4 * taps[step] : kept[step]);
            search s = search_open(arguments);
            beams_taps work = {0};
            REQUIRE(beams_taps_open(&s.c, &work, NULL) == ERR_NONE);
            for (uint32_t sample = 0; sample < SAMPLES; sample++) {
                codebook_draw(&source, sample);
                csi_view_from_frequency(source.view, source.h);
                search_beams(&s, source.view);
                beams_taps_choose(&s.c, &work, s.coefficient);
                uint32_t nonzero = 0;
                for (uint32_t i = 0; i < s.c.rows * s.c.subbands; i++)
                    nonzero += work.kept[i] != 0;
                CHECK(nonzero > 0 && nonzero <= s.c.coefficients);
                fftwf_execute(work.backward);
                double sgcs = search_sgcs(&s, work.kept);
                mean += sgcs / SAMPLES;
                if (step == STEPS - 1)
                    CHECK_NEAR(sgcs, search_sgcs(&s, s.coefficient), 1e-4);
            }
            CHECK(mean > last);
            last = mean;
            beams_taps_close(&work);
            search_close(&s);
        }
    }
    codebook_close(&source);
}

/* --- both ends -------------------------------------------------------------------------------- */

static const char *const specs[] = {"beams",
                                    "beams:combination=8",
                                    "beams:polarisations=2",
                                    "beams:polarisations=2,combination=6,oversampling=3",
                                    "beams:type=r15",
                                    "beams:type=r15,psk=4,beams=3,amplitudes=subband",
                                    "beams:type=r15,polarisations=2,amplitudes=subband"};
enum { SPECS = sizeof specs / sizeof specs[0] };

static void a_beam_is_met(void)
{
    for (int i = 0; i < SPECS; i++) {
        codebook c;
        codebook_open(&c, specs[i]);
        uint32_t n1 = c.info->nt / (strstr(specs[i], "polarisations=2") ? 2 : 1);
        uint32_t beams = n1 * (strstr(specs[i], "oversampling=3") ? 3 : 4);
        for (uint32_t m = 0; m < beams; m += 5) {
            /* On both halves of the array the same phase: j^-0. */
            const double sine = 2.0 * m / beams, delay = 0;
            const double complex gain = 1 + 2 * I;
            codebook_paths(&c, 1, &sine, &delay, &gain);
            if (n1 == c.info->nt) {
                CHECK_NEAR(codebook_report(&c), 1, 1e-5);
            } else { /* the second half is off by at most half a step of the phase */
                CHECK(codebook_report(&c) > 0.95);
            }
        }
        codebook_close(&c);
    }
}

static void more_bits_are_closer(void)
{
    enum { SAMPLES = 30 };
    double last = codebook_mean_sgcs("dft", SAMPLES);
    static const char *const rising[] = {"beams:combination=1", "beams:combination=3",
                                         "beams:combination=4", "beams:combination=8"};
    for (int i = 0; i < 4; i++) {
        double sgcs = codebook_mean_sgcs(rising[i], SAMPLES);
        printf("    %s: %.3f, after %.3f\n", rising[i], sgcs, last);
        CHECK(sgcs > last);
        last = sgcs;
    }
    double coarse = codebook_mean_sgcs("beams:type=r15,beams=4,psk=4", SAMPLES);
    double fine = codebook_mean_sgcs("beams:type=r15,beams=4,psk=8", SAMPLES);
    double finer = codebook_mean_sgcs("beams:type=r15,beams=4,amplitudes=subband", SAMPLES);
    CHECK(fine > coarse && finer > fine);
    CHECK(fine > codebook_mean_sgcs("beams:type=r15,beams=2", SAMPLES));
}

static void scale_and_phase_do_not_matter(void)
{
    for (int i = 0; i < SPECS; i++)
        codebook_is_blind(specs[i]);
}

static void reports_from_outside_are_checked(void)
{
    for (int i = 0; i < SPECS; i++)
        /* Every second one is a good report with up to three wrong bits. */
        CHECK(codebook_takes_bits(specs[i], 400) >= 50);
    codebook_bounds("beams:ni=4");
    codebook_bounds("beams:ni=4,type=r15,polarisations=2,amplitudes=subband");
}

/* Each kind of damage, by name. Combination 4 of one polarisation: 2 bits of q, 16 of the beams
 * (35960 of them), 8 of the taps (220), 16 of the bitmap, then the strongest. */
static void damage_is_named(void)
{
    enum { TAPS_AT = 18, BITMAP_AT = 26, STRONGEST_AT = 42 };
    static const struct {
        uint32_t at, bits, value, size;
        const char *says;
    } damage[] = {
        {2, 16, 35960, 94, "combination 35960 of 4 beams out of 32; it must be below 35960"},
        {TAPS_AT, 8, 220, 94, "combination 220 of 3 taps out of 12; it must be below 220"},
        {BITMAP_AT, 16, 0, 94, "0 coefficients"},
        {BITMAP_AT, 16, 0xfff0, 94, "0 of them in tap 0"},
        {BITMAP_AT, 16, 0xffff, 94, "16 coefficients, 4 of them in tap 0; there are 1 to 8"},
        {BITMAP_AT, 16 + 3, 0x00f1 | 5 << 16, 94,
         "strongest of 1 coefficients in tap 0 is number 5"},
        {BITMAP_AT, 16 + 3, 0x00ff, 93,
         "93 side bits; they end before the coefficients that they list"},
        {BITMAP_AT, 16 + 1, 0x0003, 94, "94 side bits; bits follow"},
    };
    codebook c;
    codebook_open(&c, "beams");
    CHECK(c.info->shape.side_bits_min == STRONGEST_AT && c.info->shape.side_bits_max == 94);
    for (size_t i = 0; i < sizeof damage / sizeof damage[0]; i++) {
        err e = {0};
        memset(c.payload.side, 0, 12);
        for (uint32_t k = 0; k < damage[i].bits; k++)
            c.payload.side[(damage[i].at + k) / 8] |=
                (uint8_t)((damage[i].value >> k & 1) << (damage[i].at + k) % 8);
        c.payload.side_bits = damage[i].size;
        CHECK(codebook_decode(&c, &e) == ERR_FORMAT && codebook_says(&e, damage[i].says));
    }
    for (uint32_t size = 41; size <= 95; size += 54) {
        err e = {0};
        c.payload.side_bits = size;
        CHECK(codebook_decode(&c, &e) == ERR_FORMAT);
        CHECK(codebook_says(&e, size == 41 ? "none and 42 to 94" : "sends at most 94"));
    }
    codebook_close(&c);
}

/* Coefficients 1 and -1 on one beam, in two taps: nothing is left of subband 0. */
static void coefficients_that_cancel_leave_the_strongest_beam(void)
{
    beams_config c = configure("taps=2,coefficients=2");
    beams_taps taps = {0};
    float complex coefficient[BEAMS_ROWS_MAX * BEAMS_TAPS_MAX], table[128], w[13 * 32];
    const beams_basis basis = {.rotation = 1, .beam = {2, 5, 7, 9}};
    beams_r16 p = {.tap = {0, 3}, .strongest = 2};
    p.kept[2][0] = p.kept[2][1] = true;
    p.amplitude[2][1] = 7;
    p.phase[2][1] = 8;
    REQUIRE(beams_taps_open(&c, &taps, NULL) == ERR_NONE);
    csi_beam_grid_table(32, 4, table);
    beams_r16_coefficients(&c, &taps, &p, coefficient);
    CHECK(cabsf(coefficient[2 * 13]) < 1e-5f);
    beams_basis_precoders(&c, &basis, table, coefficient, p.strongest, w);
    for (uint32_t s = 0; s < 13; s++)
        CHECK_NEAR(csi_energy(w + s * 32, 32), 1, 1e-5);
    for (uint32_t k = 0; k < 32; k++)
        CHECK(cabsf(w[k] - table[k * (4 * 7 + 1) % 128]) < 1e-6f);
    beams_taps_close(&taps);
}

static void what_does_not_fit_is_refused(void)
{
    static const codebook_refusal wrong[] = {
        {"beams:type=r17", "type=r17 of codec beams; it must be r15 or r16"},
        {"beams:combination=9",
         "combination=9 of codec beams; it must be a whole number from 1 to 8"},
        {"beams:beams=9", "from 1 to 8"},
        {"beams:psk=8", "psk and amplitudes are options of type=r15"},
        {"beams:type=r15,psk=16", "psk=16 of codec beams; it must be 4 or 8"},
        {"beams:type=r15,taps=4", "options of type=r16"},
        {"beams:type=r15,combination=4", "options of type=r16"},
        {"beams:subbands=20", "type=r16 takes 1 to 19"},
        {"beams:type=r15,subbands=65", "from 1 to 64"},
        {"beams:taps=14", "13 subbands have at most as many taps"},
        {"beams:taps=1,coefficients=5", "coefficients=5 of codec beams; there are 4"},
        {"beams:nt=4,combination=8", "4 antennas have 4 orthogonal ones"},
        {"beams:nt=33,polarisations=2", "two polarisations need an even number"},
        {"beams:amplitudes=none", "wideband or subband"},
        {"beams:l=4", "unknown option l of codec beams"},
        {"beams:beams", "not KEY=VALUE"},
    };
    codebook_refuses(wrong, sizeof wrong / sizeof wrong[0]);
}

static void ends_match_where_they_are_of_one_codec(void)
{
    for (int i = 0; i < SPECS; i++)
        for (int k = 0; k < SPECS; k++) {
            codec *a = codec_load(CODEC_ENCODER, specs[i], NULL);
            codec *b = codec_load(CODEC_DECODER, specs[k], NULL);
            REQUIRE(a && b);
            CHECK(codec_check_match(a, b, NULL) == (i == k ? ERR_NONE : ERR_MISMATCH));
            codec_unload(a);
            codec_unload(b);
        }
    /* A preset, and what it stands for. */
    codec *a = codec_load(CODEC_ENCODER, "beams:combination=4", NULL);
    codec *b = codec_load(CODEC_DECODER, "beams:beams=4,taps=4,coefficients=8", NULL);
    REQUIRE(a && b);
    CHECK(codec_check_match(a, b, NULL) == ERR_NONE);
    codec_unload(a);
    codec_unload(b);
}

static const harness_test tests[] = {
    {"reports of each combination are as long as published", reports_are_as_long_as_published},
    {"every field has its width", fields_have_their_widths},
    {"combinations and indices are one to one", combinations_are_counted},
    {"eType II reports are read as they were written", r16_reports_are_read_as_written},
    {"Type II reports are read as they were written", r15_reports_are_read_as_written},
    {"quantizing what a report stands for gives the report", quantizing_undoes_nothing},
    {"more beams never hold less of the target", more_beams_hold_more},
    {"all beams of a rotation hold all of it", all_beams_hold_everything},
    {"more taps and coefficients hold more, all of them everything", more_coefficients_hold_more},
    {"a plane wave on a beam is met with SGCS 1", a_beam_is_met},
    {"more bits are closer to the channel", more_bits_are_closer},
    {"the same bits at any scale and phase, whatever came before", scale_and_phase_do_not_matter},
    {"reports from outside give precoders of unit norm or an error",
     reports_from_outside_are_checked},
    {"damage is refused by name", damage_is_named},
    {"coefficients that cancel leave the strongest beam",
     coefficients_that_cancel_leave_the_strongest_beam},
    {"options that do not fit are refused with what is right", what_does_not_fit_is_refused},
    {"ends match where they are of one codec", ends_match_where_they_are_of_one_codec},
};

int main(int argc, char **argv)
{
    return harness_main(argc, argv, "beams codebook", tests, sizeof tests / sizeof tests[0]);
}
