#include "base/hash.h"
#include "io/file.h"
#include "train/checkpoint.h"
#include "trainer_tools.h"

static void resuming_changes_no_bit(void)
{
    static const pair_shape shapes[] = {{.sigma = 0.1f}, {.sigma = 0.1f, .batch_norm = true}};
    for (int k = 0; k < 2; k++) {
        train_config c = noisy_config();
        train_pair pairs[] = {make_pair(&shapes[k]), make_pair(&shapes[k])};
        trainer *whole = open_trainer(&c, &pairs[0], NULL);
        advance_to(whole, 2200);
        CHECK(trainer_checkpoint(whole, in_folder("half"), NULL) == 0);
        CHECK(trainer_store_best(whole, NULL) == 0); /* the run does not notice */
        advance_to(whole, 4000);
        trainer *resumed = open_trainer(&c, &pairs[1], in_folder("half"));
        CHECK(trainer_status(resumed)->samples == 2200 && trainer_status(resumed)->seconds > 0);
        CHECK(trainer_status(resumed)->validated_at == 2000);
        advance_to(resumed, 4000);
        CHECK(same_state(whole, resumed));
        trainer_free(whole);
        trainer_free(resumed);
        free_pair(&pairs[0]);
        free_pair(&pairs[1]);
    }
}

static void expect_refusal(const train_config *c, const pair_shape *shape, const char *what)
{
    err e = {0};
    train_pair pair = make_pair(shape);
    trainer *t = trainer_open(c, &pair, in_folder("half"), &e);
    CHECK(t == NULL && e.code != 0);
    CHECK(says(&e, what));
    trainer_free(t);
    free_pair(&pair);
}

static void other_settings_are_refused_by_name(void)
{
    train_config c = noisy_config(), other = c;
    train_pair pair = make_pair(&linear);
    trainer *t = open_trainer(&c, &pair, NULL);
    advance_to(t, 80);
    CHECK(trainer_checkpoint(t, in_folder("half"), NULL) == 0);
    trainer_free(t);
    other.batch = 80;
    expect_refusal(&other, &linear, "batch 40");
    other = c;
    other.objective.snr_max_db = 30;
    expect_refusal(&other, &linear, "objective.snr_max_db 20");
    other = c;
    other.feed.sources[0].channel = "rayleigh:uniform:3";
    expect_refusal(&other, &linear, "rayleigh:uniform:2");
    other = c;
    other.samples = 3000;
    expect_refusal(&other, &linear, "4000 samples");
    expect_refusal(&c, &(pair_shape){.sigma = 0.2f}, "another encoder");
    other = c;
    other.samples = 5000;
    other.validate_every = 100;
    t = open_trainer(&other, &pair, in_folder("half"));
    CHECK(trainer_status(t)->samples == 80 && trainer_status(t)->total == 5000);
    trainer_free(t);
    free_pair(&pair);
}

static void damaged_files_are_refused(void)
{
    train_config c = make_config();
    train_pair pair = make_pair(&linear);
    trainer *t = open_trainer(&c, &pair, NULL);
    CHECK(trainer_checkpoint(t, in_folder("whole"), NULL) == 0);
    trainer_free(t);
    free_pair(&pair);
    void *data;
    size_t size;
    REQUIRE(file_read(in_folder("whole"), 1 << 24, &data, &size, NULL) == 0);
    const size_t cuts[] = {1, 8, 100, sizeof(train_figures), size / 2, size - 8, size - 1};
    for (size_t i = 0; i < sizeof cuts / sizeof cuts[0]; i++) {
        CHECK(file_replace(in_folder("half"), data, cuts[i], NULL) == 0);
        expect_refusal(&c, &linear, in_folder("half"));
    }
    for (size_t at = 0; at < size; at += size / 23) {
        char *byte = (char *)data + at;
        *byte = (char)(*byte ^ 0x10);
        CHECK(file_replace(in_folder("half"), data, size, NULL) == 0);
        expect_refusal(&c, &linear, in_folder("half"));
        *byte = (char)(*byte ^ 0x10);
    }
    free(data);
    unlink(in_folder("half"));
    expect_refusal(&c, &linear, "cannot be opened");
}

/* Its checksum made right again: what a hand with the source can write. */
static void write_forged(void *data, size_t size)
{
    uint64_t sum = hash_words(HASH_START, data, size - 8);
    memcpy((char *)data + size - 8, &sum, sizeof sum);
    CHECK(file_replace(in_folder("half"), data, size, NULL) == 0);
}

static void forged_files_are_refused(void)
{
    train_config c = make_config();
    train_pair pair = make_pair(&linear);
    trainer *t = open_trainer(&c, &pair, NULL);
    CHECK(trainer_checkpoint(t, in_folder("whole"), NULL) == 0);
    trainer_free(t);
    free_pair(&pair);
    void *data;
    size_t size;
    REQUIRE(file_read(in_folder("whole"), 1 << 24, &data, &size, NULL) == 0);
    char *bytes = data;
    enum { FIGURES = 24 }; /* behind magic, version and size */
    const struct {
        size_t at;
        double value;
        uint64_t whole;
    } forged[] = {{FIGURES + offsetof(train_figures, samples), 0, UINT64_MAX},
                  {FIGURES + offsetof(train_figures, samples), 0, 1000000000},
                  {FIGURES + offsetof(train_figures, steps), 0, UINT64_MAX},
                  {FIGURES + offsetof(train_figures, validated_at), 0, UINT64_MAX},
                  {FIGURES + offsetof(train_figures, seconds), NAN, 0},
                  {FIGURES + offsetof(train_figures, seconds), -1, 0},
                  {FIGURES + offsetof(train_figures, balance), NAN, 0},
                  {FIGURES + sizeof(train_figures), 0, UINT64_MAX}, /* bytes of the settings */
                  {FIGURES + sizeof(train_figures), 0, 1 << 20},
                  {8, 0, 2},           /* version */
                  {16, 0, UINT64_MAX}, /* bytes of the file */
                  {16, 0, 0}};
    for (size_t i = 0; i < sizeof forged / sizeof forged[0]; i++) {
        char was[8];
        memcpy(was, bytes + forged[i].at, sizeof was);
        memcpy(bytes + forged[i].at,
               forged[i].whole || forged[i].at == 16 ? (const void *)&forged[i].whole
                                                     : (const void *)&forged[i].value,
               sizeof was);
        write_forged(data, size);
        expect_refusal(&c, &linear, in_folder("half"));
        memcpy(bytes + forged[i].at, was, sizeof was);
    }
    const float bad[] = {NAN, INFINITY, -INFINITY};
    for (int i = 0; i < 3; i++) { /* the last float of the last vector may be padding */
        char was[4];
        memcpy(was, bytes + size - 16, sizeof was);
        memcpy(bytes + size - 16, &bad[i], sizeof was);
        write_forged(data, size);
        expect_refusal(&c, &linear, "no training produces");
        memcpy(bytes + size - 16, was, sizeof was);
    }
    write_forged(data, size); /* unforged again */
    pair = make_pair(&linear);
    t = open_trainer(&c, &pair, in_folder("half"));
    CHECK(t != NULL);
    trainer_free(t);
    free_pair(&pair);
    free(data);
    unlink(in_folder("half"));
}

int main(int argc, char **argv)
{
    static const harness_test tests[] = {
        {"a run that was stopped and resumed has the bits of one that was not",
         resuming_changes_no_bit},
        {"a checkpoint of other settings is refused, by the name of the setting",
         other_settings_are_refused_by_name},
        {"cut and damaged checkpoints are refused", damaged_files_are_refused},
        {"forged checkpoints are refused", forged_files_are_refused},
    };
    if (!mkdtemp(folder))
        return 1;
    int status = harness_main(argc, argv, "checkpoint", tests, sizeof tests / sizeof tests[0]);
    unlink(in_folder("half"));
    unlink(in_folder("whole"));
    rmdir(folder);
    return status;
}
