#include "bs-server/job.h"
#include "harness.h"

#include <stdlib.h>
#include <string.h>

static link_report *report_of(uint32_t seq)
{
    link_report *r = malloc(sizeof *r);
    REQUIRE(r != NULL);
    csilink__csi_report__init(r);
    r->seq = seq;
    return r;
}

static void a_list_is_first_in_first_out(void)
{
    job_list list = {0};
    uint32_t in = 0, out = 0;
    for (int round = 0; round < 100; round++) {
        for (int i = 0; i < round % 7; i++)
            job_list_append(&list, job_create(NULL, 0, report_of(in++)));
        for (int i = 0; i < (round * 3) % 8; i++) {
            job *j = job_list_take(&list);
            CHECK((j == NULL) == (in == out));
            if (j)
                CHECK(j->report->seq == out++ && !j->next);
            job_free(j);
        }
        CHECK(list.count == in - out && (list.count > 0) == (list.first != NULL));
    }
    for (job *j; (j = job_list_take(&list)); out++)
        job_free(j);
    CHECK(in == out && list.count == 0 && !list.first && !list.last);
}

static void a_job_owns_its_route(void)
{
    zmq_msg_t route[2];
    for (size_t i = 0; i < 2; i++) {
        REQUIRE(zmq_msg_init_size(&route[i], 100) == 0); /* too long to be kept inline */
        memset(zmq_msg_data(&route[i]), 'a' + (int)i, 100);
    }
    job *j = job_create(route, 2, report_of(5));
    REQUIRE(j && j->route_count == 2);
    for (size_t i = 0; i < 2; i++) {
        CHECK(zmq_msg_size(&route[i]) == 0);
        CHECK(zmq_msg_size(&j->route[i]) == 100);
        CHECK(((char *)zmq_msg_data(&j->route[i]))[99] == (char)('a' + i));
        zmq_msg_close(&route[i]);
    }
    job_free(j);
    job_free(NULL);
}

static const harness_test tests[] = {
    {"a list of jobs is first in, first out", a_list_is_first_in_first_out},
    {"a job owns its way back", a_job_owns_its_route},
};

int main(int argc, char **argv)
{
    return harness_main(argc, argv, "job", tests, sizeof tests / sizeof tests[0]);
}
