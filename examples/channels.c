/* Draws COST 2100 channels into a buffer of one's own and looks at them: mean power, and how much a
 * walk of 100 ms changes the channel of a UE.
 *
 *     cc examples/channels.c $(pkg-config --cflags --libs csilink) -lm -o channels
 *     ./channels 200 3         200 UEs at 3 km/h
 */
#include <csilink.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { NT = 32, NI = 32, ENTRIES = NT * NI, SEED = 1 };

static int fail(void)
{
    fprintf(stderr, "channels: %s\n", csl_error());
    return 1;
}

/* h[ues][2][NT][NI]: each UE at 0 and at 100 ms, in the angle-delay domain. */
static int look_at(const csl_complex *h, uint32_t ues)
{
    double power = 0, change = 0, nmse;
    for (size_t u = 0; u < ues; u++) {
        const csl_complex *then = h + 2 * u * ENTRIES;
        for (size_t i = 0; i < ENTRIES; i++)
            power += crealf(then[i]) * crealf(then[i]) + cimagf(then[i]) * cimagf(then[i]);
        if (csl_nmse(1, ENTRIES, then, then + ENTRIES, &nmse) != CSL_OK)
            return fail();
        change += nmse;
    }
    /* Both transforms are unitary: the energy is that of all 32 x 1024 entries of H. */
    printf("mean |h|^2 per subcarrier and antenna: %.4f\n", power / ues / (NT * 1024));
    printf("NMSE of CSI that is 100 ms old: %.2f dB\n", 10 * log10(change / ues));
    return 0;
}

int main(int argc, char **argv)
{
    char spec[64];
    uint32_t ues = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 200;
    csl_channel *channel;
    snprintf(spec, sizeof spec, "cost2100-indoor:speed=%.20s", argc > 2 ? argv[2] : "3");
    if (ues < 1 || ues > 100000) {
        fprintf(stderr, "usage: %s [UES [KMH]]    1 to 100000 UEs\n", argv[0]);
        return 2;
    }
    if (csl_channel_open(spec, &channel) != CSL_OK)
        return fail();
    printf("%s\n", csl_channel_describe(channel));
    csl_complex *h = malloc((size_t)ues * 2 * ENTRIES * sizeof *h);
    int status = 1;
    if (!h)
        fprintf(stderr, "channels: out of memory for %u UEs\n", ues);
    else if (csl_channel_sequence(channel, CSL_ANGLE_DELAY, SEED, 0, ues, 2, 0, 0.1, 0, h))
        status = fail();
    else
        status = look_at(h, ues);
    free(h);
    csl_channel_close(channel);
    return status;
}
