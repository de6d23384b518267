#include "harness.h"

#include <CUnit/Basic.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool skipped;

void harness_skip(const char *reason)
{
    skipped = true;
    printf("    skipped: %s\n", reason);
}

const char *harness_reference(const char *relative)
{
    static char path[4096];
    const char *root = getenv("CSILINK_REFERENCE_DATA");
    snprintf(path, sizeof path, "%s/%s", root && *root ? root : "../shared/data", relative);
    return access(path, R_OK) == 0 ? path : NULL;
}

double harness_max_abs_diff(const float *a, const float *b, size_t n)
{
    double worst = 0;
    for (size_t i = 0; i < n; i++) {
        double d = fabs((double)a[i] - (double)b[i]);
        if (!(d <= worst)) /* also true for NaN, which must not pass as 0 */
            worst = isnan(d) ? INFINITY : d;
    }
    return worst;
}

double harness_max_abs(const float *a, size_t n)
{
    double worst = 0;
    for (size_t i = 0; i < n; i++) { /* gcc 12 for aarch64 fails on fmax here */
        const double magnitude = fabs((double)a[i]);
        worst = magnitude > worst ? magnitude : worst;
    }
    return worst;
}

bool harness_near(double got, double want, double tolerance, const char *what, const char *file,
                  int line)
{
    if (fabs(got - want) <= tolerance)
        return true;
    printf("    %s:%d: %s is %.9g, not %.9g within %.3g\n", file, line, what, got, want, tolerance);
    return false;
}

static void print_failures(CU_pFailureRecord first)
{
    for (CU_pFailureRecord f = first; f; f = f->pNext)
        printf("    %s:%u: %s\n", f->strFileName, f->uiLineNumber, f->strCondition);
}

/* CUnit forgets the failures of the test before when it runs another. */
static bool run_one(CU_pSuite suite, CU_pTest test, const char *law)
{
    skipped = false;
    CU_run_test(suite, test);
    bool failed = CU_get_number_of_failure_records() > 0;
    printf("  %s  %s\n", failed ? "FAIL" : skipped ? "skip" : "ok  ", law);
    if (failed)
        print_failures(CU_get_failure_list());
    fflush(stdout);
    return !failed;
}

int harness_main(int argc, char **argv, const char *suite, const harness_test *tests, size_t count)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (CU_initialize_registry() != CUE_SUCCESS)
        return 1;
    CU_pSuite s = CU_add_suite(suite, NULL, NULL);
    unsigned passed = 0, failed = 0, left_out = 0;
    printf("%s\n", suite);
    for (size_t i = 0; i < count; i++) {
        if (argc > 1 && !strstr(tests[i].law, argv[1]))
            continue;
        CU_pTest test = CU_add_test(s, tests[i].law, tests[i].run);
        bool ok = run_one(s, test, tests[i].law);
        *(ok ? (skipped ? &left_out : &passed) : &failed) += 1;
    }
    CU_cleanup_registry();
    printf("%u passed, %u failed, %u skipped\n", passed, failed, left_out);
    return failed ? 1 : 0;
}
