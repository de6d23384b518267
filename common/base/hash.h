/* hash.h: 64-bit FNV-1a (Fowler, Noll and Vo): for names, identities and damage in files. Anyone
 * who chooses the input can construct collisions, so it must not guard against forgery.
 *
 *     uint64_t h = hash_text(HASH_START, "uma-nlos");
 *     h = hash_bytes(h, &seed, sizeof seed);
 */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

/* The offset basis: the hash of no bytes. */
#define HASH_START 0xcbf29ce484222325u

/* Continues the hash `h` over `size` bytes, or over the characters of `text` without its NUL. */
uint64_t hash_bytes(uint64_t h, const void *data, size_t size);
uint64_t hash_text(uint64_t h, const char *text);

/* Takes eight bytes per step instead of one, for data of many MB. It is a different function from
 * hash_bytes, and like it detects every change of a single bit. `size` is a multiple of 8; the
 * value depends on the machine's byte order. */
uint64_t hash_words(uint64_t h, const void *data, size_t size);

#endif
