/* Training over sequences: what becomes of reports, gradients through time, the same bits again,
 * and that memory is learned to be used. */
#include "base/decibel.h"
#include "trainer_tools.h"

/* --- outcomes
 * -------------------------------------------------------------------------------------
 */

/* Every report builds on the newest that arrived and is acknowledged by then, as
 * chain_memory_base has it; a key on none. */
static void reports_build_on_what_arrived(void)
{
    const train_sequence s = {.loss = 0.3, .burst = 2, .key = 0.1, .delay = 2};
    train_outcome outcomes[40], again[40];
    unsigned keys = 0, built = 0;
    for (uint64_t index = 0; index < 200; index++) {
        train_sequence_draw(&s, 7, index, 40, outcomes);
        train_sequence_draw(&s, 7, index, 40, again);
        for (int i = 0; i < 40; i++) {
            int newest = i - 2;
            while (newest >= 0 && outcomes[newest].lost)
                newest--;
            newest = newest < 0 ? -1 : newest;
            CHECK(outcomes[i].base == again[i].base && outcomes[i].lost == again[i].lost);
            CHECK(outcomes[i].base == newest || outcomes[i].base == -1);
            keys += newest >= 0 && outcomes[i].base < 0;
            built += newest >= 0;
        }
    }
    /* 7,400 draws: three standard deviations are 0.0105. */
    CHECK_NEAR((double)keys / built, 0.1, 0.011);
}

/* 8,000 reports. Bursts of mean length 4 are geometric, of deviation 3.5; their shares scatter by
 * about 0.012, mean lengths by 0.17. */
static void losses_come_in_bursts(void)
{
    const train_sequence s = {.loss = 0.2, .burst = 4};
    train_outcome outcomes[TRAIN_REPORTS_MAX];
    unsigned lost = 0, ends = 0;
    for (uint64_t index = 0; index < 500; index++) {
        train_sequence_draw(&s, 9, index, TRAIN_REPORTS_MAX, outcomes);
        for (int i = 0; i < TRAIN_REPORTS_MAX; i++) {
            lost += outcomes[i].lost;
            ends += i > 0 && outcomes[i - 1].lost && !outcomes[i].lost;
        }
    }
    CHECK_NEAR((double)lost / (500 * TRAIN_REPORTS_MAX), 0.2, 0.02);
    CHECK_NEAR((double)lost / ends, 4, 0.6);
}

static void impossible_numbers_are_refused(void)
{
    static const struct {
        train_sequence s;
        const char *says;
    } bad[] = {
        {{.loss = 0.95}, "loss"},        {{.loss = (double)NAN}, "loss"},
        {{.burst = 0.5}, "burst"},       {{.loss = 0.8, .burst = 2}, "at most 0.666667"},
        {{.key = 1.5}, "share of keys"}, {{.delay = 8}, "delay"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        err e = {0};
        CHECK(train_sequence_check(&bad[i].s, &e) == ERR_INVALID && says(&e, bad[i].says));
    }
}

/* --- a pair with memory ------------------------------------------------------------------------
 *
 * u = mixed image less 0.5, less r what is known; s = u W; known' = r known + s V. The decoder:
 * held' = r held + s~ V, y = held' + 0.5. Linear DPCM, where W, V and r are learned. */

enum { HELD = PIXELS };

static nn_model *finish_built(nn_builder *b, const char *name)
{
    err e = {0};
    nn_model *m = nn_builder_finish(b, name, &e);
    if (!m)
        printf("    %s\n", e.text);
    REQUIRE(m != NULL);
    return m;
}

static void add_weight(nn_builder *b, const char *name, int64_t rows, int64_t columns, float sigma,
                       float offset, uint32_t stream)
{
    float *values = malloc((size_t)(rows * columns) * sizeof *values);
    REQUIRE(values != NULL);
    rng r = rng_at(21, RNG_TEST, 5, stream);
    rng_normal_fill(&r, values, (size_t)(rows * columns), sigma);
    for (int64_t i = 0; i < rows * columns; i++)
        values[i] += offset;
    nn_builder_floats(b, name, 2, (int64_t[]){rows, columns}, values);
    free(values);
}

static nn_model *remembering_encoder(void)
{
    nn_builder *b = nn_builder_new();
    const float half = -0.5f;
    nn_builder_input(b, "x", 4, (int64_t[]){-1, 2, NT, NI});
    nn_builder_input(b, "memory_known", 2, (int64_t[]){-1, HELD});
    nn_builder_floats(b, "const.half", 0, NULL, &half);
    nn_builder_list(b, "const.flat", 2, (int64_t[]){-1, PIXELS});
    add_weight(b, "W", HELD, CODEWORD, 0.1f, 0, 1);
    add_weight(b, "V", CODEWORD, HELD, 0.05f, 0, 2);
    add_weight(b, "r", 1, HELD, 0, 0.8f, 3);
    nn_builder_node(b, "Add", "centre", "x const.half", "centred");
    nn_builder_node(b, "Reshape", "flat", "centred const.flat", "image");
    nn_builder_node(b, "Mul", "fade", "memory_known r", "faded");
    nn_builder_node(b, "Sub", "less", "image faded", "u");
    nn_builder_node(b, "MatMul", "encode", "u W", "s");
    nn_builder_node(b, "MatMul", "decode", "s V", "back");
    nn_builder_node(b, "Add", "sum", "faded back", "memory_known_next");
    nn_builder_output(b, "s", 2, (int64_t[]){-1, CODEWORD});
    nn_builder_output(b, "memory_known_next", 2, (int64_t[]){-1, HELD});
    return finish_built(b, "encoder");
}

static nn_model *remembering_decoder(bool snr)
{
    nn_builder *b = nn_builder_new();
    const float half = 0.5f;
    nn_builder_input(b, "s", 2, (int64_t[]){-1, CODEWORD});
    nn_builder_input(b, "memory_held", 2, (int64_t[]){-1, HELD});
    nn_builder_floats(b, "const.half", 0, NULL, &half);
    nn_builder_list(b, "const.image", 4, (int64_t[]){-1, 2, NT, NI});
    add_weight(b, "V", CODEWORD, HELD, 0.05f, 0, 2);
    add_weight(b, "r", 1, HELD, 0, 0.8f, 3);
    const char *codeword = "s V";
    if (snr) {
        nn_builder_input(b, "snr_db", 1, (int64_t[]){-1});
        nn_builder_list(b, "const.column", 2, (int64_t[]){-1, 1});
        add_weight(b, "gain", 1, CODEWORD, 0, 0.02f, 4);
        nn_builder_node(b, "Reshape", "column", "snr_db const.column", "snr");
        nn_builder_node(b, "MatMul", "gains", "snr gain", "gains");
        nn_builder_node(b, "Mul", "weigh", "s gains", "weighed");
        codeword = "weighed V";
    }
    nn_builder_node(b, "Mul", "fade", "memory_held r", "faded");
    nn_builder_node(b, "MatMul", "decode", codeword, "back");
    nn_builder_node(b, "Add", "sum", "faded back", "memory_held_next");
    nn_builder_node(b, "Reshape", "image", "memory_held_next const.image", "centred");
    nn_builder_node(b, "Add", "lift", "centred const.half", "y");
    nn_builder_output(b, "y", 4, (int64_t[]){-1, 2, NT, NI});
    nn_builder_output(b, "memory_held_next", 2, (int64_t[]){-1, HELD});
    return finish_built(b, "decoder");
}

static train_pair remembering_pair(bool snr)
{
    return (train_pair){.encoder = remembering_encoder(), .decoder = remembering_decoder(snr)};
}

/* 1.5 Hz of Doppler and 20 ms: a path turns by at most 0.19 between reports. */
static train_config sequence_config(void)
{
    train_config c = make_config();
    c.feed.reports = 6;
    c.feed.period_s = 0.02;
    c.feed.sources[0].speed_kmh = 0.33;
    c.feed.sources[0].carrier_hz = 5e9;
    c.feed.pool = 400;
    c.batch = 8;
    c.chunk = 4;
    c.samples = 800;
    c.warmup = 80;
    c.validation = 60;
    c.validate_every = 400;
    return c;
}

static train_config lossy_config(void)
{
    train_config c = sequence_config();
    c.objective.clean = 0.2;
    c.objective.snr_max_db = 20;
    c.sequence = (train_sequence){.loss = 0.25, .burst = 1.5, .key = 0.1, .delay = 2};
    return c;
}

/* --- gradients through time --------------------------------------------------------------------
 */

static double sequence_loss(trainer *t, train_worker *w)
{
    memset(w->nmse_sum, 0, sizeof w->nmse_sum);
    for (int side = 0; side < SIDES; side++) {
        grad_net_refresh(w->nets[side]);
        grad_net_clear_gradients(w->nets[side]);
    }
    REQUIRE(trainer_forward(t, w, &t->config.objective, 0) == 0);
    REQUIRE(trainer_backward(t, w, &t->config.objective, 0) == 0);
    double sum = 0;
    for (int bin = 0; bin < TRAIN_SNR_BINS; bin++)
        sum += w->nmse_sum[bin];
    return sum / ((double)t->config.batch * t->reports);
}

/* The mean NMSE over six reports, losses, keys and noise in between, against differences in weights
 * of both sides. The loss is about 1; differences of step 2^-7 of weights near 0.1 have an error
 * from curvature near 1e-3 of the largest gradient, rounding less. */
static void gradients_go_through_all_reports(void)
{
    train_config c = lossy_config();
    c.threads = 1;
    train_pair pair = remembering_pair(true);
    trainer *t = open_trainer(&c, &pair, NULL);
    train_worker *w = &t->workers[0];
    REQUIRE(train_feed_ready(t->feed, 0, c.batch, NULL) == 0);
    for (size_t i = 0; i < t->chunk; i++)
        train_feed_sample(t->feed, i, w->track.images + i * t->sample);
    for (int side = 0; side < SIDES; side++) {
        sequence_loss(t, w);
        size_t count = t->weights[side]->count;
        float *gradient = malloc(count * sizeof *gradient), largest = 0;
        REQUIRE(gradient != NULL);
        memcpy(gradient, grad_net_gradients(w->nets[side]), count * sizeof *gradient);
        for (size_t i = 0; i < count; i++)
            largest = fmaxf(largest, fabsf(gradient[i]));
        CHECK(largest > 0);
        for (int k = 0; k < t->weights[side]->n_entries; k++) {
            const grad_entry *entry = &t->weights[side]->entries[k];
            for (size_t i = 0; i < entry->count; i += 1 + entry->count / 7) {
                float *at = t->weights[side]->values + entry->offset + i, was = *at;
                float step = 0x1p-7f;
                *at = was + step;
                double up = sequence_loss(t, w);
                *at = was - step;
                double down = sequence_loss(t, w);
                *at = was;
                CHECK_NEAR((up - down) / (2 * (double)step), (double)gradient[entry->offset + i],
                           4e-3 * (double)largest + 1e-5);
            }
        }
        free(gradient);
    }
    trainer_free(t);
    free_pair(&pair);
}

/* --- the same again ----------------------------------------------------------------------------
 */

static void a_checkpoint_goes_on_exactly(void)
{
    train_config c = lossy_config();
    train_pair pairs[] = {remembering_pair(true), remembering_pair(true)};
    trainer *whole = open_trainer(&c, &pairs[0], NULL), *first = open_trainer(&c, &pairs[1], NULL);
    advance_to(whole, c.samples);
    advance_to(first, 240);
    REQUIRE(trainer_checkpoint(first, in_folder("checkpoint"), NULL) == 0);
    trainer_free(first);
    free_pair(&pairs[1]);
    pairs[1] = remembering_pair(true);
    first = open_trainer(&c, &pairs[1], in_folder("checkpoint"));
    CHECK(trainer_status(first)->samples == 240);
    advance_to(first, c.samples);
    CHECK(same_state(whole, first));
    err e = {0};
    c.sequence.loss = 0.1;
    CHECK(!trainer_open(&c, &pairs[1], in_folder("checkpoint"), &e) && says(&e, "sequence.loss"));
    trainer_free(whole);
    trainer_free(first);
    free_pair(&pairs[0]);
    free_pair(&pairs[1]);
}

/* Sums in another order differ in their last bits: as in test_trainer.c. */
static void threads_agree(void)
{
    train_config one = lossy_config(), two = lossy_config();
    one.threads = 1;
    train_pair pairs[] = {remembering_pair(true), remembering_pair(true)};
    trainer *a = open_trainer(&one, &pairs[0], NULL), *b = open_trainer(&two, &pairs[1], NULL);
    advance_to(a, 400);
    advance_to(b, 400);
    CHECK_NEAR(a->status.score, b->status.score, 1e-3);
    CHECK_NEAR(a->status.loss, b->status.loss, 1e-4);
    trainer_free(a);
    trainer_free(b);
    free_pair(&pairs[0]);
    free_pair(&pairs[1]);
}

/* --- what it is for ----------------------------------------------------------------------------
 */

static double trained_nmse_db(double key)
{
    train_config c = sequence_config();
    c.sequence.key = key;
    c.objective.clean = 0;
    c.check_snr_db[0] = 0; /* that of the objective */
    c.samples = 8000;
    c.validate_every = 2000;
    c.learning_rate = 5e-3;
    c.batch = 16;
    c.warmup = 400;
    train_pair pair = remembering_pair(false);
    trainer *t = open_trainer(&c, &pair, NULL);
    advance_to(t, c.samples);
    double nmse_db = trainer_status(t)->best_score;
    trainer_free(t);
    free_pair(&pair);
    return nmse_db;
}

/* At an SNR of 0 dB, keys alone are at best at 1/2 + 1/2 / 2, -1.25 dB: half of the 32 numbers
 * behind noise of their own power. Differences are smaller than the numbers, and so is the noise,
 * which goes by the power of what is sent: the half that travels comes nearer, to -3 dB in the end.
 */
static void memory_lowers_the_nmse(void)
{
    double without = trained_nmse_db(1), with = trained_nmse_db(0);
    printf("    %.2f dB with keys alone, %.2f dB with memory\n", without, with);
    CHECK(without > db_of_power(0.75) - 0.05);
    CHECK(with < without - 0.5);
}

static void what_does_not_fit_is_refused(void)
{
    err e = {0};
    train_config c = make_config();
    train_pair pair = remembering_pair(false);
    CHECK(!trainer_open(&c, &pair, NULL, &e) && says(&e, "sequence.length"));
    c = sequence_config();
    c.quantize.scheme = GRAD_DYNAMIC;
    CHECK(!trainer_open(&c, &pair, NULL, &e) && says(&e, "quantize"));
    c = sequence_config();
    c.feed.align = CSI_ALIGN_DELAY;
    CHECK(!trainer_open(&c, &pair, NULL, &e) && says(&e, "align"));
    c = sequence_config();
    c.feed.reports = TRAIN_REPORTS_MAX + 1;
    CHECK(!trainer_open(&c, &pair, NULL, &e) && says(&e, "reports"));
    c = sequence_config();
    c.feed.period_s = 0;
    CHECK(!trainer_open(&c, &pair, NULL, &e) && says(&e, "apart"));
    free_pair(&pair);
}

static const harness_test tests[] = {
    {"a report builds on the newest that arrived and is acknowledged",
     reports_build_on_what_arrived},
    {"losses have the share and the bursts asked for", losses_come_in_bursts},
    {"numbers that make no sequence are refused by name", impossible_numbers_are_refused},
    {"gradients go through all reports, losses and keys between", gradients_go_through_all_reports},
    {"a checkpoint goes on exactly, and is held to its sequences", a_checkpoint_goes_on_exactly},
    {"one thread and two agree within rounding", threads_agree},
    {"memory lowers the NMSE of a channel that moves slowly", memory_lowers_the_nmse},
    {"what does not fit sequences is refused, saying why", what_does_not_fit_is_refused},
};

int main(int argc, char **argv)
{
    if (!mkdtemp(folder))
        return 1;
    int status = harness_main(argc, argv, "sequence", tests, sizeof tests / sizeof tests[0]);
    unlink(in_folder("checkpoint"));
    rmdir(folder);
    return status;
}
