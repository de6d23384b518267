/* Any bytes as a file of a codec's codewords' moments (.denoiser): refused in one line, or moments
 * that keep to what file.h promises and that are written and read again the same.
 *
 * A denoiser made of them, for the codec that the file names, gives finite values or refuses.
 *
 * The hash at the end is set right first: bytes at random would never have it. An input that begins
 * with '!' is taken, without that byte, as it is. */
#include "fuzz.h"

#include <math.h>

#include "base/hash.h"
#include "codec/denoiser.h"
#include "codec/denoiser/file.h"

static void check(const denoiser_moments *m)
{
    size_t n = m->values;
    require(n >= 1 && n <= DENOISER_VALUES_MAX);
    for (size_t i = 0; i < n; i++)
        require(isfinite(m->mean[i]) && isfinite(m->variance[i]) && m->variance[i] > 0 &&
                (i == 0 || m->variance[i] <= m->variance[i - 1]));
    for (size_t i = 0; i < n * n; i++)
        require(fabsf(m->vector[i]) <= 1.02f);
    require(memchr(m->codec, '\0', sizeof m->codec) && fuzz_is_line(m->codec));
}

static void check_again(const denoiser_moments *m)
{
    void *file;
    size_t size;
    err e = {0};
    denoiser_moments again = {0};
    require(denoiser_file_write(m, &file, &size, &e) == ERR_NONE);
    require(denoiser_file_read(file, size, &again, &e) == ERR_NONE);
    require(again.values == m->values && again.identity == m->identity);
    require(memcmp(again.variance, m->variance, m->values * sizeof *m->variance) == 0);
    denoiser_moments_free(&again);
    free(file);
}

/* By values of the file's own bytes, which may be any floats. */
static void denoise(const uint8_t *file, size_t size, const denoiser_moments *m)
{
    codec_info info = {.name = "x", .identity = m->identity, .shape = {.values_max = m->values}};
    err e = {0};
    payload_denoiser *d = payload_denoiser_load(fuzz_file(file, size), &info, &e);
    require(d != NULL);
    payload_denoiser_work *w = payload_denoiser_open(d, &e);
    payload p;
    require(w && payload_init(&p, &info.shape, &e) == ERR_NONE);
    const double snrs[] = {-INFINITY, -5, 59, (double)NAN};
    for (size_t k = 0; k < sizeof snrs / sizeof snrs[0]; k++) {
        p.values = m->values;
        p.snr_db = snrs[k];
        p.power = k % 2 ? 1 : (double)NAN;
        for (uint32_t i = 0; i < p.values; i++) {
            memcpy(&p.value[i], file + (i * sizeof p.value[i]) % (size - sizeof p.value[i]),
                   sizeof p.value[i]);
            if (!isfinite(p.value[i])) /* an uplink gives none */
                p.value[i] = 3e38f;
        }
        if (payload_denoiser_apply(w, &p, &e) != ERR_NONE) {
            fuzz_check_error(&e);
            continue;
        }
        for (uint32_t i = 0; i < p.values; i++)
            require(isfinite(p.value[i]));
    }
    payload_free(&p);
    payload_denoiser_close(w);
    payload_denoiser_free(d);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    bool as_it_is = size > 0 && data[0] == '!';
    denoiser_moments m = {0};
    err e = {0};
    size -= as_it_is;
    uint8_t *file = fuzz_copy(data + as_it_is, size, false);
    if (!as_it_is && size >= sizeof(uint64_t)) {
        uint64_t hash = hash_bytes(HASH_START, file, size - sizeof hash);
        memcpy(file + size - sizeof hash, &hash, sizeof hash);
    }
    if (denoiser_file_read(file, size, &m, &e) == ERR_NONE) {
        check(&m);
        check_again(&m);
        denoise(file, size, &m);
        denoiser_moments_free(&m);
    } else {
        fuzz_check_error(&e);
    }
    free(file);
    return 0;
}
