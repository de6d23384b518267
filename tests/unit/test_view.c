#include "base/rng.h"
#include "csi/metrics.h"
#include "csi/view.h"
#include "harness.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The usual sizes; more pilots than antennas; numbers of taps and subcarriers whose folding is no
 * power of two; more taps than one fold of powers of two; a single antenna. */
static const struct {
    csi_dims dims;
    csi_pilot_family family;
} cases[] = {
    {{.nt = 32, .nc = 1024, .tp = 32, .ni = 32}, CSI_PILOTS_DFT},
    {{.nt = 32, .nc = 1024, .tp = 32, .ni = 32}, CSI_PILOTS_HADAMARD},
    {{.nt = 32, .nc = 1024, .tp = 64, .ni = 32}, CSI_PILOTS_DFT},
    {{.nt = 16, .nc = 256, .tp = 24, .ni = 24}, CSI_PILOTS_DFT},
    {{.nt = 5, .nc = 600, .tp = 8, .ni = 13}, CSI_PILOTS_HADAMARD},
    {{.nt = 7, .nc = 60, .tp = 7, .ni = 13}, CSI_PILOTS_DFT},
    {{.nt = 8, .nc = 64, .tp = 8, .ni = 64}, CSI_PILOTS_DFT},
    {{.nt = 32, .nc = 1024, .tp = 32, .ni = 100}, CSI_PILOTS_DFT},
    {{.nt = 1, .nc = 17, .tp = 3, .ni = 3}, CSI_PILOTS_DFT},
};
enum { CASES = sizeof cases / sizeof cases[0] };

typedef struct setting {
    csi_dims dims;
    csi_transform *transform;
    csi_pilots *pilots;
    csi_view *view;
    float complex *y, *h, *ad; /* random pilots; room for the two forms */
} setting;

static float complex *draw(uint32_t stream, size_t n)
{
    float complex *x = malloc(n * sizeof *x);
    REQUIRE(x != NULL);
    rng r = rng_at(1, RNG_TEST, stream, 0);
    rng_normal_fill(&r, (float *)x, 2 * n, (float)M_SQRT1_2);
    return x;
}

static setting open_case(size_t i)
{
    const csi_dims *d = &cases[i].dims;
    setting s = {.dims = *d, .transform = csi_transform_create(d, NULL)};
    s.pilots = csi_pilots_create(d, cases[i].family, NULL);
    REQUIRE(s.transform != NULL && s.pilots != NULL);
    s.view = csi_view_create(s.transform, NULL);
    REQUIRE(s.view != NULL);
    s.y = draw((uint32_t)i, (size_t)d->nc * d->tp);
    s.h = draw(100, (size_t)d->nc * d->nt);
    s.ad = draw(101, (size_t)d->nt * d->ni);
    return s;
}

static void close_case(setting *s)
{
    csi_view_free(s->view);
    csi_pilots_free(s->pilots);
    csi_transform_free(s->transform);
    free(s->y);
    free(s->h);
    free(s->ad);
}

static size_t in_frequency(const setting *s)
{
    return (size_t)s->dims.nc * s->dims.nt;
}

static size_t in_angle_delay(const setting *s)
{
    return (size_t)s->dims.nt * s->dims.ni;
}

/* Two ways of 15 stages in single precision differ by some 1e-7 of the whole. */
static void pilots_give_the_transform_of_their_ls_estimate(void)
{
    for (size_t i = 0; i < CASES; i++) {
        setting s = open_case(i);
        csi_pilots_estimate(s.pilots, s.y, s.h);
        csi_transform_forward(s.transform, s.h, s.ad);
        csi_view_from_pilots(s.view, s.pilots, s.y);
        CHECK(csi_nmse(s.ad, csi_view_angle_delay(s.view), in_angle_delay(&s)) < 1e-12);
        CHECK(memcmp(csi_view_frequency(s.view), s.h, in_frequency(&s) * sizeof *s.h) == 0);
        close_case(&s);
    }
}

/* Bit for bit: what another reader asked for before must not show. */
static void the_order_of_asking_does_not_show(void)
{
    for (size_t i = 0; i < CASES; i++) {
        setting s = open_case(i);
        csi_view_from_pilots(s.view, s.pilots, s.y);
        memcpy(s.ad, csi_view_angle_delay(s.view), in_angle_delay(&s) * sizeof *s.ad);
        memcpy(s.h, csi_view_frequency(s.view), in_frequency(&s) * sizeof *s.h);
        csi_view_from_pilots(s.view, s.pilots, s.y);
        CHECK(memcmp(csi_view_frequency(s.view), s.h, in_frequency(&s) * sizeof *s.h) == 0);
        CHECK(memcmp(csi_view_angle_delay(s.view), s.ad, in_angle_delay(&s) * sizeof *s.ad) == 0);
        close_case(&s);
    }
}

static void a_form_that_was_given_is_handed_back(void)
{
    setting s = open_case(0);
    float complex *other = draw(102, in_frequency(&s));
    csi_view_from_frequency(s.view, s.h);
    CHECK(csi_view_frequency(s.view) == s.h);
    csi_transform_forward(s.transform, s.h, other);
    CHECK(memcmp(csi_view_angle_delay(s.view), other, in_angle_delay(&s) * sizeof *other) == 0);
    csi_view_from_angle_delay(s.view, s.ad);
    CHECK(csi_view_angle_delay(s.view) == s.ad);
    csi_transform_inverse(s.transform, s.ad, other);
    CHECK(memcmp(csi_view_frequency(s.view), other, in_frequency(&s) * sizeof *other) == 0);
    free(other);
    close_case(&s);
}

/* Computed when first asked for, and not again: a change of the source after that does not show,
 * until the next estimate is given. */
static void each_form_is_computed_once(void)
{
    setting s = open_case(0);
    csi_view_from_pilots(s.view, s.pilots, s.y);
    const float complex *h = csi_view_frequency(s.view), *ad = csi_view_angle_delay(s.view);
    float complex h0 = h[0], ad0 = ad[0];
    memset(s.y, 0, (size_t)s.dims.nc * s.dims.tp * sizeof *s.y);
    CHECK(csi_view_frequency(s.view) == h && h[0] == h0);
    CHECK(csi_view_angle_delay(s.view) == ad && ad[0] == ad0);
    csi_view_from_pilots(s.view, s.pilots, s.y);
    CHECK(csi_energy(csi_view_frequency(s.view), in_frequency(&s)) == 0);
    CHECK(csi_energy(csi_view_angle_delay(s.view), in_angle_delay(&s)) == 0);
    close_case(&s);
}

static void a_view_without_an_estimate_has_nothing_to_give(void)
{
    setting s = open_case(0);
    CHECK(csi_view_frequency(s.view) == NULL && csi_view_angle_delay(s.view) == NULL);
    CHECK(csi_view_dims(s.view)->nc == s.dims.nc);
    csi_view_free(NULL);
    close_case(&s);
}

static const harness_test tests[] = {
    {"received pilots give the truncated transform of their LS estimate",
     pilots_give_the_transform_of_their_ls_estimate},
    {"neither form depends on which one is asked for first", the_order_of_asking_does_not_show},
    {"a form that was given is handed back, the other is its transform",
     a_form_that_was_given_is_handed_back},
    {"each form is computed once", each_form_is_computed_once},
    {"a view without an estimate gives nothing", a_view_without_an_estimate_has_nothing_to_give},
};

int main(int argc, char **argv)
{
    return harness_main(argc, argv, "csi view", tests, sizeof tests / sizeof tests[0]);
}
