#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>

#include "base/decibel.h"
#include "base/log.h"
#include "cli/ui/output.h"
#include "csi/metrics.h"
#include "csi/stats.h"
#include "data.h"
#include "fading/fading.h"
#include "ui/option.h"

static const double percentiles[] = {0.1, 0.5, 0.9};
enum { PERCENTILES = sizeof percentiles / sizeof percentiles[0] };

typedef struct subject {
    const char *path;
    double tap_ns; /* length of a delay tap */
    csi_stats stats;
} subject;

/* Prints shares of the energy as bars of at most BAR characters. The bars are linear, since bars in
 * dB would hide where the energy is. */
static void print_shares(const char *title, const double *share, size_t n, size_t marked,
                         const char *mark)
{
    enum { BAR = 40 };
    static const char bar[] = "########################################";
    double most = 0;
    for (size_t i = 0; i < n; i++)
        most = fmax(most, share[i]);
    printf("\n%s\n", title);
    for (size_t i = 0; i < n; i++)
        printf("  %3zu  %6.4f %7.1f dB  %.*s%s\n", i, share[i], db_of_power(share[i]),
               (int)(share[i] / most * BAR + 0.5), bar, i == marked ? mark : "");
}

/* Prints magnitudes in ten shades over 30 dB below the largest, each as two characters, since
 * terminal cells are twice as high as wide. */
static void print_picture(const csi_stats *s)
{
    static const char shades[] = " .:-=+*#%@";
    const double range_db = 30;
    double most = 0;
    for (size_t i = 0; i < (size_t)s->nt * s->ni; i++)
        most = fmax(most, s->magnitude[i]);
    printf(
        "\nmean |H|: angle down (row %u is broadside), delay to the right; '@' 0 dB, ' ' %.0f dB\n",
        s->nt / 2, -range_db);
    for (size_t a = 0; a < s->nt; a++) {
        printf("  %3zu |", a);
        for (size_t r = 0; r < s->ni; r++) {
            double db = db_of_amplitude(s->magnitude[a * s->ni + r] / most + 1e-30);
            int level = (int)ceil(9 * (1 + db / range_db));
            char shade = shades[level < 0 ? 0 : level];
            printf("%c%c", shade, shade);
        }
        printf("|%s\n", a == s->nt / 2 ? " broadside" : "");
    }
}

static void print_text(const subject *j)
{
    const csi_stats *s = &j->stats;
    printf("%s\n  HT       %zu x %u: 2 planes (real, imaginary) x %u angles x %u delay taps, in "
           "[0,1]\n",
           j->path, s->samples + s->empty, 2 * s->nt * s->ni, s->nt, s->ni);
    if (s->empty)
        printf("  empty    %zu samples are 0.5 throughout; the figures below leave them out\n",
               s->empty);
    printf("  spread   rms delay spread %.1f / %.1f / %.1f ns at 10 / 50 / 90 %% of the samples "
           "(taps of %g ns)\n",
           csi_stats_spread(s, 0.1) * j->tap_ns, csi_stats_spread(s, 0.5) * j->tap_ns,
           csi_stats_spread(s, 0.9) * j->tap_ns, j->tap_ns);
    printf("  sparsity NMSE of keeping the");
    for (size_t i = 0; i < CSI_STATS_KEPT; i++)
        printf("%s %zu", i ? "," : "", s->kept[i]);
    printf(" largest of %u entries:", s->nt * s->ni);
    for (size_t i = 0; i < CSI_STATS_KEPT; i++)
        printf("%s %.1f", i ? "," : "", db_of_power(s->lost[i]));
    printf(" dB");
    if (s->sorted < s->samples)
        printf(" (of %zu samples)", s->sorted);
    printf("\n");
    print_shares("energy per delay tap (share of the sample's energy)", s->tap, s->ni, SIZE_MAX,
                 "");
    print_shares("energy per angle bin", s->angle, s->nt, s->nt / 2, "  broadside");
    print_picture(s);
}

static void print_json(const subject *j)
{
    const csi_stats *s = &j->stats;
    cJSON *root = cJSON_CreateObject();
    cJSON_AddStringToObject(root, "file", j->path);
    cJSON_AddNumberToObject(root, "samples", (double)(s->samples + s->empty));
    cJSON_AddNumberToObject(root, "empty", (double)s->empty);
    cJSON_AddNumberToObject(root, "nt", s->nt);
    cJSON_AddNumberToObject(root, "ni", s->ni);
    cJSON_AddItemToObject(root, "tap", cJSON_CreateDoubleArray(s->tap, (int)s->ni));
    cJSON_AddItemToObject(root, "angle", cJSON_CreateDoubleArray(s->angle, (int)s->nt));
    cJSON *spread = cJSON_AddObjectToObject(root, "rms_delay_spread_ns");
    for (size_t i = 0; i < PERCENTILES; i++) {
        char name[16];
        snprintf(name, sizeof name, "p%.0f", percentiles[i] * 100);
        cJSON_AddNumberToObject(spread, name, csi_stats_spread(s, percentiles[i]) * j->tap_ns);
    }
    cJSON *kept = cJSON_AddArrayToObject(root, "sparsity");
    for (size_t i = 0; i < CSI_STATS_KEPT; i++) {
        cJSON *o = cJSON_CreateObject();
        cJSON_AddNumberToObject(o, "kept", (double)s->kept[i]);
        cJSON_AddNumberToObject(o, "nmse_db", fmax(db_of_power(s->lost[i]), -200));
        cJSON_AddItemToArray(kept, o);
    }
    output_json(root);
}

int data_info(int argc, char **argv)
{
    bool json = false;
    double bandwidth_hz = FADING_CONFIG_DEFAULT.bandwidth_hz;
    const option_spec specs[] = {
        OPTION_DOUBLE("bandwidth", &bandwidth_hz, 1e5, 1e10, "HZ",
                      "bandwidth; a delay tap is its "
                      "inverse"),
        OPTION_FLAG("json", &json, "print JSON"),
    };
    const option_command command = {
        .name = "csilink data info",
        .summary = "describes a data set: energy per tap and angle, spreads, sparsity, a picture",
        .operands = "FILE.mat|FILE.npy",
        .example = "  csilink data info DATA_Htestin.mat",
        .specs = specs,
        .count = sizeof specs / sizeof specs[0],
        .operands_min = 1,
        .operands_max = 1,
    };
    int status = option_parse(&command, argc, argv, NULL);
    if (status >= 0)
        return status;
    err e = {0};
    csi_dataset set;
    subject j = {.path = argv[1], .tap_ns = 1e9 / bandwidth_hz};
    status = csi_dataset_read(j.path, NULL, &set, &e);
    if (status == ERR_NONE) {
        status = csi_stats_of(&set, &j.stats, &e);
        if (status == ERR_NONE)
            (json ? print_json : print_text)(&j);
        else
            err_prefix(&e, "'%s'", j.path);
        csi_stats_free(&j.stats);
        csi_dataset_free(&set);
    }
    if (status != ERR_NONE)
        log_error("%s", e.text);
    return status == ERR_NONE ? 0 : 1;
}
