/* Any bytes as a burst: uplink_receive must give a payload that keeps its promises, or an error.
 * The first byte chooses the uplink, the second the counts that the burst gets wrong, two more its
 * number of side bits; then come the symbols and the side bits. */
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "payload/bits.h"
#include "uplink/snr.h"
#include "uplink/uplink.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int holds)
{
    if (!holds)
        abort();
}

/* Moves up to n bytes into a copy that is exactly n long, so that a read beyond it is seen. */
static void *take_copy(const uint8_t **data, size_t *size, size_t n)
{
    uint8_t *copy = calloc(n ? n : 1, 1);
    size_t given = n < *size ? n : *size;
    require(copy != NULL);
    if (given > 0)
        memcpy(copy, *data, given);
    *data += given;
    *size -= given;
    return copy;
}

static void check_payload(const payload *p, const payload_shape *shape)
{
    require(p->side_bits <= shape->side_bits_max && p->values <= shape->values_max);
    require(p->side_bits % 8 == 0 || p->side[p->side_bits / 8] >> p->side_bits % 8 == 0);
    for (uint32_t i = 0; i < p->values; i++)
        require(isfinite(p->value[i]));
}

static const uplink_context context = {.ue = 5, .snr_db = 10};

/* What was received can be sent again, unless its power is beyond what the uplink carries. */
static void check_again(uplink *u, const payload *p)
{
    uplink_burst burst;
    err e = {0};
    require(uplink_burst_init(&burst, u, NULL) == 0);
    if (uplink_send(u, &context, p, &burst, &e) != 0)
        require(e.code == ERR_FORMAT && e.text[0]);
    uplink_burst_free(&burst);
}

static void receive(uplink *u, const payload_shape *shape, const uplink_burst *burst)
{
    payload p;
    bool intact = false;
    err e = {0};
    require(payload_init(&p, shape, NULL) == 0);
    int rc = uplink_receive(u, &context, burst, &p, &intact, &e);
    if (rc == 0) {
        snr_tracker t = {0};
        double snr_db = snr_track(&t, burst->symbol, burst->references);
        require(snr_db >= UPLINK_SNR_MIN_DB && snr_db <= UPLINK_SNR_MAX_DB);
        require(intact || uplink_digest(u) != 0); /* only a check can fail */
        check_payload(&p, shape);
        check_again(u, &p);
    } else {
        require(rc == ERR_FORMAT && e.code == rc && e.text[0] && !strchr(e.text, '\n'));
    }
    payload_free(&p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct {
        const char *spec;
        payload_shape shape;
    } uplinks[] = {{"analog:references=1", {11, 5, 0, .values_min = 0}},
                   {"analog:r4,references=2", {0, 6, 0, .values_min = 0}},
                   {"analog:references=3", {40, 0, 0, .values_min = 0}},
                   {"analog:float16", {8, 1, 0, .values_min = 0}},
                   {"digital:r4,qpsk,uses=60,references=1", {11, 5, 3, .values_min = 0}},
                   {"digital:u2,256qam,uses=9,references=2", {0, 6, 0, .values_min = 0}},
                   {"digital:qpsk,rate=1/3", {2, 0, 2, .values_min = 0}},
                   {"analog:references=2", {9, 12, 4, .values_min = 4}},
                   {"digital:r4,qpsk,rate=1/2,references=1",
                    {.side_bits_max = 9,
                     .values_max = 12,
                     .side_bits_min = 5,
                     .by_kind = true,
                     .key = {9, 9, 12},
                     .innovation = {5, 7, 6}}}};
    if (size < 4)
        return 0;
    size_t which = data[0] % (sizeof uplinks / sizeof uplinks[0]);
    uplink *u = uplink_open(uplinks[which].spec, &uplinks[which].shape, NULL);
    require(u != NULL);
    const uplink_info *info = uplink_info_of(u);
    uplink_burst burst = {.references = info->references + (data[1] & 1),
                          .symbols = info->symbols + (data[1] >> 1 & 1) -
                                     (data[1] >> 2) % (info->symbols - info->symbols_min + 1),
                          .side_bits = (uint32_t)(data[2] | (data[3] & 1) << 8),
                          .builds_on = data[3] >> 1 & 1};
    data += 4, size -= 4;
    burst.symbol = take_copy(&data, &size, burst.symbols * sizeof *burst.symbol);
    burst.side = take_copy(&data, &size, bits_bytes(burst.side_bits));
    receive(u, &uplinks[which].shape, &burst);
    uplink_burst_free(&burst);
    uplink_close(u);
    return 0;
}
