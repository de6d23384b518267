/* harness.h: what every test program shares. CUnit runs the tests; each test's name states the law
 * that it holds, and a failed assertion prints where. */
#ifndef TESTS_HARNESS_H
#define TESTS_HARNESS_H

#include <complex.h>
#include <CUnit/CUnit.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

typedef struct harness_test {
    const char *law; /* a sentence: "LS estimation is exact without noise" */
    void (*run)(void);
} harness_test;

/* Runs the tests of one suite, prints a line for each and, last, "N passed, N failed, N skipped".
 * Returns the exit status for main(). With arguments, only the tests whose law contains argv[1]. */
int harness_main(int argc, char **argv, const char *suite, const harness_test *tests, size_t count);

/* Ends the running test as skipped, with the reason printed. Use as `return harness_skip("...");`
 */
void harness_skip(const char *reason);

/* Absolute path of a file of the reference data (folder CSILINK_REFERENCE_DATA, by default
 * ../shared/data of the working directory); NULL when it is not there. Static storage, overwritten
 * by the next call. */
const char *harness_reference(const char *relative);

/* max_i |a[i] - b[i]|, and the largest |b[i]|, to state tolerances in. */
double harness_max_abs_diff(const float *a, const float *b, size_t n);
double harness_max_abs(const float *a, size_t n);

/* |got - want| <= tolerance, with all three printed when it does not hold. */
#define CHECK_NEAR(got, want, tolerance)                                                           \
    CU_ASSERT(harness_near((got), (want), (tolerance), #got, __FILE__, __LINE__))
bool harness_near(double got, double want, double tolerance, const char *what, const char *file,
                  int line);

#define CHECK(condition) CU_ASSERT(condition)
#define REQUIRE(condition) CU_ASSERT_FATAL(condition)

/* A complex number of two reals, of which one may be no number. clang 14 has no CMPLXF, and
 * re + I * im is no number where im is none. */
static inline float complex complex_of(float re, float im)
{
    const float part[2] = {re, im};
    float complex z;
    memcpy(&z, part, sizeof z);
    return z;
}

#endif
