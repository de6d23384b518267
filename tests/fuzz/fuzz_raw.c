/* Two parts (fuzz.h): keys of raw channels, "layout=sionna:sign=+", and the bytes of a file, .npy,
 * .npz or another that io/array.h reads. Refused in one line, or channels whose sizes are in range
 * and whose first and last sample have no more energy in the kept taps than in all. */
#include "fuzz.h"

#include <math.h>

#include "csi/raw/raw.h"

enum { NC = 16, NI = 4 };

static void check_sample(csi_raw *raw, size_t i)
{
    const csi_raw_facts *f = csi_raw_facts_of(raw);
    float complex *h = malloc((size_t)f->nc * f->nt * sizeof *h);
    float complex *ad = malloc((size_t)f->ni * f->nt * sizeof *ad);
    double energy = -1, kept = 0;
    require(h && ad && csi_raw_frequency(raw, i, h, NULL) == ERR_NONE);
    require(csi_raw_angle_delay(raw, i, ad, &energy, NULL) == ERR_NONE && energy >= 0);
    for (size_t j = 0; j < (size_t)2 * f->ni * f->nt; j++)
        kept += (double)((float *)ad)[j] * (double)((float *)ad)[j];
    /* Where neither overflows nor vanishes in float. */
    if (energy > 1e-20 && energy < 1e20)
        require(kept <= energy * 1.001);
    free(h);
    free(ad);
}

static void check(csi_raw *raw)
{
    const csi_raw_facts *f = csi_raw_facts_of(raw);
    require(f->samples > 0 && f->steps > 0 && f->samples % f->steps == 0);
    require(f->nt >= 1 && f->nt <= CSI_NT_MAX && f->nc >= 1 && f->nc <= CSI_NC_MAX);
    require(f->ni == NI && f->antennas >= 1 && fuzz_is_line(f->shape));
    require(fuzz_is_line(f->convention));
    if ((size_t)f->nc * f->nt * f->depth > 1 << 22) /* would take seconds */
        return;
    check_sample(raw, 0);
    check_sample(raw, f->samples - 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static csi_raw_spec spec;
    fuzz_part part;
    err e = {0};
    if (!fuzz_next_part(&data, &size, &part))
        return 0;
    char text[512], *keys = fuzz_copy(part.data, part.size, true);
    snprintf(text, sizeof text, "x.npz%s%.400s", *keys ? ":" : "", keys);
    free(keys);
    const csi_dims dims = {.nc = NC, .ni = NI};
    csi_raw *raw = NULL;
    if (fuzz_next_part(&data, &size, &part) && csi_raw_spec_parse(text, &spec, &e) == ERR_NONE) {
        snprintf(spec.path, sizeof spec.path, "%s", fuzz_file(part.data, part.size));
        raw = csi_raw_open(&spec, &dims, CSI_RAW_BANDWIDTH_HZ, &e);
        if (!raw)
            fuzz_check_error(&e);
    }
    if (raw)
        check(raw);
    csi_raw_close(raw);
    return 0;
}
