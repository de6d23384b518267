/* products.h: what the machine's products of bytes (cpu_has_byte_products) ask of x.
 *
 * vpdpbusd multiplies unsigned by signed bytes. sdot (aarch64) multiplies signed by signed ones: x
 * goes in as x - 128, which is the same byte with its highest bit turned over, and the zero point
 * that is taken out of the sums is 128 less. usdot, which multiplies as vpdpbusd does, would save
 * no more than an exclusive or for each vector packed, and fewer machines have it. */
#ifndef NN_INT8_PRODUCTS_H
#define NN_INT8_PRODUCTS_H

/* x goes in as x - NN_BYTE_SHIFT: a word of four as word ^ NN_WORD_SHIFT. */
#if defined(__aarch64__)
enum { NN_BYTE_SHIFT = 128 };
#else
enum { NN_BYTE_SHIFT = 0 };
#endif
#define NN_WORD_SHIFT (NN_BYTE_SHIFT * 0x01010101u)

#endif
