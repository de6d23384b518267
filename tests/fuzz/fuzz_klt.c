/* Any bytes as a file of principal components (.klt): refused in one line, or components that keep
 * to what file.h promises and that are written and read again the same.
 *
 * The hash at the end is set right first: bytes at random would never have it. An input that begins
 * with '!' is taken, without that byte, as it is. */
#include "fuzz.h"

#include <math.h>

#include "base/hash.h"
#include "codec/klt/file.h"

static void check(const klt_components *c)
{
    size_t n = (size_t)2 * c->nt * c->ni;
    require(c->nt >= 1 && c->nt <= KLT_SIDE_MAX && c->ni >= 1 && c->ni <= KLT_SIDE_MAX);
    require(n <= KLT_REALS_MAX && c->vectors >= 1 && c->vectors * (size_t)c->form <= n);
    for (uint32_t i = 0; i < c->vectors; i++)
        require(isfinite(c->variance[i]) && c->variance[i] > 0 &&
                (i == 0 || c->variance[i] <= c->variance[i - 1]));
    for (size_t i = 0; i < c->vectors * n; i++)
        require(isfinite(c->vector[i]));
    require(memchr(c->scenario, '\0', sizeof c->scenario) && fuzz_is_line(c->scenario));
}

static void check_again(const klt_components *c)
{
    void *file;
    size_t size;
    err e = {0};
    klt_components again = {0};
    if (klt_file_write(c, &file, &size, &e) != ERR_NONE) {
        fuzz_check_error(&e);
        return;
    }
    require(klt_file_read(file, size, &again, &e) == ERR_NONE);
    require(again.nt == c->nt && again.ni == c->ni && again.vectors == c->vectors);
    require(memcmp(again.variance, c->variance, c->vectors * sizeof *c->variance) == 0);
    klt_components_free(&again);
    free(file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    bool as_it_is = size > 0 && data[0] == '!';
    klt_components c = {0};
    err e = {0};
    size -= as_it_is;
    uint8_t *file = fuzz_copy(data + as_it_is, size, false);
    if (!as_it_is && size >= sizeof(uint64_t)) {
        uint64_t hash = hash_bytes(HASH_START, file, size - sizeof hash);
        memcpy(file + size - sizeof hash, &hash, sizeof hash);
    }
    if (klt_file_read(file, size, &c, &e) == ERR_NONE) {
        check(&c);
        check_again(&c);
        klt_components_free(&c);
    } else {
        fuzz_check_error(&e);
    }
    free(file);
    return 0;
}
