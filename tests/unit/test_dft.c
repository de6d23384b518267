/* The codec kind `dft`: the best beam of an oversampled DFT codebook. */
#include "codebook.h"

static void a_beam_is_met(void)
{
    static const char *const specs[] = {"dft", "dft:wideband=no", "dft:nt=24,oversampling=3",
                                        "dft:nt=8,oversampling=16,wideband=no,subbands=64"};
    for (size_t i = 0; i < sizeof specs / sizeof specs[0]; i++) {
        codebook c;
        codebook_open(&c, specs[i]);
        uint32_t beams = c.info->nt * (i == 2 ? 3 : i == 3 ? 16 : 4);
        for (uint32_t m = 0; m < beams; m += 1 + m % 5) {
            const double sine = 2.0 * m / beams, delay = m % c.info->ni;
            const double complex gain = 2 - I;
            codebook_paths(&c, 1, &sine, &delay, &gain);
            CHECK_NEAR(codebook_report(&c), 1, 1e-5);
            bit_reader side = {.byte = c.payload.side, .size = c.payload.side_bits};
            CHECK(bits_get(&side, bits_for(beams)) == m);
        }
        codebook_close(&c);
    }
}

/* Two halves of the array, the second by j^-c of the first, another c in each subband. */
static void a_phase_between_polarisations_is_met(void)
{
    codebook c;
    codebook_open(&c, "dft:polarisations=2");
    CHECK(c.info->shape.side_bits_max == 6 + 2 * 13);
    for (uint32_t m = 0; m < 64; m += 7) {
        for (uint32_t n = 0; n < CODEBOOK_NC; n++)
            for (uint32_t k = 0; k < 32; k++) {
                uint32_t s = n / (CODEBOOK_NC / 13);
                double turns = (k % 16) * m / 64.0 + (k < 16 ? 0 : (s + m) % 4 / 4.0);
                c.h[n * 32 + k] = (float complex)cexp(-I * 2 * M_PI * turns);
            }
        /* A co-phase that jumps has taps beyond ni; here ni is what the link keeps of it. */
        CHECK(codebook_report(&c) > 0.9);
        bit_reader side = {.byte = c.payload.side, .size = c.payload.side_bits};
        CHECK(bits_get(&side, 6) == m);
        for (uint32_t s = 0; s < 13; s++)
            CHECK(bits_get(&side, 2) == (s + m) % 4);
    }
    codebook_close(&c);
}

/* Sum over the subcarriers of subband s of |h^T w|^2. */
static double power_of(const codebook *c, uint32_t s, const float complex *w)
{
    double sum = 0;
    for (uint32_t n = csi_subband_first(CODEBOOK_NC, c->info->subbands, s);
         n < csi_subband_first(CODEBOOK_NC, c->info->subbands, s + 1); n++) {
        double complex product = 0;
        for (uint32_t k = 0; k < c->info->nt; k++)
            product += (double complex)c->h[n * c->info->nt + k] * (double complex)w[k];
        sum += creal(product) * creal(product) + cimag(product) * cimag(product);
    }
    return sum;
}

/* Against every beam and co-phase, over every subcarrier. The few points of a subband may decide
 * otherwise where two beams are as good as each other. */
static void no_beam_is_better(void)
{
    static const struct {
        const char *spec;
        uint32_t polarisations;
    } cases[] = {{"dft:nt=8,wideband=no", 1}, {"dft:nt=8,wideband=no,polarisations=2", 2}};
    for (size_t i = 0; i < 2; i++) {
        codebook c;
        codebook_open(&c, cases[i].spec);
        uint32_t p = cases[i].polarisations, n1 = 8 / p;
        for (uint32_t sample = 0; sample < 20; sample++) {
            codebook_draw(&c, sample);
            codebook_report(&c);
            for (uint32_t s = 0; s < 13; s++) {
                double most = 0;
                for (uint32_t m = 0; m < 4 * n1 * (p == 2 ? 4 : 1); m++) {
                    float complex w[8];
                    for (uint32_t k = 0; k < 8; k++) {
                        double turns = (double)(k % n1) * (m / (p == 2 ? 4 : 1)) / (4 * n1) +
                                       (k < n1 ? 0 : m % 4 / 4.0);
                        w[k] = (float complex)(cexp(I * 2 * M_PI * turns) / sqrt(8));
                    }
                    most = fmax(most, power_of(&c, s, w));
                }
                double got = power_of(&c, s, c.w + s * 8);
                CHECK(got <= most * (1 + 1e-5) && got >= most * 0.98);
            }
        }
        codebook_close(&c);
    }
}

static void bits_are_counted(void)
{
    static const struct {
        const char *spec;
        uint32_t bits;
    } cases[] = {{"dft", 7},
                 {"dft:wideband=no", 91},
                 {"dft:wideband=yes,subbands=1,oversampling=1", 5},
                 {"dft:polarisations=2,wideband=no", 13 * (6 + 2)},
                 {"dft:nt=24,oversampling=3", 7},
                 {"dft:nt=2,oversampling=1", 1}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        codebook c;
        codebook_open(&c, cases[i].spec);
        codebook_draw(&c, 1);
        codebook_report(&c);
        CHECK(c.payload.side_bits == cases[i].bits);
        CHECK(c.info->shape.side_bits_min == cases[i].bits);
        CHECK(c.info->shape.side_bits_max == cases[i].bits);
        codebook_close(&c);
    }
}

static void narrower_and_finer_beams_are_better(void)
{
    double wide = codebook_mean_sgcs("dft", 40);
    CHECK(codebook_mean_sgcs("dft:wideband=no", 40) > wide);
    CHECK(codebook_mean_sgcs("dft:oversampling=1", 40) < wide);
    CHECK(wide > 0.4);
}

static void scale_and_phase_do_not_matter(void)
{
    codebook_is_blind("dft");
    codebook_is_blind("dft:wideband=no,polarisations=2");
}

static void reports_from_outside_are_checked(void)
{
    codebook c;
    err e = {0};
    CHECK(codebook_takes_bits("dft", 200) == 200);
    CHECK(codebook_takes_bits("dft:polarisations=2,wideband=no", 200) == 200);
    /* 72 beams in 7 bits. */
    uint32_t decoded = codebook_takes_bits("dft:nt=24,oversampling=3", 400);
    CHECK(decoded > 200 && decoded < 400);
    codebook_open(&c, "dft:nt=24,oversampling=3");
    c.payload.side_bits = 7;
    c.payload.side[0] = 72;
    CHECK(codebook_decode(&c, &e) == ERR_FORMAT && codebook_says(&e, "beam 72 in subband 0"));
    c.payload.side_bits = 6;
    CHECK(codebook_decode(&c, &e) == ERR_FORMAT && codebook_says(&e, "takes none and 7"));
    codebook_close(&c);
    codebook_bounds("dft:ni=4");
    codebook_bounds("dft:ni=4,polarisations=2,wideband=no");
}

static void what_does_not_fit_is_refused(void)
{
    static const codebook_refusal wrong[] = {
        {"dft:subbands=0", "subbands=N from 1 to 64"},
        {"dft:subbands=65", "subbands=65"},
        {"dft:oversampling=17", "oversampling=N from 1 to 16"},
        {"dft:polarisations=3", "polarisations=1 or 2"},
        {"dft:wideband=maybe", "wideband=yes or no"},
        {"dft:nt=257", "nt=N from 2 to 256"},
        {"dft:ni=0", "ni=N from 1 to 256"},
        {"dft:nt=7,polarisations=2", "nt=7"},
        {"dft:nt=2,polarisations=2", "2 or more of each"},
        {"dft:beams=2", "option beams=2"},
        {"dft:wideband", "not KEY=VALUE"},
    };
    codebook_refuses(wrong, sizeof wrong / sizeof wrong[0]);
    codec *a = codec_load(CODEC_ENCODER, "dft", NULL);
    codec *b = codec_load(CODEC_DECODER, "dft:subbands=12", NULL);
    REQUIRE(a && b);
    CHECK(codec_check_match(a, b, NULL) == ERR_MISMATCH);
    codec_unload(a);
    codec_unload(b);
}

static const harness_test tests[] = {
    {"a plane wave on a beam is met with SGCS 1, and is that beam", a_beam_is_met},
    {"a phase between two polarisations is met", a_phase_between_polarisations_is_met},
    {"no beam and co-phase has more power over a subband than those sent", no_beam_is_better},
    {"bits: the beam, and a co-phase for each subband", bits_are_counted},
    {"a beam for each subband and a finer grid raise SGCS", narrower_and_finer_beams_are_better},
    {"the same bits at any scale and phase, whatever came before", scale_and_phase_do_not_matter},
    {"reports from outside give precoders of unit norm or an error",
     reports_from_outside_are_checked},
    {"options that do not fit are refused with what is right", what_does_not_fit_is_refused},
};

int main(int argc, char **argv)
{
    return harness_main(argc, argv, "dft codebook", tests, sizeof tests / sizeof tests[0]);
}
