/* A target that is broken on purpose, so that fuzz_corpus.sh can see that replay.c notices. */
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    require(size != 5 || memcmp(data, "break", 5) != 0);
    return 0;
}
