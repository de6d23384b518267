#include "chain/cost.h"

int chain_cost_of(const codec_info *info, const char *spec, chain_cost *cost, err *e)
{
    err local = {0};
    uplink *u = uplink_open(spec, &info->shape, &local);
    if (u) {
        payload full = {.side_bits = info->shape.side_bits_max, .values = info->shape.values_max};
        cost->bits = uplink_bits(u, &full);
        cost->symbols = uplink_info_of(u)->symbols;
        cost->side_bits = uplink_info_of(u)->side_bits_max;
        cost->words = uplink_info_of(u)->words;
        cost->unfair = uplink_unfair(uplink_info_of(u));
    }
    uplink_close(u);
    if (!u && e)
        *e = local;
    return local.code;
}
