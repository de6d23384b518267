#include "uci/list.h"
#include "uci/match.h"
#include "uci/polar.h"
#include "uci_tools.h"

static uci_link l;

/* --- plain successive cancellation, as a textbook has it ------------------------------------- */

typedef struct plain {
    const polar_code *code;
    uint8_t u[UCI_LENGTH_MAX], y;
} plain;

/* Inputs from `first` on, with their LLRs; sum[] gets u times the transform of that size. */
static void plain_decode(plain *p, uint32_t first, uint32_t size, const float *llr, uint8_t *sum)
{
    float below[UCI_LENGTH_MAX / 2] = {0};
    const uint32_t half = size / 2;
    if (size == 1) {
        const uint8_t node = p->code->node[p->code->length + first];
        p->y = polar_rotate(p->y, 1);
        if (node == POLAR_REPEAT)
            p->y ^= p->u[first] = llr[0] < 0;
        else
            p->u[first] = node == POLAR_PARITY ? p->y & 1 : 0;
        sum[0] = p->u[first];
        return;
    }
    for (uint32_t i = 0; i < half; i++) {
        float a = llr[i], b = llr[i + half];
        below[i] = (a < 0) != (b < 0) ? -fminf(fabsf(a), fabsf(b)) : fminf(fabsf(a), fabsf(b));
    }
    plain_decode(p, first, half, below, sum);
    for (uint32_t i = 0; i < half; i++)
        below[i] = sum[i] ? llr[i + half] - llr[i] : llr[i + half] + llr[i];
    plain_decode(p, first + half, half, below, sum + half);
    for (uint32_t i = 0; i < half; i++)
        sum[i] ^= sum[i + half];
}

static void one_path_is_plain_cancellation(void)
{
    static const uint32_t sizes[][2] = {{12, 54}, {19, 300}, {20, 54}, {40, 288}, {300, 700}};
    static polar_code code;
    static uint16_t source[UCI_BLOCK_CODED_MAX];
    static float d[UCI_LENGTH_MAX];
    int wrong = 0;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        uci_link_open(&l, sizes[i][0], sizes[i][1], 2, 1);
        const uci_sizes *s = uci_code_sizes(l.code);
        polar_construct(s, false, &code);
        uci_match_sources(s, source);
        for (uint32_t seed = 0; seed < 100; seed++) {
            plain p = {.code = &code};
            uint8_t sum[UCI_LENGTH_MAX];
            uci_link_send(&l, seed);
            uci_link_noise(&l, 12 * log10((double)l.bits / l.coded) + 3, seed);
            uci_link_receive(&l);
            wrong += !uci_link_right(&l);
            uci_match_combine(s, source, l.llr, d);
            plain_decode(&p, 0, code.length, d, sum);
            for (uint32_t k = 0; k < l.bits; k++)
                CHECK(l.got[k] == p.u[code.input[k]]);
        }
        uci_link_close(&l);
    }
    CHECK(wrong > 20 && wrong < 480); /* the noise was neither nothing nor everything */
}

/* --- lists ----------------------------------------------------------------------------------- */

/* Nodes that are decided at once leave the paths that a visit to every input leaves, in the same
 * order of metric. */
static void whole_nodes_change_nothing(void)
{
    static const uint32_t sizes[][2] = {{18, 128}, {20, 54}, {64, 216}, {200, 432}, {700, 1000}};
    static polar_code code, bare;
    static uint16_t source[UCI_BLOCK_CODED_MAX];
    static float d[UCI_LENGTH_MAX];
    for (uint32_t list = 1; list <= 32; list += list == 1 ? 4 : 27) {
        list_decoder *fast = uci_list_create(list, NULL), *slow = uci_list_create(list, NULL);
        REQUIRE(fast && slow);
        for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
            uci_link_open(&l, sizes[i][0], sizes[i][1], 2, 1);
            const uci_sizes *s = uci_code_sizes(l.code);
            polar_construct(s, false, &code);
            uci_match_sources(s, source);
            bare = code;
            memset(bare.node, POLAR_SPLIT, bare.length);
            for (uint32_t seed = 0; seed < 20; seed++) {
                uint8_t a[UCI_LENGTH_MAX], b[UCI_LENGTH_MAX];
                uci_link_send(&l, seed);
                uci_link_noise(&l, 12 * log10((double)l.bits / l.coded) + 3, seed);
                uci_match_combine(s, source, l.llr, d);
                const uint32_t paths = uci_list_decode(fast, &code, d);
                REQUIRE(uci_list_decode(slow, &bare, d) == paths);
                for (uint32_t p = 0; p < paths; p++) {
                    uci_list_bits(fast, p, a);
                    uci_list_bits(slow, p, b);
                    CHECK(memcmp(a, b, code.bits) == 0);
                }
            }
            uci_link_close(&l);
        }
        uci_list_free(fast);
        uci_list_free(slow);
    }
}

int main(int argc, char **argv)
{
    static const harness_test tests[] = {
        {"a list of one path is plain successive cancellation", one_path_is_plain_cancellation},
        {"nodes that are decided at once change no path", whole_nodes_change_nothing},
    };
    return harness_main(argc, argv, "UCI list decoder", tests, sizeof tests / sizeof tests[0]);
}
