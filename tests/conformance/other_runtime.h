/* other_runtime.h: runs a network in onnxruntime, by Python or by node, whichever has it. */
#ifndef OTHER_RUNTIME_H
#define OTHER_RUNTIME_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

enum { OTHER_RUNTIME_MISSING = 77 };

static inline bool write_floats(const char *path, const float *x, size_t n)
{
    FILE *f = fopen(path, "wb");
    bool done = f && fwrite(x, sizeof *x, n, f) == n;
    return f && fclose(f) == 0 && done;
}

static inline bool read_floats(const char *path, float *x, size_t n)
{
    FILE *f = fopen(path, "rb");
    bool done = f && fread(x, sizeof *x, n, f) == n;
    if (f)
        fclose(f);
    return done;
}

/* The first output for each sample of the file `input`, into the file `output`. `dims` are the
 * shapes of the model's inputs, as words with a "/" between two inputs; a sample has the values of
 * all inputs, one input after the other. Returns 0 on success, OTHER_RUNTIME_MISSING where neither
 * Python nor node has onnxruntime, and another number where onnxruntime rejects the model. */
static inline int run_elsewhere(const char *model, const char *dims, const char *input,
                                const char *output)
{
    static const char *const runners[] = {"python3 tests/conformance/other_runtime.py",
                                          "node tests/conformance/other_runtime.cjs"};
    int result = OTHER_RUNTIME_MISSING;
    for (int i = 0; i < 2 && result == OTHER_RUNTIME_MISSING; i++) {
        char command[2048];
        snprintf(command, sizeof command, "%s '%s' '%s' '%s' %s", runners[i], model, input, output,
                 dims);
        int status = system(command);
        result = WIFEXITED(status) ? WEXITSTATUS(status) : 1;
        result = result == 127 ? OTHER_RUNTIME_MISSING : result; /* no such program */
    }
    return result;
}

#endif
