#include "train/samples/rotate.h"

#include "base/vector.h"

typedef int16_t svec __attribute__((vector_size(VEC_BYTES / 2)));

VEC_INLINE vec load_stored(const int16_t *p)
{
    svec v;
    memcpy(&v, p, sizeof v);
    return __builtin_convertvector(v, vec);
}

VEC_INLINE vec larger_magnitude(vec most, vec v)
{
    vec magnitude = (vec)((ivec)v & 0x7fffffff);
    return vec_select(magnitude > most, magnitude, most);
}

VEC_INLINE float larger_part(float most, float re, float im)
{
    most = __builtin_fabsf(re) > most ? __builtin_fabsf(re) : most;
    return __builtin_fabsf(im) > most ? __builtin_fabsf(im) : most;
}

/* The largest |part| after the rotation, but at least 1 to avoid a division by 0. */
VEC_INLINE float largest_rotated(const int16_t *re, const int16_t *im, size_t entries, float c,
                                 float s)
{
    vec most = vec_all(1);
    size_t i = 0;
    for (; i + VEC_LANES <= entries; i += VEC_LANES) {
        vec x = load_stored(re + i), y = load_stored(im + i);
        most = larger_magnitude(most, c * x - s * y);
        most = larger_magnitude(most, s * x + c * y);
    }
    float lanes[VEC_LANES], all = 1;
    vec_store(lanes, most);
    for (int j = 0; j < VEC_LANES; j++)
        all = lanes[j] > all ? lanes[j] : all;
    for (; i < entries; i++) {
        float x = (float)re[i], y = (float)im[i];
        all = larger_part(all, c * x - s * y, s * x + c * y);
    }
    return all;
}

void SIMD(train_rotate)(const int16_t *stored, size_t entries, float cosine, float sine,
                        float *image)
{
    const int16_t *re = stored, *im = stored + entries;
    const float scale = 0.5f / largest_rotated(re, im, entries, cosine, sine);
    size_t i = 0;
    for (; i + VEC_LANES <= entries; i += VEC_LANES) {
        vec x = load_stored(re + i), y = load_stored(im + i);
        vec_store(image + i, (cosine * x - sine * y) * scale + 0.5f);
        vec_store(image + entries + i, (sine * x + cosine * y) * scale + 0.5f);
    }
    for (; i < entries; i++) {
        float x = (float)re[i], y = (float)im[i];
        image[i] = (cosine * x - sine * y) * scale + 0.5f;
        image[entries + i] = (sine * x + cosine * y) * scale + 0.5f;
    }
}
