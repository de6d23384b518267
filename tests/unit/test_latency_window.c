#include "base/hist.h"
#include "cli/ui/latency.h"
#include "cli/ui/view.h"
#include "harness.h"
#include "service/telemetry.h"

#include <math.h>

/* A latency comes back within the width of a coarse bucket. */
static const double bucket_share = 1.0 / 16;

typedef struct agent {
    uint32_t pid;
    hist total;
} agent;

static link_telemetry_form *form;
static latency_window *window;

static void open_window(void)
{
    window = latency_window_create();
    form = link_telemetry_form_create();
    REQUIRE(window && form);
    CHECK(isnan(latency_window_us(window, 0.5)));
}

static void close_window(void)
{
    latency_window_free(window);
    latency_window_free(NULL);
    link_telemetry_form_free(form);
}

static void answer(agent *a, double us, int reports)
{
    for (int i = 0; i < reports; i++)
        hist_add(&a->total, (uint64_t)(us * 1e3));
}

/* The agent's telemetry, its histogram under `name`. */
static void publish_as(const agent *a, const char *name)
{
    wire_telemetry t = {.pid = a->pid};
    link_telemetry_form_clear(form);
    link_telemetry_form_histogram(form, name, &a->total);
    link_telemetry_form_fill(form, &t);
    latency_window_take(window, &t);
}

static void publish(const agent *a)
{
    publish_as(a, "total");
}

static void check_us(double q, double us)
{
    double got = latency_window_us(window, q);
    CHECK_NEAR(got / us, 1, bucket_share);
}

static void only_the_last_second_counts(void)
{
    static agent a;
    a = (agent){.pid = 1};
    open_window();
    answer(&a, 100, 1000);
    publish(&a);
    CHECK(isnan(latency_window_us(window, 0.5))); /* the second is not over */
    latency_window_look(window);
    check_us(0.5, 100);
    answer(&a, 9000, 10);
    publish(&a);
    publish(&a); /* several times a second: what was taken counts once */
    check_us(0.99, 100);
    latency_window_look(window);
    check_us(0.01, 9000);
    check_us(0.99, 9000);
    publish(&a);
    latency_window_look(window); /* no report was answered */
    CHECK(isnan(latency_window_us(window, 0.5)));
    close_window();
}

static void agents_add_up(void)
{
    static agent a[2];
    a[0] = (agent){.pid = 1};
    a[1] = (agent){.pid = 2};
    open_window();
    answer(&a[0], 200, 90);
    answer(&a[1], 5000, 10);
    publish(&a[0]);
    publish(&a[1]);
    latency_window_look(window);
    check_us(0.5, 200);
    check_us(0.85, 200);
    check_us(0.95, 5000);
    close_window();
}

/* It counts from zero: all that it has is new. */
static void an_agent_that_was_restarted_begins_anew(void)
{
    static agent a;
    a = (agent){.pid = 1};
    open_window();
    answer(&a, 100, 1000);
    publish(&a);
    latency_window_look(window);
    a.total = (hist){0};
    answer(&a, 700, 5);
    publish(&a);
    latency_window_look(window);
    check_us(0.01, 700);
    check_us(0.99, 700);
    answer(&a, 100, 3);
    publish(&a);
    latency_window_look(window);
    check_us(0.5, 100);
    close_window();
}

static void only_the_total_counts(void)
{
    static agent a;
    a = (agent){.pid = 1};
    open_window();
    answer(&a, 100, 10);
    publish_as(&a, "encode");
    latency_window_take(window, &(wire_telemetry){.pid = 1}); /* without a histogram */
    latency_window_look(window);
    CHECK(isnan(latency_window_us(window, 0.5)));
    close_window();
}

/* More agents than a view shows are left out; those that it has go on. */
static void too_many_agents_are_left_out(void)
{
    static agent a;
    open_window();
    for (uint32_t i = 0; i <= VIEW_PROCESSES_MAX; i++) {
        a = (agent){.pid = i + 1};
        answer(&a, i < VIEW_PROCESSES_MAX ? 100 : 8000, 1);
        publish(&a);
    }
    latency_window_look(window);
    check_us(0.999, 100);
    a = (agent){.pid = 1};
    answer(&a, 100, 1);
    answer(&a, 400, 1);
    publish(&a);
    latency_window_look(window);
    check_us(0.5, 400);
    close_window();
}

static const harness_test tests[] = {
    {"only what was answered in the last second counts", only_the_last_second_counts},
    {"agents add up", agents_add_up},
    {"an agent that was restarted begins anew", an_agent_that_was_restarted_begins_anew},
    {"only the time from end to end counts", only_the_total_counts},
    {"agents beyond those of a view are left out", too_many_agents_are_left_out},
};

int main(int argc, char **argv)
{
    return harness_main(argc, argv, "latency of the last second", tests,
                        sizeof tests / sizeof tests[0]);
}
