/* Any bytes as a file of codebooks (.vq): refused in one line, or codebooks that keep to what
 * file.h promises and that are written and read again the same.
 *
 * The hash at the end is set right first: bytes at random would never have it. An input that begins
 * with '!' is taken, without that byte, as it is. */
#include "fuzz.h"

#include <math.h>

#include "base/hash.h"
#include "codec/vq/file.h"

static void check(const vq_codebooks *c)
{
    size_t n = (size_t)2 * c->nt * c->ni;
    require(c->nt >= 1 && c->nt <= VQ_SIDE_MAX && c->ni >= 1 && c->ni <= VQ_SIDE_MAX);
    require(n <= 2 * VQ_ENTRIES_MAX && c->components >= 1 && c->components <= n / 2);
    require(c->group >= 1 && c->group <= VQ_GROUP_MAX && c->components % c->group == 0);
    require(c->stages >= 1 && c->stages <= VQ_STAGES_MAX);
    require(c->index_bits >= 1 && c->index_bits <= VQ_INDEX_BITS_MAX);
    for (uint32_t s = 0; s < c->stages; s++)
        require(c->target[s] < c->components / c->group);
    for (size_t i = 0; i < c->components * n; i++)
        require(isfinite(c->component[i]));
    for (size_t i = 0; i < c->stages * vq_stage_floats(c); i++)
        require(isfinite(c->code[i]));
    require(memchr(c->scenario, '\0', sizeof c->scenario) && fuzz_is_line(c->scenario));
}

static void check_again(const vq_codebooks *c)
{
    void *file;
    size_t size;
    err e = {0};
    vq_codebooks again = {0};
    if (vq_file_write(c, &file, &size, &e) != ERR_NONE) {
        fuzz_check_error(&e);
        return;
    }
    require(vq_file_read(file, size, &again, &e) == ERR_NONE);
    require(again.nt == c->nt && again.ni == c->ni && again.components == c->components);
    require(again.group == c->group && again.stages == c->stages);
    require(again.index_bits == c->index_bits && again.samples == c->samples);
    require(memcmp(again.target, c->target, c->stages * sizeof *c->target) == 0);
    vq_codebooks_free(&again);
    free(file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    bool as_it_is = size > 0 && data[0] == '!';
    vq_codebooks c = {0};
    err e = {0};
    size -= as_it_is;
    uint8_t *file = fuzz_copy(data + as_it_is, size, false);
    if (!as_it_is && size >= sizeof(uint64_t)) {
        uint64_t hash = hash_bytes(HASH_START, file, size - sizeof hash);
        memcpy(file + size - sizeof hash, &hash, sizeof hash);
    }
    if (vq_file_read(file, size, &c, &e) == ERR_NONE) {
        check(&c);
        check_again(&c);
        vq_codebooks_free(&c);
    } else {
        fuzz_check_error(&e);
    }
    free(file);
    return 0;
}
