/* hash.h: 64-bit FNV-1a (Fowler, Noll and Vo): names, identities, damage in files. Whoever can
 * choose the input can make two that hash alike, so nothing that guards against forgery may use it.
 *
 *     uint64_t h = hash_text(HASH_START, "uma-nlos");
 *     h = hash_bytes(h, &seed, sizeof seed);
 */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

/* The offset basis: what a hash is before its first byte. */
#define HASH_START 0xcbf29ce484222325u

/* The hash `h` of what came before, taken on over `size` bytes, or over the characters of `text`
 * without its end. */
uint64_t hash_bytes(uint64_t h, const void *data, size_t size);
uint64_t hash_text(uint64_t h, const char *text);

/* Eight bytes a step instead of one, for data of many MB: another function, and as hash_bytes it
 * sees every change of a single bit. `size` is a multiple of 8; the value depends on the machine's
 * byte order. */
uint64_t hash_words(uint64_t h, const void *data, size_t size);

#endif
