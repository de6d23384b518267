#include "bs-server/job.h"
#include "harness.h"

#include <stdlib.h>
#include <string.h>

static job *job_of(uint32_t seq, ue_memory *memory)
{
    wire_report r = {.seq = seq};
    job *j = job_create(NULL, 0, &r);
    REQUIRE(j != NULL);
    j->memory = memory;
    return j;
}

/* Jobs of one sender that wait. */
static void append(link_peers *list, job *j)
{
    link_peer *sender = link_peers_at(list, "sender", 6, 0);
    REQUIRE(sender && link_peers_hold(list, sender, &j->item, 1, NULL) == ERR_NONE);
    link_peers_wait(list, &j->item);
}

static link_peers *list_of_jobs(void)
{
    link_peers *list = link_peers_create(1, 1 << 20);
    REQUIRE(list != NULL);
    return list;
}

static void release(link_peers *list, job *j)
{
    if (j)
        link_peers_release(list, &j->item);
    job_free(j);
}

static void a_list_is_first_in_first_out(void)
{
    job_list list = {0};
    uint32_t in = 0, out = 0;
    for (int round = 0; round < 100; round++) {
        for (int i = 0; i < round % 7; i++)
            job_list_append(&list, job_of(in++, NULL));
        for (int i = 0; i < (round * 3) % 8; i++) {
            job *j = job_list_take(&list);
            CHECK((j == NULL) == (in == out));
            if (j)
                CHECK(j->report.seq == out++ && !j->next);
            job_free(j);
        }
        CHECK(list.count == in - out && (list.count > 0) == (list.first != NULL));
    }
    for (job *j; (j = job_list_take(&list)); out++)
        job_free(j);
    CHECK(in == out && list.count == 0 && !list.first && !list.last);
}

static void a_job_owns_its_route_and_report(void)
{
    zmq_msg_t route[2];
    for (size_t i = 0; i < 2; i++) {
        REQUIRE(zmq_msg_init_size(&route[i], 100) == 0); /* too long to be kept inline */
        memset(zmq_msg_data(&route[i]), 'a' + (int)i, 100);
    }
    float complex symbol[3] = {1, 2, 3};
    wire_report sent = {.ue = 7, .seq = 5, .codec = 1, .uplink = 2, .symbols = 3, .symbol = symbol};
    wire_report read;
    zmq_msg_t frame;
    bool known;
    REQUIRE(wire_report_pack(&sent, &frame) == ERR_NONE);
    REQUIRE(wire_report_unpack(&frame, &read, &known, NULL) == ERR_NONE);
    zmq_msg_close(&frame);
    job *j = job_create(route, 2, &read);
    REQUIRE(j && j->route_count == 2);
    for (size_t i = 0; i < 2; i++) {
        CHECK(zmq_msg_size(&route[i]) == 0);
        CHECK(zmq_msg_size(&j->route[i]) == 100);
        CHECK(((char *)zmq_msg_data(&j->route[i]))[99] == (char)('a' + i));
        zmq_msg_close(&route[i]);
    }
    CHECK(read.symbol == NULL && read.owned == NULL); /* what is moved cannot be freed twice */
    wire_report_clear(&read);
    CHECK(j->report.ue == 7 && j->report.seq == 5 && j->report.symbols == 3);
    CHECK(memcmp(j->report.symbol, symbol, sizeof symbol) == 0);
    job_free(j);
    job_free(NULL);
}

/* UEs 0 and 1 have memory, report 4 is of a codec without. */
static void a_busy_ue_is_passed(void)
{
    ue_memory ue[2] = {0};
    ue_memory *const of[] = {&ue[0], &ue[0], &ue[1], &ue[0], NULL, &ue[1]};
    link_peers *list = list_of_jobs();
    job *taken[6];
    for (uint32_t i = 0; i < 6; i++)
        append(list, job_of(i, of[i]));
    static const uint32_t first[] = {0, 2, 4};
    for (int i = 0; i < 3; i++) {
        taken[i] = job_take_ready(list);
        REQUIRE(taken[i] && taken[i]->report.seq == first[i]);
    }
    CHECK(ue[0].busy && ue[1].busy && link_peers_waiting(list) == 3);
    CHECK(job_take_ready(list) == NULL && link_peers_waiting(list) == 3);
    ue[1].busy = false;
    taken[3] = job_take_ready(list); /* the last of the list, behind two that wait */
    REQUIRE(taken[3] && taken[3]->report.seq == 5 && ue[1].busy);
    CHECK(link_peers_waiting(list) == 2);
    append(list, job_of(6, NULL));
    ue[0].busy = false;
    taken[4] = job_take_ready(list);
    REQUIRE(taken[4] && taken[4]->report.seq == 1);
    taken[5] = job_take_ready(list);
    REQUIRE(taken[5] && taken[5]->report.seq == 6);
    CHECK(link_peers_waiting(list) == 1 && job_take_ready(list) == NULL);
    for (int i = 0; i < 6; i++)
        release(list, taken[i]);
    ue[0].busy = false;
    job *last = job_take_ready(list);
    REQUIRE(last && last->report.seq == 3);
    release(list, last);
    CHECK(link_peers_waiting(list) == 0 && link_peers_bytes(list) == 0);
    link_peers_free(list);
}

/* Whatever the order in which UEs become free: nothing is lost, no UE's jobs overtake each other,
 * and no two of one UE are out at once. */
static void a_ues_jobs_stay_in_order(void)
{
    enum { UES = 5, JOBS = 400, OUT = 3 };
    ue_memory ue[UES] = {0};
    uint32_t next[UES] = {0};
    link_peers *list = list_of_jobs();
    job *out[OUT] = {0};
    unsigned draw = 1, seen = 0;
    for (uint32_t i = 0; i < JOBS; i++) {
        job *j = job_of(i / UES, &ue[i % UES]);
        j->report.ue = i % UES;
        append(list, j);
    }
    while (seen < JOBS) {
        draw = draw * 1103515245u + 12345u;
        size_t slot = (draw >> 16) % OUT;
        if (out[slot]) {
            out[slot]->memory->busy = false;
            release(list, out[slot]);
        }
        out[slot] = job_take_ready(list);
        if (!out[slot])
            continue;
        job *j = out[slot];
        for (size_t i = 0; i < OUT; i++)
            CHECK(i == slot || !out[i] || out[i]->report.ue != j->report.ue);
        CHECK(j->report.seq == next[j->report.ue]);
        next[j->report.ue] = j->report.seq + 1;
        seen++;
    }
    for (size_t i = 0; i < OUT; i++)
        release(list, out[i]);
    CHECK(link_peers_waiting(list) == 0);
    link_peers_free(list);
    for (size_t i = 0; i < UES; i++)
        CHECK(next[i] == JOBS / UES);
}

static const harness_test tests[] = {
    {"a list of jobs is first in, first out", a_list_is_first_in_first_out},
    {"a job owns its way back and its report", a_job_owns_its_route_and_report},
    {"a UE that is being decoded is passed, and one without memory never waits",
     a_busy_ue_is_passed},
    {"a UE's jobs come one at a time and in order", a_ues_jobs_stay_in_order},
};

int main(int argc, char **argv)
{
    return harness_main(argc, argv, "job", tests, sizeof tests / sizeof tests[0]);
}
