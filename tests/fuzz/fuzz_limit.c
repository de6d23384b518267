/* Any bytes as the file of --limit, a sweep.json or a CSV: refused in one line, or an envelope that
 * falls from point to point. */
#include "fuzz.h"

#include <math.h>

#include "cli/eval/limit_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static cell c;
    limit l = {0};
    err e = {0};
    cell_init(&c);
    if (limit_read(&l, fuzz_file(data, size), &c, &e) != ERR_NONE) {
        fuzz_check_error(&e);
        limit_free(&l);
        return 0;
    }
    for (size_t i = 0; i < l.count; i++) {
        const limit_curve *curve = limit_over(&l, l.curve[i].channel);
        require(curve == (l.curve[i].count ? &l.curve[i] : NULL));
        for (size_t k = 0; curve && k < curve->count; k++) {
            const limit_point *p = &curve->point[k];
            require(p->bits > 0 && isfinite(p->bits) && isfinite(p->nmse_db));
            require(k == 0 || (p->bits > p[-1].bits && p->nmse_db < p[-1].nmse_db));
            require(limit_distortion_db(curve, p->bits) == p->nmse_db);
        }
        require(!curve || isnan(limit_distortion_db(curve, 0)));
    }
    limit_free(&l);
    return 0;
}
