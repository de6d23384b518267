/* What the base station makes of a report that was decoded: follow.h. */
#include "bs-server/follow.h"
#include "harness.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { N = 32 * 32 };

/* A base station's chain whose reconstruction a test sets, and a UE of it. */
typedef struct station {
    codec *decoder;
    chain_bs *chain;
    ue_memory memory;
} station;

static station open_station(chain_predict how)
{
    station s = {.decoder = codec_load(CODEC_DECODER, "dpcm", NULL)};
    REQUIRE(s.decoder && (s.chain = chain_bs_create(s.decoder, "analog", NULL)));
    s.memory.reports = chain_memory_create(codec_memory_bytes(s.decoder), NULL);
    s.memory.predictor = chain_predictor_create(how, N, NULL);
    REQUIRE(s.memory.reports && s.memory.predictor);
    return s;
}

static void close_station(station *s)
{
    chain_predictor_free(s->memory.predictor);
    chain_memory_free(s->memory.reports);
    chain_bs_free(s->chain);
    codec_unload(s->decoder);
}

/* Report `seq`, decoded to all taps at `value`, a period of 10 ms. The caller frees it. */
static job *decoded(station *s, const follow_options *o, uint32_t seq, uint32_t builds_on,
                    float value)
{
    static float complex h[N];
    wire_report r = {
        .seq = seq, .due_s = seq * 0.01, .builds_on = builds_on, .want_reconstruction = true};
    job *j = job_create(NULL, 0, &r);
    REQUIRE(j != NULL && isnan(j->innovation));
    j->memory = &s->memory;
    j->status = WIRE_RECONSTRUCTED;
    chain_memory_add(s->memory.reports, seq, NULL);
    chain_memory_acknowledge(s->memory.reports, seq);
    for (size_t i = 0; i < N; i++)
        h[i] = complex_of(value, 0);
    chain_bs_set_reconstruction(s->chain, h);
    follow_report(o, NULL, s->chain, codec_info_of(s->decoder), j);
    return j;
}

static void only_channels_are_followed(void)
{
    static const struct {
        const char *codec;
        size_t held, predicted;
    } cases[] = {{"dpcm", N, N}, {"transform:bits=1024", 0, N}, {"beams", 0, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        codec *c = codec_load(CODEC_DECODER, cases[i].codec, NULL);
        REQUIRE(c != NULL);
        follow_options o = {.predict = CHAIN_PREDICT_HOLD};
        CHECK(follow_entries(&o, codec_info_of(c), codec_memory_bytes(c)) == cases[i].held);
        o.predict = CHAIN_PREDICT_LINEAR;
        CHECK(follow_entries(&o, codec_info_of(c), codec_memory_bytes(c)) == cases[i].predicted);
        codec_unload(c);
    }
}

/* Taps grow by 1 each period: 2.5 periods ahead they are 2.5 more. */
static void what_is_predicted_goes_with_the_answer(void)
{
    const follow_options o = {CHAIN_PREDICT_LINEAR, NULL, 0.025, INFINITY};
    station s = open_station(CHAIN_PREDICT_LINEAR);
    for (uint32_t seq = 0; seq < 4; seq++) {
        job *j = decoded(&s, &o, seq, seq, 1 + (float)seq);
        CHECK(j->status == WIRE_RECONSTRUCTED && j->predicted);
        float want = seq < 2 ? 1 + (float)seq : 1 + (float)seq + 2.5f;
        for (size_t i = 0; j->predicted && i < N; i++)
            CHECK(cabsf(j->predicted[i] - want) < 1e-3f);
        job_free(j);
    }
    job *j = decoded(&s, &o, 2, 2, 3); /* was overtaken: used as it is */
    CHECK(j->status == WIRE_RECONSTRUCTED && !j->predicted);
    job_free(j);
    close_station(&s);
    s = open_station(CHAIN_PREDICT_HOLD);
    const follow_options hold = {CHAIN_PREDICT_HOLD, NULL, NAN, INFINITY};
    job_free(decoded(&s, &hold, 0, 0, 1));
    j = decoded(&s, &hold, 1, 1, 2);
    CHECK(!j->predicted);
    CHECK_NEAR(j->innovation, 0.25, 1e-9); /* |2 - 1|^2 / |2|^2 */
    job_free(j);
    close_station(&s);
}

/* Each report is off by a quarter, -6 dB. */
static void a_drift_asks_for_a_key_and_waits(void)
{
    station s = open_station(CHAIN_PREDICT_HOLD);
    const follow_options off = {CHAIN_PREDICT_HOLD, NULL, NAN, INFINITY},
                         high = {CHAIN_PREDICT_HOLD, NULL, NAN, -5},
                         low = {CHAIN_PREDICT_HOLD, NULL, NAN, -7};
    float value = 1;
    uint32_t seq = 0, asked = 0;
    job_free(decoded(&s, &low, seq++, 0, value));
    for (const follow_options *o = &off;; o = &high) {
        job *j = decoded(&s, o, seq, seq, value *= 2);
        CHECK(j->status == WIRE_RECONSTRUCTED);
        seq++;
        job_free(j);
        if (o == &high)
            break;
    }
    job *key = decoded(&s, &low, seq++, 0, value *= 2); /* a key is never asked for another */
    CHECK(key->status == WIRE_RECONSTRUCTED);
    job_free(key);
    for (uint32_t i = 0; i < 3 * (FOLLOW_PATIENCE + 1); i++, seq++) {
        job *j = decoded(&s, &low, seq, seq, value *= 2);
        bool asks = i % (FOLLOW_PATIENCE + 1) == 0;
        CHECK(j->status == (asks ? WIRE_NEEDS_KEY : WIRE_RECONSTRUCTED));
        CHECK((chain_memory_find(s.memory.reports, seq) == NULL) == asks);
        asked += j->status == WIRE_NEEDS_KEY;
        job_free(j);
    }
    CHECK(asked == 3);
    close_station(&s);
}

static const harness_test tests[] = {
    {"channels are followed, directions are not", only_channels_are_followed},
    {"what is predicted goes with the answer", what_is_predicted_goes_with_the_answer},
    {"a drift asks for a key, and waits", a_drift_asks_for_a_key_and_waits},
};

int main(int argc, char **argv)
{
    return harness_main(argc, argv, "follow", tests, sizeof tests / sizeof tests[0]);
}
