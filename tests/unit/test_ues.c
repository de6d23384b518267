#include "bs-server/ues.h"
#include "harness.h"

#include <string.h>

static void a_ue_keeps_its_state(void)
{
    static const uint32_t ues[] = {3, 0, 63, 64, 500, 1, 4095};
    enum { COUNT = sizeof ues / sizeof ues[0] };
    ue_table *t = ue_table_create(1);
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
    ue_table_free(t);
    ue_table_free(NULL);
}

/* A job in flight points to a UE's memory while others are made. */
static void memories_stay_where_they_are(void)
{
    enum { UES = 300, CODECS = 3 };
    ue_memory *at[UES][CODECS];
    ue_table *t = ue_table_create(CODECS);
    REQUIRE(t != NULL);
    for (uint32_t ue = 0; ue < UES; ue++)
        for (size_t c = 0; c < CODECS; c++) {
            at[ue][c] = ue_table_memory(t, ue, c, 8 * (c + 1), NULL);
            REQUIRE(at[ue][c] && at[ue][c]->reports && !at[ue][c]->busy);
            void *after = chain_memory_add(at[ue][c]->reports, ue, NULL);
            memset(after, (int)(ue + 7 * c) & 0xff, 8 * (c + 1));
        }
    for (uint32_t ue = 0; ue < UES; ue++)
        for (size_t c = 0; c < CODECS; c++) {
            CHECK(ue_table_memory(t, ue, c, 8 * (c + 1), NULL) == at[ue][c]);
            const unsigned char *kept = chain_memory_find(at[ue][c]->reports, ue);
            REQUIRE(kept != NULL);
            for (size_t i = 0; i < 8 * (c + 1); i++)
                CHECK(kept[i] == ((ue + 7 * c) & 0xff));
            CHECK(chain_memory_find(at[ue][c]->reports, ue + 1) == NULL);
        }
    ue_table_free(t);
}

static const harness_test tests[] = {
    {"a UE keeps its state while the table grows, and begins with none", a_ue_keeps_its_state},
    {"a UE has a memory for each codec, which stays where it is", memories_stay_where_they_are},
};

int main(int argc, char **argv)
{
    return harness_main(argc, argv, "ues", tests, sizeof tests / sizeof tests[0]);
}
