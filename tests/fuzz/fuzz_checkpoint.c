/* Any bytes as the checkpoint of a training: refused in one line with nothing changed, or read into
 * vectors of the sizes that this training has.
 *
 * The length that the file states and the checksum at its end are set right first: bytes at random
 * would never have them. An input that begins with '!' is taken, without that byte, as it is. */
#include "fuzz.h"

#include "base/hash.h"
#include "train/checkpoint.h"

enum { FLOATS = 4, WORD = 8, STATED_AT = 16 };

/* What the training that continues expects. */
static train_snapshot small_training(float values[CHECKPOINT_VECTORS][FLOATS])
{
    train_snapshot s = {.figures = {.network = {1, 2}, .total = 1000},
                        .settings = "batch 8\nseed 1\n"};
    for (int i = 0; i < CHECKPOINT_VECTORS; i++) {
        for (int k = 0; k < FLOATS; k++)
            values[i][k] = (float)(i - k);
        s.vectors[i].values = values[i];
        s.vectors[i].count = FLOATS;
    }
    return s;
}

static void set_right(uint8_t *file, size_t size)
{
    uint64_t stated = size;
    if (size < STATED_AT + 2 * WORD || size % WORD)
        return;
    memcpy(file + STATED_AT, &stated, sizeof stated);
    uint64_t sum = hash_words(HASH_START, file, size - WORD);
    memcpy(file + size - WORD, &sum, sizeof sum);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    bool as_it_is = size > 0 && data[0] == '!';
    float values[CHECKPOINT_VECTORS][FLOATS], before[CHECKPOINT_VECTORS][FLOATS];
    train_snapshot s = small_training(values), was = s;
    err e = {0};
    memcpy(before, values, sizeof before);
    size -= as_it_is;
    uint8_t *file = fuzz_copy(data + as_it_is, size, false);
    if (!as_it_is)
        set_right(file, size);
    if (train_checkpoint_read(fuzz_file(file, size), &s, &e) != ERR_NONE) {
        fuzz_check_error(&e);
        require(memcmp(before, values, sizeof before) == 0);
        require(memcmp(&s.figures, &was.figures, sizeof s.figures) == 0);
    } else {
        require(s.figures.network[0] == 1 && s.figures.network[1] == 2);
        require(s.figures.total == 1000);
    }
    free(file);
    return 0;
}
