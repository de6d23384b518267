#include "base/decibel.h"
#include "base/rng.h"
#include "harness.h"
#include "monitor/json.h"
#include "monitor/metrics.h"
#include "monitor/model.h"
#include "service/telemetry.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const uint64_t second = 1000000000u;

/* Telemetry as a process would send it, filled by the test. */
typedef struct process {
    link_telemetry_form *form;
    wire_telemetry message;
} process;

static process begin(const char *role, uint32_t pid)
{
    process t = {.form = link_telemetry_form_create()};
    REQUIRE(t.form != NULL);
    t.message = (wire_telemetry){.role = role, .pid = pid};
    return t;
}

static int send_telemetry(process *t, model *m, size_t slot, uint64_t now_ns, err *e)
{
    link_telemetry_form_fill(t->form, &t->message);
    int status = model_take(m, slot, &t->message, now_ns, e);
    link_telemetry_form_free(t->form);
    return status;
}

/* An agent that has sent and got back so many reports with an NMSE of 0.1 each. */
static int send_agent(model *m, size_t slot, uint32_t pid, double reports, uint64_t now_ns)
{
    static hist h; /* of `reports` latencies of 1 ms */
    h = (hist){0};
    for (int i = 0; i < (int)reports; i++)
        hist_add(&h, 1000000);
    process t = begin("ue-agent", pid);
    link_telemetry_form_metric(t.form, "reports_sent_total", reports);
    link_telemetry_form_metric(t.form, "reports_acked_total", reports);
    link_telemetry_form_metric(t.form, "nmse_sum", 0.1 * reports);
    link_telemetry_form_metric(t.form, "nmse_count", reports);
    link_telemetry_form_metric(t.form, "measured_count", 2 * reports);
    link_telemetry_form_metric(t.form, "sgcs_sum", 0.75 * 2 * reports);
    link_telemetry_form_metric(t.form, "se_sum", 4 * 2 * reports);
    link_telemetry_form_metric(t.form, "nmse_used_sum", reports / 2);
    link_telemetry_form_metric(t.form, "nmse_used_count", reports / 2);
    link_telemetry_form_histogram(t.form, "total", &h);
    wire_ue_figures u = {.ue = (uint32_t)slot};
    u.sent = u.acked = u.measured = (uint64_t)reports;
    u.nmse_sum = 0.1 * reports;
    u.aged = (uint64_t)reports / 2;
    u.nmse_used_sum = (double)u.aged;
    link_telemetry_form_ue(t.form, &u);
    const wire_encoder encoder = {"net\"-cr8", "int8", "analog:r4"};
    link_telemetry_form_encoder(t.form, &encoder);
    link_telemetry_form_metric(t.form, "reports_counted_total", reports);
    link_telemetry_form_metric(t.form, "report_bits_total", 1088 * reports);
    link_telemetry_form_metric(t.form, "channel_uses_total", 141.5 * reports);
    return send_telemetry(&t, m, slot, now_ns, NULL);
}

static uint64_t count_of(const model *m, size_t slot, size_t which)
{
    model_histogram h = {0};
    uint64_t count = 0;
    model_add_histogram(model_slot_at(m, slot), which, &h);
    for (size_t i = 0; i < HIST_COARSE; i++)
        count += h.count[i];
    return count;
}

/* Whatever the restarts, a total is the sum over all lives. */
static void totals_survive_restarts(void)
{
    model *m = model_create(2);
    REQUIRE(m != NULL);
    CHECK(send_agent(m, 0, 10, 100, 1) == ERR_NONE);
    CHECK(send_agent(m, 1, 11, 7, 1) == ERR_NONE);
    CHECK(send_agent(m, 0, 20, 5, 2) == ERR_NONE);  /* another process */
    CHECK(send_agent(m, 0, 20, 50, 3) == ERR_NONE); /* which goes on */
    CHECK(send_agent(m, 0, 20, 2, 4) == ERR_NONE);  /* a container's new process 20 */
    CHECK_NEAR(model_total(m, MODEL_AGENT_SENT), 100 + 50 + 2 + 7, 0);
    CHECK_NEAR(model_value(model_slot_at(m, 0), MODEL_AGENT_SENT), 152, 0);
    CHECK(count_of(m, 0, CHAIN_TOTAL) == 152);
    CHECK(model_slot_at(m, 0)->restarts == 2 && model_slot_at(m, 1)->restarts == 0);
    CHECK(model_ues(m) == 2 && model_ue_at(m, 0)->sent == 2 && model_ue_at(m, 1)->sent == 7);
    model_free(m);
}

/* Of 20 reports 12 passed, 6 failed their check and 2 lacked their base. */
static void block_errors_are_failed_checks(void)
{
    model *m = model_create(1);
    REQUIRE(m != NULL);
    CHECK(isnan(model_bler(m)) && isnan(model_bler_total(m)));
    for (int i = 0; i < 3; i++) {
        process t = begin("ue-agent", 5);
        link_telemetry_form_metric(t.form, "reports_sent_total", 20 * i);
        link_telemetry_form_metric(t.form, "reports_acked_total", 12 * i);
        link_telemetry_form_metric(t.form, "reports_not_decoded_total", 8 * i);
        link_telemetry_form_metric(t.form, "reports_needing_key_total", 2 * i);
        link_telemetry_form_metric(t.form, "reports_compared_total", 12 * i);
        link_telemetry_form_metric(t.form, "errors_undetected_total", i);
        link_telemetry_form_metric(t.form, "nmse_all_sum", 2 * i);
        link_telemetry_form_metric(t.form, "nmse_all_count", 20 * i);
        CHECK(send_telemetry(&t, m, 0, (uint64_t)(i + 1) * second, NULL) == ERR_NONE);
        model_tick(m);
    }
    CHECK(model_bler(m) == 0.3 && model_bler_total(m) == 0.3);
    CHECK_NEAR(model_nmse_all_db(m), -10, 1e-9);
    CHECK(model_total(m, MODEL_AGENT_UNDETECTED) == 2);
    model_free(m);
}

/* 50 reports in each of the messages, which come 200 ms apart. */
static void rates_are_over_the_time_in_which_reports_arose(void)
{
    model *m = model_create(1);
    REQUIRE(m != NULL);
    CHECK(isnan(model_nmse_db(m)) && isnan(model_sgcs(m)) &&
          isnan(model_recent_percentile(m, CHAIN_TOTAL, 0.5)));
    CHECK_NEAR(model_rate(m, MODEL_AGENT_SENT), 0, 0);
    for (uint64_t i = 1; i <= 50; i++) {
        send_agent(m, 0, 1, 50.0 * (double)i, i * second / 5 + second);
        model_tick(m);
    }
    CHECK_NEAR(model_rate(m, MODEL_AGENT_ACKED), 250, 1e-6);
    CHECK_NEAR(model_nmse_db(m), -10, 1e-9);
    CHECK_NEAR(model_sgcs(m), 0.75, 1e-9); /* of twice as many reports: half are directions */
    CHECK_NEAR(model_se(m), 4, 1e-9);
    CHECK(model_bler(m) == 0 && isnan(model_nmse_all_db(m))); /* nothing told of all */
    CHECK_NEAR(model_nmse_used_db(m), 0, 1e-9);               /* of half of the reports, 1 each */
    CHECK_NEAR(model_recent_percentile(m, CHAIN_TOTAL, 0.5), 1e6, 0.032 * 1e6);
    CHECK(isnan(model_recent_percentile(m, CHAIN_DECODE, 0.5)));
    model_free(m);
}

static void the_snr_delivered_is_that_of_the_noise(void)
{
    model *m = model_create(1);
    REQUIRE(m != NULL);
    for (int i = 0; i < 2; i++) {
        process t = begin("channel-sim", 1);
        link_telemetry_form_metric(t.form, "noised_bursts_total", 1000.0 * i);
        link_telemetry_form_metric(t.form, "noise_power_sum", 101.0 * i);
        link_telemetry_form_metric(t.form, "noise_power_asked_sum", 100.0 * i);
        link_telemetry_form_metric(t.form, "snr_asked_db", INFINITY);
        CHECK(send_telemetry(&t, m, 0, second, NULL) == ERR_NONE);
        model_tick(m);
    }
    CHECK_NEAR(model_snr_asked_db(m), 10, 1e-9);
    CHECK_NEAR(model_snr_delivered_db(m), db_of_power(1000.0 / 101), 1e-9);
    model_free(m);
}

/* Half the reports at 0 dB and half at 40 dB: both means are of the noise's power, 3.01 dB, where a
 * mean of dB would be 20. */
static void delivered_and_estimated_snr_are_the_same_mean(void)
{
    model *m = model_create(2);
    REQUIRE(m != NULL);
    for (int i = 0; i < 2; i++) {
        process air = begin("channel-sim", 1);
        link_telemetry_form_metric(air.form, "noised_bursts_total", 200.0 * i);
        link_telemetry_form_metric(air.form, "noise_power_sum", 100.01 * i);
        CHECK(send_telemetry(&air, m, 0, second, NULL) == ERR_NONE);
        process agent = begin("ue-agent", 2);
        link_telemetry_form_metric(agent.form, "reports_counted_total", 200.0 * i);
        link_telemetry_form_metric(agent.form, "noise_estimated_sum", 100.01 * i);
        CHECK(send_telemetry(&agent, m, 1, second, NULL) == ERR_NONE);
        model_tick(m);
    }
    CHECK_NEAR(model_snr_delivered_db(m), db_of_power(200 / 100.01), 1e-9);
    CHECK_NEAR(model_snr_estimated_db(m), db_of_power(200 / 100.01), 1e-9);
    model_free(m);
}

static void impossible_messages_change_nothing(void)
{
    static const struct {
        const char *role, *metric;
        double value;
    } bad[] = {{"ue-agent", "reports_sent_total", -1},
               {"ue-agent", "nmse_sum", NAN},
               {"ue-agent", "reports_sent_total", INFINITY},
               {"ue-agent", "nmse_count", 1e300},
               {"ue-agent", "noise_estimated_sum", NAN},
               {"", "ues", 1},
               {"ue-agent\n", "ues", 1},
               {"unknown", "ues", 1}};
    model *m = model_create(1);
    REQUIRE(m != NULL);
    CHECK(send_agent(m, 0, 1, 100, 1) == ERR_NONE);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        err e = {0};
        process t = begin(bad[i].role, 2);
        link_telemetry_form_metric(t.form, "reports_acked_total", 5);
        link_telemetry_form_metric(t.form, bad[i].metric, bad[i].value);
        CHECK(send_telemetry(&t, m, 0, 2, &e) == ERR_FORMAT);
        CHECK(e.text[0] != '\0');
    }
    CHECK_NEAR(model_total(m, MODEL_AGENT_ACKED), 100, 0);
    CHECK(model_slot_at(m, 0)->restarts == 0 && model_slot_at(m, 0)->pid == 1);
    model_free(m);
}

/* A coarse percentile agrees with the fine histogram's within both buckets' widths. */
static void coarse_histograms_keep_counts_and_percentiles(void)
{
    static hist h;
    static uint64_t coarse[HIST_COARSE];
    rng g = rng_at(5, RNG_LOSS, 0, 0);
    for (int i = 0; i < 100000; i++)
        hist_add(&h, (uint64_t)exp(20 * rng_uniform(&g)));
    hist_coarsen(&h, coarse);
    uint64_t total = 0;
    for (size_t i = 0; i < HIST_COARSE; i++) {
        total += coarse[i];
        CHECK(hist_coarse_low(i) < hist_coarse_low(i + 1));
    }
    CHECK(total == h.count);
    for (double q = 0.01; q < 1; q += 0.07) {
        double fine = (double)hist_percentile(&h, q);
        CHECK_NEAR(hist_coarse_percentile(coarse, q), fine, 8 + 0.07 * fine);
    }
    CHECK(hist_coarse_low(16) == 128 && hist_coarse_low(32) == 256);
}

/* Value of a sample line that begins so; NaN where there is none. */
static double sample(const char *text, const char *start)
{
    const char *at = strstr(text, start);
    return at ? strtod(at + strlen(start), NULL) : NAN;
}

static void the_metrics_are_prometheus_text(void)
{
    model *m = model_create(3);
    REQUIRE(m != NULL);
    send_agent(m, 0, 1, 1000, second);
    send_agent(m, 2, 1, 10, second);
    char *text = metrics_text(m, &(metrics_own){.messages = 2}, second);
    REQUIRE(text != NULL);
    CHECK_NEAR(sample(text, "csilink_ue_reports_sent_total{process=\"ue-agent-0\"} "), 1000, 0);
    CHECK_NEAR(sample(text, "csilink_ue_reports_sent_total{process=\"ue-agent-2\"} "), 10, 0);
    CHECK_NEAR(sample(text, "csilink_process_up{process=\"ue-agent-2\"} "), 1, 0);
    CHECK_NEAR(sample(text, "csilink_ue_encoder_info{process=\"ue-agent-2\",codec=\"net?-cr8\","
                            "precision=\"int8\",uplink=\"analog:r4\"} "),
               1, 0);
    CHECK_NEAR(sample(text, "csilink_ue_report_bits_total{process=\"ue-agent-0\"} "), 1088000, 0);
    CHECK_NEAR(sample(text, "csilink_ue_channel_uses_total{process=\"ue-agent-2\"} "), 1415, 0);
    static const char total[] = "{process=\"ue-agent-0\",stage=\"total\"";
    char line[160];
    snprintf(line, sizeof line, "csilink_latency_seconds_count%s} ", total);
    CHECK_NEAR(sample(text, line), 1000, 0);
    snprintf(line, sizeof line, "csilink_latency_seconds_bucket%s,le=\"+Inf\"} ", total);
    CHECK_NEAR(sample(text, line), 1000, 0);
    snprintf(line, sizeof line, "csilink_latency_seconds_sum%s} ", total);
    CHECK_NEAR(sample(text, line), 1, 1e-9);
    snprintf(line, sizeof line, "csilink_latency_seconds_bucket%s,le=\"0.001048575\"} ", total);
    CHECK_NEAR(sample(text, line), 1000, 0);
    snprintf(line, sizeof line, "csilink_latency_seconds_bucket%s,le=\"0.000524287\"} ", total);
    CHECK_NEAR(sample(text, line), 0, 0);
    CHECK(strstr(text, "csilink_snr_delivered_decibels NaN\n") != NULL);
    CHECK(text[strlen(text) - 1] == '\n');
    free(text);
    text = metrics_text(m, &(metrics_own){0}, 10 * second); /* nobody spoke for nine seconds */
    REQUIRE(text != NULL);
    CHECK_NEAR(sample(text, "csilink_process_up{process=\"ue-agent-2\"} "), 0, 0);
    free(text);
    model_free(m);
}

static void the_state_is_json_of_a_few_kilobytes(void)
{
    model *m = model_create(1);
    REQUIRE(m != NULL);
    char *empty = json_state(m, &(json_access){0}, 0);
    CHECK(empty && strlen(empty) < 4096);
    free(empty);
    for (int i = 1; i < 20; i++) {
        send_agent(m, 0, 1, 100.0 * i, (uint64_t)i * second / 5);
        model_tick(m);
    }
    char *text = json_state(m, &(json_access){0}, 4 * second);
    cJSON *root = text ? cJSON_Parse(text) : NULL;
    REQUIRE(root != NULL);
    CHECK(strlen(text) < 4096 && strchr(text, '\n') == NULL);
    CHECK_NEAR(cJSON_GetObjectItem(root, "nmse_db")->valuedouble, -10, 1e-4);
    CHECK(cJSON_IsNull(cJSON_GetObjectItem(cJSON_GetObjectItem(root, "snr"), "delivered")));
    const cJSON *encoder =
        cJSON_GetObjectItem(cJSON_GetObjectItem(root, "processes")->child, "encoder");
    CHECK(encoder && strcmp(cJSON_GetObjectItem(encoder, "precision")->valuestring, "int8") == 0);
    CHECK(encoder && strcmp(cJSON_GetObjectItem(encoder, "uplink")->valuestring, "analog:r4") == 0);
    CHECK_NEAR(cJSON_GetObjectItem(encoder, "channel_uses")->valuedouble, 141.5, 1e-9);
    CHECK_NEAR(cJSON_GetObjectItem(root, "bits_per_report")->valuedouble, 1088, 1e-9);
    CHECK_NEAR(cJSON_GetObjectItem(root, "channel_uses")->valuedouble, 141.5, 1e-9);
    cJSON_Delete(root);
    free(text);
    model_free(m);
}

/* What runs without keys where others reach it is named, in the metrics and for the page. */
static void open_processes_are_named(void)
{
    static const char *const roles[] = {"ue-agent", "channel-sim", "bs-server"};
    for (size_t open = 0; open < 2; open++) {
        model *m = model_create(3);
        REQUIRE(m != NULL);
        for (size_t i = 0; i < 3; i++) {
            process t = begin(roles[i], 1);
            link_telemetry_form_metric(t.form, "endpoints_open", open && i == 1 ? 2 : 0);
            CHECK(send_telemetry(&t, m, i, second, NULL) == ERR_NONE);
        }
        char *text = json_state(m, &(json_access){.insecure = open}, second);
        cJSON *root = text ? cJSON_Parse(text) : NULL;
        REQUIRE(root != NULL);
        CHECK(cJSON_IsTrue(cJSON_GetObjectItem(root, "insecure")) == (int)open);
        const cJSON *list = cJSON_GetObjectItem(root, "processes");
        for (int i = 0; i < 3; i++)
            CHECK(cJSON_IsTrue(cJSON_GetObjectItem(cJSON_GetArrayItem(list, i), "insecure")) ==
                  (open && i == 1));
        cJSON_Delete(root);
        free(text);
        text = metrics_text(m, &(metrics_own){0}, second);
        REQUIRE(text != NULL);
        CHECK_NEAR(sample(text, "csilink_channel_endpoints_open{process=\"channel-sim-1\"} "),
                   open ? 2 : 0, 0);
        free(text);
        model_free(m);
    }
}

/* 1,000 UEs, told 200 a message, later ones worse. */
static void ues_are_paged_in_any_order(void)
{
    model *m = model_create(1);
    REQUIRE(m != NULL);
    for (uint32_t first = 0; first < 1000; first += WIRE_UES_MAX) {
        process t = begin("ue-agent", 1);
        for (uint32_t i = 0; i < WIRE_UES_MAX; i++) {
            uint32_t ue = 999 - (first + i);
            const wire_ue_figures u = {.ue = ue,
                                       .sent = 10,
                                       .measured = 10,
                                       .nmse_sum = ue,
                                       .aged = 2,
                                       .nmse_used_sum = 20};
            link_telemetry_form_ue(t.form, &u);
        }
        CHECK(send_telemetry(&t, m, 0, 1, NULL) == ERR_NONE);
    }
    static const struct {
        const char *sort;
        size_t from, rows;
        int first_ue;
    } pages[] = {{"ue", 0, 25, 0}, {"ue", 990, 10, 990}, {"nmse", 0, 25, 999}, {"ue", 2000, 0, 0}};
    for (size_t i = 0; i < sizeof pages / sizeof pages[0]; i++) {
        char *text = json_ues(m, pages[i].from, 25, pages[i].sort);
        cJSON *root = text ? cJSON_Parse(text) : NULL;
        REQUIRE(root != NULL);
        const cJSON *rows = cJSON_GetObjectItem(root, "rows");
        CHECK(cJSON_GetArraySize(rows) == (int)pages[i].rows);
        if (pages[i].rows) {
            const cJSON *ue = rows->child;
            CHECK(cJSON_GetObjectItem(ue, "ue")->valueint == pages[i].first_ue);
            CHECK_NEAR(cJSON_GetObjectItem(ue, "nmse_used_db")->valuedouble, 10, 1e-4);
        }
        cJSON_Delete(root);
        free(text);
    }
    model_free(m);
}

static const harness_test tests[] = {
    {"block errors are failed checks, not missing bases", block_errors_are_failed_checks},
    {"processes that are open to anyone are named", open_processes_are_named},
    {"totals are over all lives of a process", totals_survive_restarts},
    {"rates are over the time in which reports arose, and means over the last second",
     rates_are_over_the_time_in_which_reports_arose},
    {"the SNR delivered is that of the noise that was measured",
     the_snr_delivered_is_that_of_the_noise},
    {"SNR delivered and estimated are the same mean",
     delivered_and_estimated_snr_are_the_same_mean},
    {"telemetry that cannot be is refused and changes nothing", impossible_messages_change_nothing},
    {"coarse histograms keep counts, and percentiles within their width",
     coarse_histograms_keep_counts_and_percentiles},
    {"metrics are Prometheus text: counts, sums and buckets agree",
     the_metrics_are_prometheus_text},
    {"the state is one line of JSON of a few kilobytes", the_state_is_json_of_a_few_kilobytes},
    {"1,000 UEs are paged in any order", ues_are_paged_in_any_order},
};

int main(int argc, char **argv)
{
    return harness_main(argc, argv, "monitor", tests, sizeof tests / sizeof tests[0]);
}
