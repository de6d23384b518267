#include "harness.h"
#include "ue-agent/measurers.h"

#include <math.h>
#include <string.h>

enum { UES = 4, REPORTS = 25, COUNT = UES * REPORTS, FIRST_UE = 10, ENTRIES = 32 * 32 };
static const double period_s = 0.01, age_s = 0.004;

/* An agent's UEs, their report_pool, and who measures their reports. */
typedef struct agent {
    uv_loop_t loop;
    chain_cell cell;
    codec *encoder;
    report_pool *pool;
    measurers *measurers;
    measurer_config measure;
    measurement done[COUNT];
    err failure[COUNT];
    size_t count;
} agent;

static void on_made(void *user, size_t ue_index, chain_report *report, const err *e)
{
    (void)user, (void)ue_index, (void)report, (void)e;
}

static void on_ready(void *user)
{
    (void)user;
}

static void on_measured(void *user, measurement *m, const err *e)
{
    agent *a = user;
    REQUIRE(a->count < COUNT);
    a->failure[a->count] = *e;
    a->done[a->count++] = *m;
}

static void open_agent(agent *a, bool whole_band, size_t workers)
{
    *a = (agent){0};
    fading_config settings = FADING_CONFIG_DEFAULT;
    settings.speed_kmh = 30;
    REQUIRE(uv_loop_init(&a->loop) == 0);
    REQUIRE(chain_cell_add(&a->cell, UES, "rayleigh:eva", &settings, NULL) == 0);
    REQUIRE((a->encoder = codec_load(CODEC_ENCODER, "dpcm", NULL)) != NULL);
    report_pool_options making = {.chain = {.dims = CSI_DIMS_DEFAULT,
                                            .estimate = whole_band,
                                            .dl_snr_db = 15,
                                            .uplink = "analog",
                                            .seed = 1},
                                  .encoder = a->encoder,
                                  .cell = &a->cell,
                                  .first_ue = FIRST_UE,
                                  .workers = workers,
                                  .made = on_made,
                                  .ready = on_ready,
                                  .user = a};
    REQUIRE((a->pool = report_pool_create(&a->loop, &making, NULL)) != NULL);
    a->measure =
        (measurer_config){.dims = CSI_DIMS_DEFAULT, .whole_band = whole_band, .dl_snr_db = 15};
    measurers_options measuring = {.measure = a->measure,
                                   .pool = a->pool,
                                   .ues = UES,
                                   .workers = workers,
                                   .measured = on_measured,
                                   .user = a};
    REQUIRE((a->measurers = measurers_create(&a->loop, &measuring, NULL)) != NULL);
}

static void close_agent(agent *a)
{
    CHECK(measurers_waiting(a->measurers) == 0 && measurers_busy(a->measurers) == 0);
    for (size_t ue = 0; ue < UES; ue++) /* every channel has been given back */
        CHECK(report_pool_ready(a->pool, ue));
    measurers_free(a->measurers);
    report_pool_free(a->pool);
    CHECK(uv_loop_close(&a->loop) == 0);
    codec_unload(a->encoder);
    chain_cell_close(&a->cell);
}

/* The truths of all reports, what is taken for their reconstructions, and their figures as a
 * measurer of one's own has them. */
typedef struct reference {
    measurer *measurer;
    fading_ue *channel[UES];
    measure_truth truth[UES][REPORTS];
    float complex known[UES][REPORTS][ENTRIES];
} reference;

static void open_reference(reference *r, const agent *a)
{
    REQUIRE((r->measurer = measurer_create(&a->measure, NULL)) != NULL);
    for (uint32_t ue = 0; ue < UES; ue++) {
        r->channel[ue] =
            fading_ue_create(chain_cell_group(&a->cell, ue)->open, FIRST_UE + ue, NULL);
        REQUIRE(r->channel[ue] != NULL);
        for (uint32_t seq = 0; seq < REPORTS; seq++) {
            measure_truth *truth = &r->truth[ue][seq];
            REQUIRE(measure_truth_init(truth, &a->measure.dims, NULL) == 0);
            REQUIRE(measurer_recompute(r->measurer, r->channel[ue], seq, seq * period_s, truth,
                                       NULL) == 0);
            for (int i = 0; i < ENTRIES; i++)
                r->known[ue][seq][i] = truth->taps[i] + 0.3f * truth->taps[(i + 517) % ENTRIES];
        }
    }
}

static void close_reference(reference *r)
{
    for (uint32_t ue = 0; ue < UES; ue++) {
        for (uint32_t seq = 0; seq < REPORTS; seq++)
            measure_truth_free(&r->truth[ue][seq]);
        fading_ue_free(r->channel[ue]);
    }
    measurer_free(r->measurer);
}

/* Some truths were kept and some not, some reports age and some do not: all four ways. */
static bool keeps(uint32_t seq)
{
    return seq % 2 == 0;
}

static bool ages(uint32_t seq)
{
    return seq % 4 < 2;
}

static measurement measurement_of(reference *r, uint32_t ue, uint32_t seq)
{
    return (measurement){.ue_index = ue,
                         .time_s = seq * period_s,
                         .age_s = ages(seq) ? age_s : NAN,
                         .truth = keeps(seq) ? &r->truth[ue][seq] : NULL,
                         .outcome = {.ue = FIRST_UE + ue, .seq = seq, .snr_db = ue},
                         .answer = {.entries = ENTRIES, .reconstruction = r->known[ue][seq]}};
}

static void check_figures(reference *r, const measurement *m)
{
    uint32_t ue = (uint32_t)m->ue_index, seq = m->outcome.seq;
    const float complex *h = r->known[ue][seq];
    measure_quality q;
    REQUIRE(measurer_at_estimation(r->measurer, &r->truth[ue][seq], h, &q));
    CHECK(m->outcome.measured && memcmp(&q, &m->outcome.quality, sizeof q) == 0);
    CHECK(m->outcome.aged == ages(seq) && m->outcome.ue == FIRST_UE + ue);
    CHECK(m->truth == (keeps(seq) ? &r->truth[ue][seq] : NULL) && m->outcome.snr_db == ue);
    if (!m->outcome.aged)
        return;
    REQUIRE(measurer_at_use(r->measurer, r->channel[ue], seq, m->time_s, age_s, h, &q, NULL) == 0);
    CHECK(m->outcome.age_s == age_s && memcmp(&q, &m->outcome.used, sizeof q) == 0);
}

static void every_way_has_the_figures_of_a_measurer(void)
{
    static agent a;
    static reference r;
    for (int whole_band = 0; whole_band < 2; whole_band++)
        for (size_t workers = 1; workers <= 4; workers += 3) {
            bool seen[UES][REPORTS] = {0};
            open_agent(&a, whole_band, workers);
            open_reference(&r, &a);
            for (uint32_t i = 0; i < COUNT; i++) {
                measurement m = measurement_of(&r, i % UES, i / UES);
                CHECK(measurers_add(a.measurers, &m) == 0);
            }
            CHECK(measurers_busy(a.measurers) == COUNT);
            uv_run(&a.loop, UV_RUN_DEFAULT);
            CHECK(a.count == COUNT);
            for (size_t i = 0; i < a.count; i++) {
                bool *at = &seen[a.done[i].ue_index][a.done[i].outcome.seq];
                CHECK(!*at && a.failure[i].code == ERR_NONE);
                CHECK(a.done[i].outcome.seq == 0 || at[-1]); /* a UE's come in order */
                *at = true;
                check_figures(&r, &a.done[i]);
            }
            close_reference(&r);
            close_agent(&a);
        }
}

/* UE 0's channel is in use. Its first report needs it and waits, however long, and the others wait
 * behind it, those with a truth among them; other UEs' go on. */
static void what_needs_a_channel_waits_for_it(void)
{
    static agent a;
    static reference r;
    open_agent(&a, false, 2);
    open_reference(&r, &a);
    CHECK(report_pool_borrow(a.pool, 0) != NULL && !report_pool_ready(a.pool, 0));
    CHECK(report_pool_borrow(a.pool, 0) == NULL);
    for (uint32_t i = 0; i < COUNT; i++) {
        measurement m = measurement_of(&r, i % UES, i / UES);
        REQUIRE(measurers_add(a.measurers, &m) == 0);
    }
    uv_run(&a.loop, UV_RUN_DEFAULT); /* ends when no thread has work */
    size_t waits = REPORTS;
    CHECK(a.count == COUNT - waits && measurers_waiting(a.measurers) == waits);
    CHECK(measurers_busy(a.measurers) == waits);
    for (size_t i = 0; i < a.count; i++)
        CHECK(a.done[i].ue_index != 0);
    measurers_pump(a.measurers); /* it still is in use */
    CHECK(measurers_waiting(a.measurers) == waits);
    report_pool_give_back(a.pool, 0);
    measurers_pump(a.measurers);
    uv_run(&a.loop, UV_RUN_DEFAULT);
    CHECK(a.count == COUNT);
    for (size_t i = 0; i < a.count; i++)
        check_figures(&r, &a.done[i]);
    close_reference(&r);
    close_agent(&a);
}

/* A channel that is all zero, and a reconstruction that is no number: nothing is measured, and the
 * reason comes with it. */
static void what_cannot_be_measured_says_why(void)
{
    static agent a;
    static float complex nothing[ENTRIES], none[ENTRIES];
    measure_truth zero = {0};
    open_agent(&a, false, 1);
    REQUIRE(measure_truth_init(&zero, &a.measure.dims, NULL) == 0);
    nothing[0] = 1;
    none[0] = NAN;
    measurement m[] = {
        {.age_s = age_s, .truth = &zero, .answer = {.reconstruction = nothing}},
        {.age_s = NAN, .answer = {.reconstruction = none}},
    };
    for (int i = 0; i < 2; i++)
        REQUIRE(measurers_add(a.measurers, &m[i]) == 0);
    uv_run(&a.loop, UV_RUN_DEFAULT);
    CHECK(a.count == 2);
    for (size_t i = 0; i < a.count; i++) {
        CHECK(!a.done[i].outcome.measured && !a.done[i].outcome.aged);
        CHECK(a.failure[i].code == ERR_INVALID && a.failure[i].text[0]);
    }
    measure_truth_free(&zero);
    close_agent(&a);
}

static const harness_test tests[] = {
    {"truths kept or not, CSI aged or not: the figures are those of a measurer, a UE's in order",
     every_way_has_the_figures_of_a_measurer},
    {"what needs a UE's channel waits for it, and holds up no other UE",
     what_needs_a_channel_waits_for_it},
    {"the report gives a reason for what cannot be measured", what_cannot_be_measured_says_why},
};

int main(int argc, char **argv)
{
    return harness_main(argc, argv, "measurers", tests, sizeof tests / sizeof tests[0]);
}
