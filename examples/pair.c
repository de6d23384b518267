/* Encodes channels with a shipped pair of networks, sends the payloads over the analog uplink and
 * decodes them: NMSE, bits and channel uses.
 *
 *     ./pair csilink-net-cr8-indoor 10      the pair, or any codec of channels; the uplink's SNR
 */
#include <csilink.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { SAMPLES = 100, NT = 32, NI = 32, ENTRIES = NT * NI, SEED = 1 };

typedef struct link {
    csl_channel *channel;
    csl_codec *codec;
    csl_uplink *uplink;
    csl_payload *payloads;
} link;

static int open_link(link *l, const char *codec)
{
    csl_codec_info info;
    int rc = csl_channel_open("cost2100-indoor", &l->channel);
    if (rc == CSL_OK)
        rc = csl_codec_open(codec, CSL_ENCODER | CSL_DECODER, 0, &l->codec);
    if (rc == CSL_OK)
        rc = csl_codec_get_info(l->codec, &info);
    if (rc == CSL_OK && (info.nt != NT || info.ni != NI || info.subbands > 0))
        rc = csl_fail(CSL_UNSUPPORTED, "this example has room for channels of 32 x 32 only");
    if (rc == CSL_OK)
        rc = csl_uplink_open("analog", l->codec, &l->uplink);
    if (rc == CSL_OK)
        rc = csl_payloads_create(l->codec, SAMPLES, &l->payloads);
    if (rc == CSL_OK)
        printf("%s: at most %u bits and %u values\n", info.name, info.bits_max, info.values_max);
    return rc;
}

static int measure(link *l, double snr_db)
{
    static csl_complex h[SAMPLES][ENTRIES], hhat[SAMPLES][ENTRIES];
    static csl_arrival arrivals[SAMPLES];
    static double nmse[SAMPLES];
    const csl_air air = {.seed = SEED, .snr_db = snr_db};
    double mean = 0;
    int rc = csl_channel_sample(l->channel, CSL_ANGLE_DELAY, SEED, 0, SAMPLES, 0, h[0]);
    if (rc == CSL_OK)
        rc = csl_codec_encode(l->codec, CSL_ANGLE_DELAY, SAMPLES, h[0], l->payloads);
    if (rc == CSL_OK)
        rc = csl_uplink_transmit(l->uplink, &air, SAMPLES, l->payloads, l->payloads, arrivals);
    if (rc == CSL_OK)
        rc = csl_codec_decode(l->codec, SAMPLES, l->payloads, hhat[0]);
    if (rc == CSL_OK)
        rc = csl_nmse(SAMPLES, ENTRIES, h[0], hhat[0], nmse);
    for (int i = 0; rc == CSL_OK && i < SAMPLES; i++)
        mean += nmse[i] / SAMPLES;
    if (rc == CSL_OK)
        printf("at %g dB: NMSE %.2f dB, %u bits, %.1f channel uses a report\n", snr_db,
               10 * log10(mean), arrivals[0].bits, arrivals[0].channel_uses);
    return rc;
}

int main(int argc, char **argv)
{
    link l = {0};
    int rc = open_link(&l, argc > 1 ? argv[1] : "csilink-net-cr8-indoor");
    if (rc == CSL_OK)
        rc = measure(&l, argc > 2 ? strtod(argv[2], NULL) : 10);
    if (rc != CSL_OK)
        fprintf(stderr, "pair: %s\n", csl_error());
    csl_payloads_free(l.payloads);
    csl_uplink_close(l.uplink);
    csl_codec_close(l.codec);
    csl_channel_close(l.channel);
    return rc == CSL_OK ? 0 : 1;
}
