/* Models, channels and SNRs side by side: Markdown for people, CSV for programs. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "cli/ui/quoted.h"
#include "io/file.h"
#include "known.h"
#include "plot.h"
#include "table.h"

typedef struct metric {
    const char *title, *format;
    double (*value)(const chain_eval_row *row);
} metric;

static double nmse_of(const chain_eval_row *row)
{
    return row->nmse_db;
}

static double rho_of(const chain_eval_row *row)
{
    return row->rho;
}

static double sgcs_of(const chain_eval_row *row)
{
    return row->sgcs;
}

static double se_of(const chain_eval_row *row)
{
    return row->se_feedback;
}

static double uses_of(const chain_eval_row *row)
{
    return row->channel_uses;
}

static double bler_of(const chain_eval_row *row)
{
    return row->bler;
}

static double undetected_of(const chain_eval_row *row)
{
    return row->compared ? (double)row->undetected : NAN;
}

static double nmse_all_of(const chain_eval_row *row)
{
    return row->nmse_all_db;
}

static double se_all_of(const chain_eval_row *row)
{
    return row->se_all;
}

/* Figures of channels: directions have neither. */
static const metric metrics_of_channels[] = {
    {"NMSE in dB", "%.2f", nmse_of},
    {"Cosine similarity rho", "%.4f", rho_of},
};

static const metric metrics[] = {
    {"Squared generalised cosine similarity (SGCS)", "%.4f", sgcs_of},
    {"Channel uses of a report", "%.1f", uses_of},
};

/* Besides SGCS, the figures that compare directions with each other and with channels. */
static const metric metrics_of_directions[] = {
    {"Spectral efficiency in bit/s/Hz", "%.3f", se_of},
};

/* Printed if a report failed, or could have failed a check. */
static const metric metrics_of_failure[] = {
    {"Block error rate", "%.4g", bler_of},
    {"Undetected errors", "%.0f", undetected_of},
    {"NMSE in dB, with the CSI that the base station uses after a failed report", "%.2f",
     nmse_all_of},
    {"Spectral efficiency in bit/s/Hz, the same", "%.3f", se_all_of},
};

static bool has_failures(const eval_set *set)
{
    for (size_t k = 0; k < set->count; k++)
        for (size_t i = 0; i < set->cases[k].config.snrs; i++) {
            const chain_eval_row *row = &set->cases[k].result.row[i];
            if (row->not_decoded > 0 || row->compared > 0)
                return true;
        }
    return false;
}

/* The number of cases that give directions. */
static size_t count_directions(const eval_set *set)
{
    size_t count = 0;
    for (size_t k = 0; k < set->count; k++)
        count += eval_case_gives_directions(&set->cases[k]);
    return count;
}

/* Escapes characters that would end a cell. */
static void put_cell(FILE *to, const char *text)
{
    fputs(" ", to);
    for (; *text; text++)
        fprintf(to, *text == '|' ? "\\%c" : "%c", *text);
    fputs(" |", to);
}

static void put_heads(FILE *to, const chain_eval_config *config)
{
    fputs("| model | sent as | channel | samples | bits |", to);
    for (size_t i = 0; i < config->snrs; i++) {
        if (isinf(config->snr_db[i]))
            fputs(" no noise |", to);
        else
            fprintf(to, " %g dB |", config->snr_db[i]);
    }
    fputs("\n|---|---|---|--:|--:|", to);
    for (size_t i = 0; i < config->snrs; i++)
        fputs("--:|", to);
    fputc('\n', to);
}

/* Every row marks an unfair way of sending, for readers of any column. */
static void put_sending(FILE *to, const eval_case *c)
{
    char text[2 * UPLINK_SPEC_MAX];
    snprintf(text, sizeof text, "%s%s%s%s", eval_case_sending(c), c->cost.unfair ? " (" : "",
             c->cost.unfair ? c->cost.unfair : "", c->cost.unfair ? ")" : "");
    put_cell(to, text);
}

static void put_metric(FILE *to, const eval_set *set, const metric *m)
{
    fprintf(to, "\n%s:\n\n", m->title);
    put_heads(to, &set->cases[0].config);
    for (size_t k = 0; k < set->count; k++) {
        const eval_case *c = &set->cases[k];
        fputc('|', to);
        put_cell(to, c->model->label);
        put_sending(to, c);
        put_cell(to, c->channel->name);
        fprintf(to, " %zu | %.0f |", c->result.row[0].samples, eval_case_bits(c));
        for (size_t i = 0; i < c->config.snrs; i++) {
            char value[64];
            double figure = m->value(&c->result.row[i]);
            snprintf(value, sizeof value, m->format, figure);
            fprintf(to, " %s |", isnan(figure) ? "-" : value);
        }
        fputc('\n', to);
    }
}

static void put_encoders(FILE *to, const eval_set *set)
{
    fputs("\nEncoders, one sample at a time on one core:\n\n"
          "| model | precision | parameters | bytes of weights | MACs | µs a sample |\n"
          "|---|---|--:|--:|--:|--:|\n",
          to);
    for (size_t i = 0; i < set->models; i++) {
        const eval_model *m = &set->model[i];
        const codec_info *info = codec_info_of(m->encoder);
        fputc('|', to);
        put_cell(to, m->name);
        put_cell(to, info->precision);
        fprintf(to, " %" PRId64 " | %zu | %" PRId64 " | %.1f |\n", info->parameters,
                info->weight_bytes, info->macs, m->encode_us);
    }
}

/* Prints how the UEs of each channel know it: by an estimate from pilots, or exactly. */
static void put_estimation(FILE *to, const eval_set *set)
{
    if (set->model[0].denoiser) /* one file for all models */
        fprintf(to, "- at the base station: denoiser %s\n", set->model[0].denoise_payload);
    for (size_t i = 0; i < set->channels; i++) {
        const eval_case *c = set->cases;
        while (c->channel != &set->channel[i])
            c++;
        fprintf(to, "- %s: ", c->channel->name);
        if (c->config.ue.estimate)
            fprintf(to, "LS at %g dB, NMSE %.2f dB, denoiser %s; ", c->config.ue.dl_snr_db,
                    c->result.ls_nmse_db, csi_denoise_name(c->config.ue.denoise));
        else
            fputs("the UE knows its channel; ", to);
        fprintf(to, "%u UE%s\n", c->config.ues, c->config.ues == 1 ? "" : "s");
    }
}

static void put_markdown(FILE *to, const eval_set *set)
{
    const chain_eval_config *config = &set->cases[0].config;
    fprintf(to,
            "Columns: SNR of the uplink, %s by the decoders that use it. Bits: of one report, "
            "with everything included. Channel uses: complex symbols, references included, side "
            "bits at the capacity of the column's SNR. Seed %llu.\n\n",
            config->snr_known ? "known" : "estimated", (unsigned long long)config->ue.seed);
    put_estimation(to, set);
    size_t directions = count_directions(set);
#define PUT_ALL(list)                                                                              \
    for (size_t i = 0; i < sizeof list / sizeof list[0]; i++)                                      \
    put_metric(to, set, &list[i])
    if (directions < set->count)
        PUT_ALL(metrics_of_channels);
    PUT_ALL(metrics);
    if (directions > 0)
        PUT_ALL(metrics_of_directions);
    if (has_failures(set))
        PUT_ALL(metrics_of_failure);
#undef PUT_ALL
    put_encoders(to, set);
}

/* 17 digits identify every double exactly. */
static void put_csv(FILE *to, const eval_set *set)
{
    fputs("model,channel,snr_db,nmse_db,rho,sgcs,samples,bits,channel_uses,codeword,precision,"
          "parameters,"
          "weight_bytes,macs,encode_us,uplink,bler,undetected,nmse_all_db,se_all,limit_nmse_db,"
          "unfair,se_feedback\n",
          to);
    for (size_t k = 0; k < set->count; k++) {
        const eval_case *c = &set->cases[k];
        for (size_t i = 0; i < c->config.snrs; i++) {
            const chain_eval_row *row = &c->result.row[i];
            const codec_info *info = codec_info_of(c->model->encoder);
            put_quoted(to, c->model->name);
            fputc(',', to);
            put_quoted(to, eval_channel_asked(c->channel));
            fprintf(to, ",%g", row->snr_db);
            put_figure(to, row->nmse_db);
            put_figure(to, row->rho);
            put_figure(to, row->sgcs);
            fprintf(to, ",%zu,%.17g,%.17g,%s", row->samples, row->bits, row->channel_uses,
                    c->sending->codeword);
            fprintf(to, ",%s,%" PRId64 ",%zu,%" PRId64 ",%.3f,", info->precision, info->parameters,
                    info->weight_bytes, info->macs, c->model->encode_us);
            put_quoted(to, c->config.ue.uplink);
            fprintf(to, ",%.17g", row->bler);
            put_figure(to, undetected_of(row));
            put_figure(to, row->nmse_all_db);
            put_figure(to, row->se_all);
            put_figure(to, eval_row_limit_db(set, c, row));
            fprintf(to, ",%s", c->cost.unfair ? c->cost.unfair : "");
            put_figure(to, row->se_feedback);
            fputc('\n', to);
        }
    }
}

static int write_file(const eval_set *set, const char *prefix, const char *ending,
                      void (*put)(FILE *to, const eval_set *set), err *e)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s%s", prefix, ending);
    file_writer *w = file_writer_open(path, e);
    if (!w)
        return ERR_IO;
    put(file_writer_stream(w), set);
    return file_writer_close(w, e);
}

/* Without gnuplot it writes the table and no picture. */
static int draw(const eval_set *set, const char *prefix, const char *ending, err *e)
{
    char path[PATH_MAX];
    err own = {0};
    snprintf(path, sizeof path, "%s%s", prefix, ending);
    int status = eval_plot(set, path, &own);
    if (status == ERR_UNSUPPORTED) {
        log_warning("no %s: %s", path, own.text);
        return ERR_NONE;
    }
    return status == ERR_NONE ? status : err_set(e, own.code, "%s", own.text);
}

int eval_table(const eval_set *set, const char *prefix, err *e)
{
    put_markdown(stdout, set);
    if (!prefix)
        return ERR_NONE;
    if (strlen(prefix) > PATH_MAX - 32)
        return err_set(e, ERR_INVALID, "--out: the path '%.64s...' is too long", prefix);
    int status = write_file(set, prefix, ".md", put_markdown, e);
    if (status == ERR_NONE)
        status = write_file(set, prefix, ".csv", put_csv, e);
    if (status == ERR_NONE)
        status = draw(set, prefix, ".svg", e);
    return status == ERR_NONE ? draw(set, prefix, ".png", e) : status;
}
