/* Any text as a histogram, or as an agent's record: what is taken must be sound enough to merge, to
 * ask for percentiles and to write again, and read the same the second time. */
#include "measure/tally.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int holds)
{
    if (!holds)
        abort();
}

static void check_hist(const hist *h)
{
    static hist sum, again;
    uint64_t median = hist_percentile(h, 0.5);
    require(h->count == 0 || (median >= h->min && median <= h->max));
    require(hist_mean(h) >= 0);
    sum = *h;
    hist_merge(&sum, h);
    require(sum.count == 2 * h->count);
    char *text = hist_to_text(h);
    require(text && hist_from_text(&again, text, NULL) == ERR_NONE);
    require(memcmp(&again, h, sizeof again) == 0);
    free(text);
}

static void read_hist(const char *text)
{
    static hist h;
    err e = {0};
    if (hist_from_text(&h, text, &e) == ERR_NONE)
        check_hist(&h);
    else
        require(h.count == 0 && e.text[0]);
}

static void read_tally(const char *text)
{
    err e = {0};
    cJSON *json = cJSON_Parse(text);
    chain_tally *t = json ? chain_tally_from_json(json, &e) : NULL;
    require(t || !json || e.text[0]);
    cJSON_Delete(json);
    if (!t)
        return;
    check_hist(&t->nmse);
    chain_tally *sum = chain_tally_create(0, 0);
    require(sum && chain_tally_merge(sum, t, NULL) == ERR_NONE && sum->ues == t->ues);
    require(t->snr_points <= CHAIN_SNR_POINTS);
    chain_tally_free(sum);
    cJSON_Delete(chain_tally_to_json(t));
    chain_tally_free(t);
}

/* A text that begins with '{' is a record. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    if (!text)
        return 0;
    if (size)
        memcpy(text, data, size);
    text[size] = '\0';
    if (text[0] == '{')
        read_tally(text);
    else
        read_hist(text);
    free(text);
    return 0;
}
