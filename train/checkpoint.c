#include "train/checkpoint.h"

#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "io/file.h"
#include "train/settings.h"

static const char magic[8] = {'c', 's', 'i', 'l', 'c', 'k', 'p', 't'};
enum { VERSION = 1, WORD = 8, SETTINGS_MAX = 1 << 16, SECOND_MOMENT = 2 /* of a side's vectors */ };

typedef struct header {
    char magic[8];
    uint64_t version, bytes;
    train_figures figures;
    uint64_t settings;
} header;

static size_t padded(size_t bytes)
{
    return (bytes + WORD - 1) / WORD * WORD;
}

static size_t file_bytes(const train_snapshot *s, size_t settings)
{
    size_t bytes = sizeof(header) + padded(settings) + CHECKPOINT_VECTORS * WORD + WORD;
    for (int i = 0; i < CHECKPOINT_VECTORS; i++)
        bytes += padded(s->vectors[i].count * sizeof(float));
    return bytes;
}

/* --- writing ---------------------------------------------------------------------------------- */

/* Copies `data`, and returns the end of the copy. The padding is already zero. */
static char *put(char *at, const void *data, size_t bytes)
{
    memcpy(at, data, bytes);
    return at + padded(bytes);
}

static void fill(const train_snapshot *s, char *data, size_t size)
{
    header h = {.version = VERSION, .bytes = size, .figures = s->figures};
    memcpy(h.magic, magic, sizeof magic);
    h.settings = strlen(s->settings);
    char *at = put(data, &h, sizeof h);
    at = put(at, s->settings, h.settings);
    for (int i = 0; i < CHECKPOINT_VECTORS; i++) {
        uint64_t count = s->vectors[i].count;
        at = put(at, &count, sizeof count);
    }
    for (int i = 0; i < CHECKPOINT_VECTORS; i++)
        at = put(at, s->vectors[i].values, s->vectors[i].count * sizeof(float));
    uint64_t sum = hash_words(HASH_START, data, size - WORD);
    put(at, &sum, sizeof sum);
}

int train_checkpoint_write(const char *path, const train_snapshot *s, err *e)
{
    size_t size = file_bytes(s, strlen(s->settings));
    char *data = calloc(1, size);
    if (!data)
        return err_set(e, ERR_NOMEM, "%s: no memory for its %zu bytes", path, size);
    fill(s, data, size);
    int rc = file_replace(path, data, size, e);
    free(data);
    return rc;
}

/* --- reading ---------------------------------------------------------------------------------- */

/* Checks that the file is a checkpoint, complete and undamaged. */
static int check_file(const char *data, size_t size, header *h, err *e)
{
    if (size < sizeof *h + WORD || memcmp(data, magic, sizeof magic) != 0)
        return err_set(e, ERR_FORMAT, "not a checkpoint of a training");
    memcpy(h, data, sizeof *h);
    if (h->version != VERSION)
        return err_set(e, ERR_UNSUPPORTED, "its version is %" PRIu64 ", this is for version %d",
                       h->version, VERSION);
    if (h->bytes != size || size % WORD)
        return err_set(e, ERR_FORMAT, "it is %zu bytes long, and says it has %" PRIu64, size,
                       h->bytes);
    uint64_t sum;
    memcpy(&sum, data + size - WORD, sizeof sum);
    if (sum != hash_words(HASH_START, data, size - WORD))
        return err_set(e, ERR_FORMAT, "it is damaged: its checksum is wrong");
    if (h->settings > SETTINGS_MAX || sizeof *h + padded(h->settings) > size)
        return err_set(e, ERR_FORMAT, "it is damaged: settings of %" PRIu64 " bytes", h->settings);
    return 0;
}

static int compare_settings(const char *data, const header *h, const train_snapshot *s, err *e)
{
    char *stored = strndup(data + sizeof *h, h->settings);
    if (!stored)
        return err_set(e, ERR_NOMEM, "no memory for its settings");
    int rc = train_settings_compare(stored, s->settings, e);
    free(stored);
    return rc;
}

/* Checks that the checkpoint belongs to this training run. */
static int check_fit(const char *data, size_t size, const header *h, const train_snapshot *s,
                     err *e)
{
    const train_figures *had = &h->figures, *want = &s->figures;
    for (int i = 0; i < 2; i++)
        if (had->network[i] != want->network[i])
            return err_set(e, ERR_MISMATCH,
                           "it began with another %s network (%016" PRIx64 ", here %016" PRIx64 ")",
                           i ? "decoder" : "encoder", had->network[i], want->network[i]);
    int rc = compare_settings(data, h, s, e);
    if (rc)
        return rc;
    if (had->total > want->total)
        return err_set(e, ERR_MISMATCH,
                       "it was made for %" PRIu64 " samples in all; a continuation may have more, "
                       "not %" PRIu64,
                       had->total, want->total);
    if (size != file_bytes(s, h->settings))
        return err_set(e, ERR_MISMATCH, "it has weights of other sizes");
    const char *counts = data + sizeof *h + padded(h->settings);
    for (int i = 0; i < CHECKPOINT_VECTORS; i++) {
        uint64_t count;
        memcpy(&count, counts + i * WORD, sizeof count);
        if (count != s->vectors[i].count)
            return err_set(e, ERR_MISMATCH, "it has weights of other sizes");
    }
    return 0;
}

/* The checksum catches damage, not a file that someone made up. */
static int check_figures(const train_figures *f, err *e)
{
    bool sound = f->samples <= f->total && f->steps <= f->samples &&
                 f->validated_at <= f->samples && isfinite(f->seconds) && f->seconds >= 0;
    for (int i = 0; i < TRAIN_SNR_BINS; i++)
        sound &= isfinite(f->balance.nmse[i]) && f->balance.nmse[i] >= 0;
    return sound ? 0 : err_set(e, ERR_FORMAT, "its figures contradict each other: it is forged");
}

static int check_weights(const char *data, const header *h, const train_snapshot *s, err *e)
{
    const char *at = data + sizeof *h + padded(h->settings) + CHECKPOINT_VECTORS * WORD;
    for (int i = 0; i < CHECKPOINT_VECTORS; i++) {
        bool squares = i % (CHECKPOINT_VECTORS / 2) == SECOND_MOMENT;
        for (size_t k = 0; k < s->vectors[i].count; k++) {
            float value;
            memcpy(&value, at + k * sizeof value, sizeof value);
            if (!isfinite(value) || (squares && value < 0))
                return err_set(e, ERR_FORMAT,
                               "value %zu of its vector %d is %g, which no training produces", k,
                               i + 1, (double)value);
        }
        at += padded(s->vectors[i].count * sizeof(float));
    }
    return 0;
}

static void take(const char *data, const header *h, train_snapshot *s)
{
    uint64_t total = s->figures.total;
    s->figures = h->figures;
    s->figures.total = total;
    const char *at = data + sizeof *h + padded(h->settings) + CHECKPOINT_VECTORS * WORD;
    for (int i = 0; i < CHECKPOINT_VECTORS; i++) {
        size_t bytes = s->vectors[i].count * sizeof(float);
        memcpy(s->vectors[i].values, at, bytes);
        at += padded(bytes);
    }
}

int train_checkpoint_read(const char *path, train_snapshot *s, err *e)
{
    void *data;
    size_t size;
    int rc = file_read(path, file_bytes(s, SETTINGS_MAX) * 2, &data, &size, e);
    if (rc)
        return rc;
    header h;
    rc = check_file(data, size, &h, e);
    if (!rc)
        rc = check_fit(data, size, &h, s, e);
    if (!rc)
        rc = check_figures(&h.figures, e);
    if (!rc)
        rc = check_weights(data, &h, s, e);
    if (rc)
        err_prefix(e, "%s", path);
    else
        take(data, &h, s);
    free(data);
    return rc;
}
