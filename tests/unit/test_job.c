#include "bs-server/job.h"
#include "harness.h"

#include <string.h>

static job *job_of(uint32_t seq)
{
    wire_report r = {.seq = seq};
    job *j = job_create(NULL, 0, &r);
    REQUIRE(j != NULL);
    return j;
}

static void a_list_is_first_in_first_out(void)
{
    job_list list = {0};
    uint32_t in = 0, out = 0;
    for (int round = 0; round < 100; round++) {
        for (int i = 0; i < round % 7; i++)
            job_list_append(&list, job_of(in++));
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

static const harness_test tests[] = {
    {"a list of jobs is first in, first out", a_list_is_first_in_first_out},
    {"a job owns its way back and its report", a_job_owns_its_route_and_report},
};

int main(int argc, char **argv)
{
    return harness_main(argc, argv, "job", tests, sizeof tests / sizeof tests[0]);
}
