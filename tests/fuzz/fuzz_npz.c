/* Any bytes as a .npz file: npz_read_float must give an array or an error, in memory that the
 * file's size bounds. */
#include "fuzz.h"

#include <math.h>

#include "io/npz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    mat_array a;
    err e = {0};
    int rc = npz_read_float(fuzz_file(data, size), "H", &a, &e);
    if (rc) {
        fuzz_check_error(&e);
        require(a.data == NULL && a.count == 0);
        return 0;
    }
    size_t numbers = a.count * (a.is_complex ? 2 : 1);
    require(numbers > 0 &&
            numbers / 2064 <= size); /* deflate's bound, and a number in half a byte */
    for (size_t i = 0; i < numbers; i++)
        require(isfinite(a.data[i]));
    mat_array_free(&a);
    return 0;
}
