/* products.h: the form of x for the machine's products of bytes (cpu_has_byte_products).
 *
 * vpdpbusd multiplies unsigned by signed bytes. sdot (aarch64) multiplies signed by signed bytes: x
 * is passed as x - 128, the same byte with its highest bit flipped, and the zero point subtracted
 * from the sums is 128 less. usdot, which multiplies as vpdpbusd does, would only save an exclusive
 * or for each packed vector, and fewer machines have it. */
#ifndef NN_INT8_PRODUCTS_H
#define NN_INT8_PRODUCTS_H

/* x is passed as x - NN_BYTE_SHIFT: a word of four as word ^ NN_WORD_SHIFT. */
#if defined(__aarch64__)
enum { NN_BYTE_SHIFT = 128 };
#else
enum { NN_BYTE_SHIFT = 0 };
#endif
#define NN_WORD_SHIFT (NN_BYTE_SHIFT * 0x01010101u)

#endif
