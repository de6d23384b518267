#include "base/hash.h"

#include <string.h>

static const uint64_t prime = 0x100000001b3u;

uint64_t hash_bytes(uint64_t h, const void *data, size_t size)
{
    const unsigned char *at = data;
    for (size_t i = 0; i < size; i++)
        h = (h ^ at[i]) * prime;
    return h;
}

uint64_t hash_text(uint64_t h, const char *text)
{
    return hash_bytes(h, text, strlen(text));
}

uint64_t hash_words(uint64_t h, const void *data, size_t size)
{
    for (size_t i = 0; i < size; i += sizeof(uint64_t)) {
        uint64_t word;
        memcpy(&word, (const char *)data + i, sizeof word);
        h = (h ^ word) * prime;
        /* A product carries upwards only; without this shift the high bits of a word would never
         * reach the low bits of the hash. */
        h ^= h >> 32;
    }
    return h;
}
