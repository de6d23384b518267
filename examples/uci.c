/* Uplink control information from C: a report of 20 bits in 54 coded ones and back, some of them
 * received wrong. Needs libcommon.a and its headers, and no other library:
 *
 *     cc -std=c17 -Icommon examples/uci.c build/libcommon.a -pthread -o uci
 *     ./uci 3      the number of wrong bits, 2 if there is none
 */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "uci/uci.h"

enum { BITS = 20, CODED = 54, QM = 2 };

/* Four bits a digit, the first on top; what is missing of the last digit is 0. */
static void print_hex(const char *what, const uint8_t *bit, uint32_t count)
{
    printf("%-8s ", what);
    for (uint32_t i = 0; i < count; i += 4) {
        unsigned digit = 0;
        for (uint32_t k = i; k < i + 4; k++)
            digit = digit << 1 | (k < count ? bit[k] : 0u);
        printf("%x", digit);
    }
    printf("\n");
}

/* An LLR is positive for 0. A demapper's size says how sure it is; hard bits are all as sure. */
static void receive(const uint8_t *coded, uint32_t wrong, float *llr)
{
    for (uint32_t k = 0; k < CODED; k++)
        llr[k] = coded[k] ? -1.0f : 1.0f;
    for (uint32_t i = 0; i < wrong; i++)
        llr[i * CODED / wrong] *= -1;
}

static int send_and_receive(uci_code *code, uci_decoder *decoder, uint32_t wrong, err *e)
{
    static const uint8_t sent[BITS] = {0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 1, 1, 0, 1, 0, 0, 0, 1, 0, 1};
    uint8_t coded[CODED], got[BITS];
    float llr[CODED];
    bool ok;
    uci_encode(code, sent, coded);
    receive(coded, wrong, llr);
    if (uci_decode(decoder, code, llr, got, &ok, e))
        return 1;
    print_hex("sent", sent, BITS);
    print_hex("coded", coded, CODED);
    print_hex("decoded", got, BITS);
    printf("CRC      %s\n", ok ? "right" : "wrong");
    return ok && memcmp(got, sent, BITS) == 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
    uint64_t wrong = 2;
    if (argc > 2 || (argc > 1 && !text_whole(argv[1], 0, CODED, &wrong))) {
        fprintf(stderr, "usage: %s [WRONG]    wrong bits of %d, 0 to %d\n", argv[0], CODED, CODED);
        return 2;
    }
    err e = {0};
    uci_code *code = uci_code_create(BITS, CODED, QM, &e);
    uci_decoder *decoder = code ? uci_decoder_create(UCI_LIST_DEFAULT, &e) : NULL;
    const int status = decoder ? send_and_receive(code, decoder, (uint32_t)wrong, &e) : 1;
    if (e.text[0])
        fprintf(stderr, "%s\n", e.text);
    uci_decoder_free(decoder);
    uci_code_free(code);
    return status;
}
