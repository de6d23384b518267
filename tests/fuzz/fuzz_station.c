/* Any messages as reports, one after another, each taken on the whole way: channel-sim's noise, the
 * wire again, the base station's estimate of the SNR, its receiver, its decoder with the memory
 * that the report names, and the answer, which must be one that an agent reads.
 *
 * The first byte chooses the link and the SNR in force; then come the reports, as parts (fuzz.h).
 */
#include "fuzz.h"

#include <csilink.pb-c.h>
#include <math.h>

#include "chain/bs.h"
#include "chain/memory.h"
#include "mutate_message.h"
#include "uplink/air.h"
#include "uplink/snr.h"
#include "wire/answer.h"

static struct {
    const char *codec, *uplink;
    codec *decoder;
    chain_bs *chain;
} links[] = {
    {.codec = "dpcm:nt=2,ni=2", .uplink = "analog:references=4"},
    {.codec = "dpcm:nt=2,ni=2,leak=0.9", .uplink = "analog:r4,references=1"},
    {.codec = "klt:klt-indoor,cr=256", .uplink = "analog:mu6,references=2"},
    /* A key and an innovation differ in length. */
    {.codec = "delta-klt:klt-indoor,bits=32,key-bits=64", .uplink = "digital:r2,qpsk,rate=1/2"},
};
enum { LINKS = sizeof links / sizeof links[0], REPORTS_MAX = 16 };

/* What the base station keeps of its only UE. */
typedef struct state {
    size_t link;
    snr_tracker snr;
    chain_memory *memory; /* NULL for a codec without */
} state;

static void open_link(size_t i)
{
    err e = {0};
    links[i].decoder = codec_load(CODEC_DECODER, links[i].codec, &e);
    links[i].chain =
        links[i].decoder ? chain_bs_create(links[i].decoder, links[i].uplink, &e) : NULL;
    if (!links[i].chain)
        fprintf(stderr, "%s over %s: %s\n", links[i].codec, links[i].uplink, e.text);
    require(links[i].chain != NULL);
}

/* As bs-server/pool.c has it. */
static int decode(state *s, const wire_report *r, wire_status *status, err *e)
{
    chain_bs *chain = links[s->link].chain;
    if (!s->memory)
        return chain_bs_decode(chain, NULL, NULL, e);
    const void *before = r->builds_on ? chain_memory_find(s->memory, r->builds_on - 1) : NULL;
    if (r->builds_on && !before) {
        *status = WIRE_NEEDS_KEY;
        return ERR_NONE;
    }
    void *after = chain_memory_add(s->memory, r->seq, before);
    int rc = chain_bs_decode(chain, before, after, e);
    if (rc == ERR_NONE)
        chain_memory_acknowledge(s->memory, r->seq);
    else
        chain_memory_drop(s->memory, r->seq);
    return rc;
}

static void check_answer(const wire_report *r, wire_answer *a)
{
    zmq_msg_t frame;
    wire_answer read;
    err e = {0};
    a->ue = r->ue;
    a->seq = r->seq;
    a->impaired = r->impaired;
    a->impairment = r->impairment;
    require(wire_answer_pack(a, &frame) == ERR_NONE);
    require(zmq_msg_size(&frame) <= WIRE_FRAME_BYTES_MAX);
    require(wire_answer_unpack(&frame, &read, &e) == ERR_NONE);
    require(read.status == a->status && read.entries == a->entries);
    wire_answer_clear(&read);
    zmq_msg_close(&frame);
}

static void receive(state *s, wire_report *r)
{
    chain_bs *chain = links[s->link].chain;
    const uplink_info *over = chain_bs_uplink(chain);
    wire_answer a = {.status = WIRE_REFUSED};
    err e = {0};
    if (!uplink_takes(over, r->symbols, r->builds_on))
        return; /* the server refuses it by name */
    double snr_db = snr_track(&s->snr, r->symbol, over->references);
    require(snr_db >= UPLINK_SNR_MIN_DB && snr_db <= UPLINK_SNR_MAX_DB);
    const uplink_burst burst = {.references = over->references,
                                .symbols = r->symbols,
                                .symbol = r->symbol,
                                .side_bits = r->side_bits,
                                .side = r->side,
                                .builds_on = r->builds_on};
    bool intact = true;
    int rc = chain_bs_receive(chain, r->ue, &burst, snr_db, &intact, &e);
    if (rc == ERR_NONE) {
        a.status = intact ? WIRE_RECONSTRUCTED : WIRE_NOT_DECODED;
        rc = intact ? decode(s, r, &a.status, &e) : ERR_NONE;
    }
    if (rc != ERR_NONE) {
        fuzz_check_error(&e);
        a.status = WIRE_REFUSED;
        a.reason = e.text;
    }
    a.snr_estimated_db = (float)snr_db;
    if (a.status == WIRE_RECONSTRUCTED && r->want_reconstruction) {
        a.entries = (uint32_t)codec_output_size(codec_info_of(links[s->link].decoder));
        a.reconstruction = chain_bs_reconstruction(chain);
    }
    check_answer(r, &a);
}

/* channel-sim's part; false where it turns the report back. */
static bool impair(wire_report *r, double snr_db)
{
    err e = {0};
    if (air_check_power(r->symbol, r->symbols, &e) != ERR_NONE) {
        fuzz_check_error(&e);
        return false;
    }
    double noise = air_add_noise(1, r->ue, r->seq, snr_db, r->symbol, r->symbols);
    require(isfinite(noise) && noise >= 0);
    r->impaired = true;
    r->impairment = (wire_impairment){.snr_db = snr_db, .noise_power = noise};
    return true;
}

static void pass(state *s, const fuzz_part *part, double snr_db)
{
    zmq_msg_t frame;
    wire_report sent, forwarded;
    bool known;
    err e = {0};
    require(zmq_msg_init_size(&frame, part->size) == 0);
    if (part->size)
        memcpy(zmq_msg_data(&frame), part->data, part->size);
    int rc = wire_report_unpack(&frame, &sent, &known, &e);
    zmq_msg_close(&frame);
    if (rc != ERR_NONE) {
        fuzz_check_error(&e);
        return;
    }
    if (impair(&sent, snr_db)) {
        require(wire_report_pack(&sent, &frame) == ERR_NONE);
        require(wire_report_unpack(&frame, &forwarded, &known, &e) == ERR_NONE);
        zmq_msg_close(&frame);
        receive(s, &forwarded);
        wire_report_clear(&forwarded);
    }
    wire_report_clear(&sent);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const double snrs_db[] = {-30, 0, 10, 100, HUGE_VAL};
    if (size == 0)
        return 0;
    state s = {.link = data[0] % LINKS};
    double snr_db = snrs_db[data[0] / LINKS % 5];
    fuzz_part part;
    if (!links[s.link].chain)
        open_link(s.link);
    size_t bytes = codec_memory_bytes(links[s.link].decoder);
    if (bytes)
        require((s.memory = chain_memory_create(bytes, NULL)));
    data++, size--;
    for (int i = 0; i < REPORTS_MAX && fuzz_next_part(&data, &size, &part); i++)
        pass(&s, &part, snr_db);
    chain_memory_free(s.memory);
    return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t room, unsigned seed)
{
    return mutate_parts(&csilink__report__descriptor, 1, 0, data, size, room, seed);
}
