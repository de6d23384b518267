#include "bs-server/ues.h"
#include "harness.h"

#include <string.h>

#include "wire/limits.h"

enum { ROOM = 1 << 20, BYTES = 8, OF_A_UE = BYTES * CHAIN_MEMORY_REPORTS };

static ue_memory *memory_of(ue_table *t, uint32_t ue, size_t link, size_t bytes, err *e)
{
    return ue_table_memory(t, ue, link, &(ue_keeps){.memory_bytes = bytes}, e);
}

static void a_ue_keeps_its_state(void)
{
    static const uint32_t ues[] = {3, 0, UES_PAGE - 1, UES_PAGE, 500, 1, 4095, WIRE_UE_MAX - 1};
    enum { COUNT = sizeof ues / sizeof ues[0] };
    ue_table *t = ue_table_create(1, ROOM);
    REQUIRE(t != NULL);
    for (int i = 0; i < COUNT; i++) {
        ue_state *u = ue_table_at(t, ues[i]);
        REQUIRE(u != NULL);
        CHECK(u->snr.reports == 0 && u->snr.mean_z == 0 && u->memory == NULL); /* a fresh one */
        u->snr = (snr_tracker){.mean_z = i + 0.5, .reports = (unsigned)i + 1};
    }
    for (int i = 0; i < COUNT; i++) { /* the table has grown meanwhile */
        ue_state *u = ue_table_at(t, ues[i]);
        CHECK(u->snr.mean_z == i + 0.5 && u->snr.reports == (unsigned)i + 1);
    }
    CHECK(ue_table_at(t, WIRE_UE_MAX) == NULL && ue_table_at(t, UINT32_MAX) == NULL);
    CHECK(ue_table_at(t, WIRE_UE_MAX - 1) != NULL);
    ue_table_free(t);
    ue_table_free(NULL);
}

/* A job in flight points to a UE's memory while others are made. */
static void memories_stay_where_they_are(void)
{
    enum { UES = 300, CODECS = 3 };
    ue_memory *at[UES][CODECS];
    ue_table *t = ue_table_create(CODECS, ROOM);
    REQUIRE(t != NULL);
    for (uint32_t ue = 0; ue < UES; ue++)
        for (size_t c = 0; c < CODECS; c++) {
            at[ue][c] = memory_of(t, ue, c, 8 * (c + 1), NULL);
            REQUIRE(at[ue][c] && at[ue][c]->reports);
            void *after = chain_memory_add(at[ue][c]->reports, ue, NULL);
            memset(after, (int)(ue + 7 * c) & 0xff, 8 * (c + 1));
        }
    for (uint32_t ue = 0; ue < UES; ue++)
        for (size_t c = 0; c < CODECS; c++) {
            CHECK(memory_of(t, ue, c, 8 * (c + 1), NULL) == at[ue][c]);
            const unsigned char *kept = chain_memory_find(at[ue][c]->reports, ue);
            REQUIRE(kept != NULL);
            for (size_t i = 0; i < 8 * (c + 1); i++)
                CHECK(kept[i] == ((ue + 7 * c) & 0xff));
            CHECK(chain_memory_find(at[ue][c]->reports, ue + 1) == NULL);
        }
    ue_table_free(t);
}

static const void *find(ue_table *t, uint32_t ue)
{
    ue_memory *m = memory_of(t, ue, 0, BYTES, NULL);
    REQUIRE(m != NULL);
    const void *kept = chain_memory_find(m->reports, ue);
    ue_table_release(m);
    return kept;
}

static ue_memory *hold(ue_table *t, uint32_t ue)
{
    ue_memory *m = memory_of(t, ue, 0, BYTES, NULL);
    REQUIRE(m != NULL);
    memset(chain_memory_add(m->reports, ue, NULL), 1, BYTES);
    return m;
}

/* However many numbers reports come from, what is kept is bounded; the longest silent UE pays. */
static void memories_have_a_bound(void)
{
    enum { UES = 4 };
    ue_table *t = ue_table_create(1, UES * OF_A_UE + BYTES);
    REQUIRE(t != NULL);
    for (uint32_t ue = 0; ue < UES; ue++)
        ue_table_release(hold(t, ue));
    CHECK(find(t, 0) && find(t, 1) && find(t, 2) && find(t, 3));
    CHECK(find(t, 1) && find(t, 0));
    ue_table_release(hold(t, 999999)); /* 2 is the one that was silent longest */
    CHECK(find(t, 0) && find(t, 1) && find(t, 3) && find(t, 999999));
    CHECK(!find(t, 2)); /* it begins with an empty memory again, in the place of 0 */
    CHECK(find(t, 1) && find(t, 3) && find(t, 999999) && find(t, 1));
    CHECK(!find(t, 0));
    ue_table_free(t);
}

/* A worker may be writing to what a job holds: it stays, and a newcomer is refused instead. */
static void what_a_job_holds_stays(void)
{
    enum { UES = 3 };
    ue_memory *held[UES];
    err e = {0};
    ue_table *t = ue_table_create(1, UES * OF_A_UE);
    REQUIRE(t != NULL);
    for (uint32_t ue = 0; ue < UES; ue++)
        held[ue] = hold(t, ue);
    CHECK(memory_of(t, 7, 0, BYTES, &e) == NULL && e.code == ERR_NOMEM);
    CHECK(strstr(e.text, "no room for the state of UE 7") != NULL);
    CHECK(memory_of(t, 1, 0, BYTES, NULL) == held[1]); /* a second job of the same UE */
    ue_table_release(held[1]);
    CHECK(memory_of(t, 7, 0, BYTES, NULL) == NULL); /* one of two is not enough */
    ue_table_release(held[1]);
    ue_table_release(hold(t, 7));
    CHECK(find(t, 0) && find(t, 2) && find(t, 7));
    ue_table_release(held[0]);
    ue_table_release(held[2]);
    ue_table_release(NULL);
    /* More than all together may have is refused, and drops nobody's. */
    CHECK(memory_of(t, 8, 0, UES * BYTES + 1, NULL) == NULL);
    CHECK(find(t, 0) && find(t, 2) && find(t, 7));
    ue_table_free(t);
}

/* A last CSI is kept as a memory is: with it or without, within the same bound, zero at first. */
static void a_last_csi_is_kept_within_the_same_bound(void)
{
    enum { ENTRIES = 16, UES = 3 };
    const size_t bytes = ENTRIES * sizeof(float complex);
    const ue_keeps alone = {.held = ENTRIES}, both = {.memory_bytes = BYTES, .held = ENTRIES};
    ue_table *t = ue_table_create(2, UES * bytes + OF_A_UE);
    REQUIRE(t != NULL);
    for (uint32_t ue = 0; ue < UES; ue++) {
        bool first = ue == 0;
        ue_memory *m = ue_table_memory(t, ue, first, first ? &both : &alone, NULL);
        REQUIRE(m && m->held && !m->reports == !first);
        for (int i = 0; i < ENTRIES; i++)
            CHECK(m->held[i] == 0);
        m->held[0] = 1 + ue;
        ue_table_release(m);
    }
    for (uint32_t ue = 0; ue < UES; ue++) {
        bool first = ue == 0;
        ue_memory *m = ue_table_memory(t, ue, first, first ? &both : &alone, NULL);
        REQUIRE(m != NULL);
        CHECK(m->held[0] == 1 + ue);
        ue_table_release(m);
    }
    ue_table_release(ue_table_memory(t, 9, 0, &alone, NULL)); /* 0 was silent longest */
    ue_memory *m = ue_table_memory(t, 0, 1, &both, NULL);
    REQUIRE(m != NULL);
    CHECK(m->held[0] == 0);
    CHECK(ue_table_memory(t, 5, 0, &(ue_keeps){.held = 1000}, NULL) == NULL);
    ue_table_release(m);
    ue_table_free(t);
}

static const harness_test tests[] = {
    {"a UE keeps its state while the table grows, and begins with none", a_ue_keeps_its_state},
    {"a UE has a memory for each codec, which stays where it is", memories_stay_where_they_are},
    {"however many UEs report, their memories have a bound", memories_have_a_bound},
    {"what a job holds stays, whoever comes", what_a_job_holds_stays},
    {"a last CSI is kept within the same bound, and is zero at first",
     a_last_csi_is_kept_within_the_same_bound},
};

int main(int argc, char **argv)
{
    return harness_main(argc, argv, "ues", tests, sizeof tests / sizeof tests[0]);
}
