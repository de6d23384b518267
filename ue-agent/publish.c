#include "publish.h"

#include "base/log.h"

void publish_ues(const ledger *l, size_t *next, link_telemetry_form *form)
{
    const chain_tally *t = ledger_tally(l);
    size_t ues = t->ues, count = ues < WIRE_UES_MAX ? ues : WIRE_UES_MAX;
    for (size_t i = 0; i < count; i++) {
        size_t at = (*next + i) % ues;
        const chain_ue_tally *u = &t->ue[at];
        memories_figures memory = ledger_memory(l, at);
        const wire_ue_figures f = {.ue = u->ue,
                                   .sent = u->counts.sent,
                                   .acked = u->counts.acked,
                                   .lost_channel = u->counts.lost_channel,
                                   .timed_out = u->counts.timed_out,
                                   .refused = u->counts.refused,
                                   .not_decoded = u->counts.not_decoded,
                                   .measured = chain_ue_with_nmse(u),
                                   .nmse_sum = u->nmse,
                                   .aged = chain_ue_aged_with_nmse(u),
                                   .nmse_used_sum = u->nmse_used,
                                   .keys = memory.keys,
                                   .memory_age = memory.age};
        link_telemetry_form_ue(form, &f);
    }
    *next = ues ? (*next + count) % ues : 0;
}

static void publish_histograms(const chain_tally *t, link_telemetry_form *form)
{
    for (int i = 0; i < CHAIN_STAGES; i++)
        link_telemetry_form_histogram(form, chain_stage_name((chain_stage)i), &t->latency[i]);
    link_telemetry_form_histogram(form, "nmse_e8", &t->nmse);
    link_telemetry_form_histogram(form, "nmse_used_e8", &t->nmse_used);
}

void publish_figures(const chain_tally *t, const agent_config *c, link_service *service)
{
    link_metric(service, "ues", (double)c->cell.ues);
    link_metric(service, "reports_sent_total", (double)t->counts.sent);
    link_metric(service, "reports_acked_total", (double)t->counts.acked);
    link_metric(service, "reports_lost_channel_total", (double)t->counts.lost_channel);
    link_metric(service, "reports_timed_out_total", (double)t->counts.timed_out);
    link_metric(service, "reports_refused_total", (double)t->counts.refused);
    link_metric(service, "reports_not_decoded_total", (double)t->counts.not_decoded);
    link_metric(service, "reports_needing_key_total", (double)t->counts.needs_key);
    link_metric(service, "reports_compared_total", (double)t->counts.compared);
    link_metric(service, "errors_undetected_total", (double)t->counts.undetected);
    link_metric(service, "reports_late_total", (double)t->late);
    link_metric(service, "nmse_sum", t->sums.nmse);
    link_metric(service, "nmse_count", (double)chain_sums_with_nmse(&t->sums));
    link_metric(service, "measured_count", (double)t->sums.reports);
    link_metric(service, "sgcs_sum", t->sums.sgcs);
    link_metric(service, "se_sum", t->sums.se_feedback);
    link_metric(service, "nmse_all_sum", t->sums.nmse_all);
    link_metric(service, "nmse_all_count", (double)chain_sums_all_with_nmse(&t->sums));
    link_metric(service, "nmse_used_sum", t->sums.nmse_used);
    link_metric(service, "nmse_used_count", (double)chain_sums_aged_with_nmse(&t->sums));
    link_metric(service, "csi_age_count", (double)t->sums.aged);
    link_metric(service, "csi_age_s_sum", t->sums.age_s);
    link_metric(service, "snr_estimated_db_sum", t->sums.snr_estimated_db);
    link_metric(service, "noise_estimated_sum", t->sums.noise_estimated);
    link_metric(service, "access_clock_error_s", t->access_error_s);
    link_metric(service, "core_clock_error_s", t->core_error_s);
    bool warm = t->latency[CHAIN_TOTAL].count > 0;
    const hist *total = warm ? &t->latency[CHAIN_TOTAL] : &t->warm_up[CHAIN_TOTAL];
    link_metric(service, "latency_p50_us", (double)hist_percentile(total, 0.5) * 1e-3);
    link_metric(service, "latency_p99_us", (double)hist_percentile(total, 0.99) * 1e-3);
    link_metric(service, "uplink_bytes_total", (double)t->uplink_bytes);
    link_metric(service, "reports_counted_total", (double)t->sums.answered);
    link_metric(service, "report_bits_total", t->sums.bits);
    link_metric(service, "channel_uses_total", t->sums.channel_uses);
    publish_histograms(t, link_service_form(service));
}

void publish_encoder(const agent_config *c, const char *over, link_telemetry_form *form)
{
    const codec_info *info = codec_info_of(c->encoder);
    const wire_encoder encoder = {
        .codec = info->name, .precision = info->precision, .uplink = over};
    link_telemetry_form_encoder(form, &encoder);
}

/* Codecs of directions are shown by SGCS; an agent has one codec. */
static void print_ageing(const chain_sums *s)
{
    double aged = (double)s->aged, age_ms = s->age_s / aged * 1e3;
    if (s->aged == 0)
        return;
    if (chain_sums_aged_with_nmse(s) > 0)
        log_info("NMSE %.2f dB, %.2f dB when used, %.3g ms after it was due", chain_sums_nmse_db(s),
                 chain_sums_nmse_used_db(s), age_ms);
    else
        log_info("SGCS %.4f, %.4f when used, %.3g ms after it was due",
                 s->sgcs / (double)s->reports, s->sgcs_used / aged, age_ms);
}

/* Clock errors matter only for agents on other hosts: the processes of `csilink run` share a clock.
 */
static void print_latency(const chain_tally *t)
{
    const hist *total = &t->latency[CHAIN_TOTAL];
    if (total->count)
        log_info("latency p50 %.0f µs, p99 %.0f µs, largest %.0f µs, of %llu reports after the "
                 "warm-up",
                 (double)hist_percentile(total, 0.5) * 1e-3,
                 (double)hist_percentile(total, 0.99) * 1e-3, (double)total->max * 1e-3,
                 (unsigned long long)total->count);
    if (t->access_error_s > 0)
        log_info("channel-sim has another clock: uplink and downlink are split within %.1f µs",
                 t->access_error_s * 1e6);
    if (t->core_error_s > 0)
        log_info("the base station has another clock: transit and return are split within %.1f µs",
                 t->core_error_s * 1e6);
    if (t->sums.answered)
        log_info("%.0f bits and %.1f channel uses a report",
                 t->sums.bits / (double)t->sums.answered,
                 t->sums.channel_uses / (double)t->sums.answered);
    print_ageing(&t->sums);
}

void publish_summary(const chain_tally *t)
{
    const chain_counts *c = &t->counts;
    print_latency(t);
    log_info("%llu reports sent = %llu acknowledged + %llu lost in the channel + %llu timed out + "
             "%llu refused + %llu not decoded: the accounting %s",
             (unsigned long long)c->sent, (unsigned long long)c->acked,
             (unsigned long long)c->lost_channel, (unsigned long long)c->timed_out,
             (unsigned long long)c->refused, (unsigned long long)c->not_decoded,
             chain_counts_close(c) ? "closes" : "DOES NOT CLOSE");
}
