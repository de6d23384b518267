/* What the harness uses of CUnit, for test programs that are built for another machine, whose
 * libcunit is not installed here: one test at a time, and its first failures. */
#include <CUnit/Basic.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>

enum { MOST_FAILURES = 16 };

static CU_Suite only_suite;
static CU_Test only_test;
static CU_FailureRecord failures[MOST_FAILURES];
static unsigned failure_count;
static jmp_buf after_test;

CU_ErrorCode CU_initialize_registry(void)
{
    return CUE_SUCCESS;
}

void CU_cleanup_registry(void)
{
    failure_count = 0;
}

CU_pSuite CU_add_suite(const char *name, CU_InitializeFunc start, CU_CleanupFunc end)
{
    (void)name;
    (void)start;
    (void)end;
    return &only_suite;
}

CU_pTest CU_add_test(CU_pSuite suite, const char *name, CU_TestFunc function)
{
    (void)suite;
    (void)name;
    only_test.pTestFunc = function;
    return &only_test;
}

CU_ErrorCode CU_run_test(CU_pSuite suite, CU_pTest test)
{
    (void)suite;
    memset(failures, 0, sizeof failures);
    failure_count = 0;
    if (setjmp(after_test) == 0)
        test->pTestFunc();
    return CUE_SUCCESS;
}

CU_BOOL CU_assertImplementation(CU_BOOL holds, unsigned line, const char *condition,
                                const char *file, const char *function, CU_BOOL fatal)
{
    (void)function;
    if (holds)
        return CU_TRUE;
    if (failure_count < MOST_FAILURES) {
        CU_pFailureRecord f = &failures[failure_count];
        f->uiLineNumber = line;
        f->strFileName = (char *)(uintptr_t)file;
        f->strCondition = (char *)(uintptr_t)condition;
        if (failure_count > 0)
            failures[failure_count - 1].pNext = f;
    }
    failure_count++;
    if (fatal)
        longjmp(after_test, 1);
    return CU_FALSE;
}

unsigned CU_get_number_of_failure_records(void)
{
    return failure_count;
}

CU_pFailureRecord CU_get_failure_list(void)
{
    return failure_count > 0 ? failures : NULL;
}
