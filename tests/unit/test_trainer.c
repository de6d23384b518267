#include "base/decibel.h"
#include "csi/metrics.h"
#include "trainer_tools.h"

/* --- it learns what can be learnt --------------------------------------------------------------
 */

/* 0.1 dB above the closed form is 2.3 % of the error: what is left after that many steps, and what
 * 2000 samples of validation scatter (0.5 %). */
static const double near_optimum_db = 0.1;

static double train_fully(const pair_shape *shape, double snr_db)
{
    train_config c = make_config();
    c.samples = 60000;
    c.warmup = 2000;
    c.learning_rate = 5e-3;
    c.validate_every = 20000;
    c.validation = 2000;
    c.check_snr_db[0] = snr_db;
    if (isfinite(snr_db)) {
        c.objective.clean = 0;
        c.objective.snr_min_db = c.objective.snr_max_db = snr_db;
    }
    train_pair pair = make_pair(shape);
    trainer *t = open_trainer(&c, &pair, NULL);
    advance_to(t, c.samples);
    CHECK(trainer_complete(t) && trainer_status(t)->validated);
    CHECK(trainer_advance(t, 1, NULL) == ERR_STATE);
    double nmse_db = trainer_status(t)->best_score;
    CHECK_NEAR(db_of_power(trainer_status(t)->loss), nmse_db, near_optimum_db);
    trainer_free(t);
    free_pair(&pair);
    return nmse_db;
}

static void linear_pair_reaches_klt(void)
{
    double optimum = db_of_power(0.5), got = train_fully(&linear, INFINITY);

    CHECK_NEAR(got, optimum + near_optimum_db / 2, near_optimum_db);
}

static void linear_pair_reaches_mmse_behind_noise(void)
{
    double optimum = db_of_power(0.5 + 0.5 / (1 + pow(10, 0.3))), got = train_fully(&linear, 3);

    CHECK_NEAR(got, optimum + near_optimum_db / 2, near_optimum_db);
}

/* Ten decibels without noise are worth less than two behind it. */
static void the_point_without_noise_does_not_rule(void)
{
    const double early[] = {-30, -9, -2}, late[] = {-20, -10, -4};

    CHECK(train_score_db(late, 3) < train_score_db(early, 3));
    CHECK_NEAR(train_score_db(early, 1), -30, 1e-12);
}

/* Above 5 dB, 16 reference symbols tell an SNR within about 1.5 dB, hardly ever 6. */
static void decoder_is_told_the_snr(void)
{
    train_config c = make_config();
    c.samples = 8000;
    c.objective = (train_objective){.loss = TRAIN_NMSE,
                                    .snr_min_db = 5,
                                    .snr_max_db = 20,
                                    .balance = 0.5,
                                    .references = 16,
                                    .seed = 4};
    c.checks = 2;
    c.check_snr_db[0] = 20;
    c.check_snr_db[1] = 0;
    train_pair pair = make_pair(&(pair_shape){.snr = true, .sigma = 0.1f});
    trainer *t = open_trainer(&c, &pair, NULL);
    advance_to(t, 2000);
    double before = trainer_status(t)->score;
    advance_to(t, 8000);
    const train_status *status = trainer_status(t);
    CHECK(status->score < before && status->best_score <= status->score);
    CHECK(status->nmse_db[0] < status->nmse_db[1]);
    double mean = (power_of_db(status->nmse_db[0]) + power_of_db(status->nmse_db[1])) / 2;
    CHECK_NEAR(status->score, db_of_power(mean), 1e-12);
    CHECK(status->samples_per_s > 0 && status->seconds > 0 && status->gradient_norm > 0);
    for (unsigned i = 0; i < c.threads; i++) {
        const float *told = grad_net_input(t->workers[i].nets[CODEC_DECODER], 1)->data;
        for (size_t k = 0; k < t->chunk; k++)
            CHECK_NEAR(told[k], t->workers[i].links[k].snr_db, 6);
    }
    trainer_free(t);
    free_pair(&pair);
}

/* --- the same again ----------------------------------------------------------------------------
 */

static void same_seed_gives_the_same_bits(void)
{
    static const pair_shape shapes[] = {{.sigma = 0.1f},
                                        {.sigma = 0.1f, .batch_norm = true, .snr = true}};
    for (int k = 0; k < 2; k++) {
        train_config c = noisy_config();
        train_pair pairs[] = {make_pair(&shapes[k]), make_pair(&shapes[k])};
        trainer *a = open_trainer(&c, &pairs[0], NULL), *b = open_trainer(&c, &pairs[1], NULL);
        advance_to(a, 2400);
        for (uint64_t at = 80; at <= 2400; at += 80) /* in other pieces */
            advance_to(b, at);
        CHECK(same_state(a, b));
        trainer_free(a);
        trainer_free(b);
        free_pair(&pairs[0]);
        free_pair(&pairs[1]);
    }
}

/* Gradients are summed in another order: they differ by a few 2^-24 of themselves, and so do the
 * steps, of at most 2e-3 each, as long as no second moment is near 0: 50 of them, and a factor of
 * 100 for how errors grow on the way. */
static void threads_agree_within_rounding(void)
{
    train_config one = noisy_config(), two = noisy_config();
    one.threads = 1;
    one.chunk = 8;
    train_pair pairs[] = {make_pair(&linear), make_pair(&linear)};
    trainer *a = open_trainer(&one, &pairs[0], NULL), *b = open_trainer(&two, &pairs[1], NULL);
    advance_to(a, 2000);
    advance_to(b, 2000);
    double worst = 0;
    for (int side = 0; side < SIDES; side++)
        worst = fmax(worst, harness_max_abs_diff(a->weights[side]->values, b->weights[side]->values,
                                                 a->weights[side]->count));

    CHECK(worst > 0);
    CHECK_NEAR(worst, 0, 50 * 2e-3 * 6e-8 * 100);
    CHECK_NEAR(a->status.score, b->status.score, 1e-4);
    trainer_free(a);
    trainer_free(b);
    free_pair(&pairs[0]);
    free_pair(&pairs[1]);
}

/* --- what comes out ----------------------------------------------------------------------------
 */

static void stored_pair_gives_the_validated_nmse(void)
{
    static const pair_shape shapes[] = {{.sigma = 0.1f}, {.sigma = 0.1f, .batch_norm = true}};
    enum { COUNT = 500 };
    for (int k = 0; k < 2; k++) {
        train_config c = make_config();
        train_pair pair = make_pair(&shapes[k]);
        trainer *t = open_trainer(&c, &pair, NULL);
        advance_to(t, c.samples);
        CHECK(trainer_status(t)->score == trainer_status(t)->best_score);
        for (int side = 0; side < SIDES && !shapes[k].batch_norm; side++)
            CHECK(same_vector(t->validation.best[side], t->optimizers[side].average,
                              t->weights[side]->count));
        REQUIRE(trainer_store_best(t, NULL) == 0);
        float *images = train_vector_new(COUNT * PIXELS);
        REQUIRE(images && train_feed_holdout(t->feed, -1, 0, COUNT, images, NULL) == 0);
        nn_session *encoder = nn_session_open(pair.encoder, COUNT, NULL);
        nn_session *decoder = nn_session_open(pair.decoder, COUNT, NULL);
        REQUIRE(encoder && decoder);
        memcpy(nn_session_input(encoder, 0)->data, images, COUNT * PIXELS * sizeof *images);
        CHECK(nn_session_run(encoder, NULL) == 0);
        memcpy(nn_session_input(decoder, 0)->data, nn_session_output(encoder, 0)->data,
               COUNT * CODEWORD * sizeof *images);
        CHECK(nn_session_run(decoder, NULL) == 0);
        const float *output = nn_session_output(decoder, 0)->data;
        double sum = 0;
        for (size_t i = 0; i < COUNT; i++)
            sum += csi_nmse_image(images + i * PIXELS, output + i * PIXELS, PIXELS);
        /* The codeword goes through a clean link, which changes nothing; batches of 16 and 500 may
         * take other kernels. */
        CHECK_NEAR(db_of_power(sum / COUNT), trainer_status(t)->best_score, 1e-4);
        nn_session_free(encoder);
        nn_session_free(decoder);
        free(images);
        trainer_free(t);
        free_pair(&pair);
    }
}

/* A batch norm right behind the input: its statistics are those of the images themselves. */
static void stored_statistics_are_exact(void)
{
    enum { COUNT = 200 };
    train_config c = make_config();
    train_pair pair = make_pair(&(pair_shape){.sigma = 0.1f, .batch_norm = true});
    trainer *t = open_trainer(&c, &pair, NULL);
    advance_to(t, 400);
    REQUIRE(trainer_store_best(t, NULL) == 0);
    float *images = train_vector_new(COUNT * PIXELS);
    REQUIRE(images && train_feed_holdout(t->feed, -1, 1, COUNT, images, NULL) == 0);
    const grad_weights *weights = t->weights[CODEC_ENCODER];
    for (int plane = 0; plane < 2; plane++) {
        double sum = 0, squares = 0, n = COUNT * PIXELS / 2;
        for (size_t i = 0; i < COUNT * PIXELS; i++)
            if ((int)(i / (PIXELS / 2) % 2) == plane) {
                sum += (double)images[i];
                squares += (double)images[i] * (double)images[i];
            }
        double variance = squares / n - sum / n * (sum / n);
        for (int i = 0; i < weights->n_entries; i++) {
            const grad_entry *entry = &weights->entries[i];
            double got =
                (double)t->validation.weights[CODEC_ENCODER][entry->offset + (size_t)plane];
            if (strcmp(entry->name, "mean") == 0)
                CHECK_NEAR(got, sum / n, 1e-6);
            if (strcmp(entry->name, "variance") == 0)
                CHECK_NEAR(got, variance, 1e-5 * variance);
        }
    }
    free(images);
    trainer_free(t);
    free_pair(&pair);
}

/* --- failures ----------------------------------------------------------------------------------
 */

static void infinite_loss_changes_nothing(void)
{
    train_config c = make_config();
    train_pair pair = make_pair(&(pair_shape){.sigma = 1e20f});
    trainer *t = open_trainer(&c, &pair, NULL);
    grad_weights *before = grad_weights_open(pair.encoder, NULL);
    REQUIRE(before != NULL);
    err e = {0};
    CHECK(trainer_advance(t, 100, &e) == ERR_STATE);
    CHECK(says(&e, "step 1") && says(&e, "not finite") && says(&e, "learning rate"));
    CHECK(same_vector(before->values, t->weights[CODEC_ENCODER]->values, before->count));
    CHECK(t->steps == 0 && trainer_status(t)->samples == 0);
    grad_weights_free(before);
    trainer_free(t);
    free_pair(&pair);
}

static void expect_no_trainer(const train_config *c, train_pair *pair, const char *what)
{
    err e = {0};
    trainer *t = trainer_open(c, pair, NULL, &e);
    CHECK(t == NULL);
    CHECK(says(&e, what));
    trainer_free(t);
}

static void misfits_are_refused(void)
{
    train_pair pair = make_pair(&linear);
    train_config c = make_config();
    c.batch = 41;
    expect_no_trainer(&c, &pair, "equal shards");
    c = make_config();
    c.ema = 1;
    expect_no_trainer(&c, &pair, "ema");
    c = make_config();
    c.checks = 0;
    expect_no_trainer(&c, &pair, "checks");
    c = make_config();
    c.feed.dims.ni = 16;
    expect_no_trainer(&c, &pair, "encoder's input");
    c = make_config();
    c.feed.sources[0].channel = "nonsense";
    expect_no_trainer(&c, &pair, "nonsense");
    c = make_config();
    train_pair twice = {.encoder = pair.encoder, .decoder = pair.encoder};
    expect_no_trainer(&c, &twice, "decoder's output");
    free_pair(&pair);
}

int main(int argc, char **argv)
{
    static const harness_test tests[] = {
        {"a linear pair reaches the NMSE of the Karhunen-Loeve transform", linear_pair_reaches_klt},
        {"behind noise it reaches the linear minimum mean-square error",
         linear_pair_reaches_mmse_behind_noise},
        {"the point without noise does not rule what is best",
         the_point_without_noise_does_not_rule},
        {"a decoder with an SNR input gets the SNR, and less noise is better",
         decoder_is_told_the_snr},
        {"the same seed and threads give the same bits, in whatever pieces",
         same_seed_gives_the_same_bits},
        {"one thread and two agree within rounding", threads_agree_within_rounding},
        {"the stored pair has the averaged weights and the NMSE that validation found",
         stored_pair_gives_the_validated_nmse},
        {"stored statistics of batch norm are those of the samples", stored_statistics_are_exact},
        {"a loss that is not finite is an error, and the weights stay",
         infinite_loss_changes_nothing},
        {"settings and networks that do not fit are refused", misfits_are_refused},
    };
    if (!mkdtemp(folder))
        return 1;
    int status = harness_main(argc, argv, "trainer", tests, sizeof tests / sizeof tests[0]);
    unlink(in_folder("half"));
    unlink(in_folder("whole"));
    rmdir(folder);
    return status;
}
