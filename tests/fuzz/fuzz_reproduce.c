/* Any text as a list of published tables: refused in one line, or every figure in range and every
 * name one that fits a file. */
#include "fuzz.h"

#include <math.h>

#include "cli/reproduce/list.h"

static void check_row(const reproduce_table *t, const reproduce_row *r)
{
    require(fuzz_is_line(r->net) && !strchr(r->net, '|'));
    require(!r->architecture || (r->cr >= 1 && r->cr <= 1024));
    require(isnan(r->parameters) || (r->parameters >= 0 && r->parameters <= 1e15));
    require(isnan(r->macs) || (r->macs >= 0 && r->macs <= 1e15));
    require(!r->nmse_text || (r->model && reproduce_channel(t, r)));
    require(!r->model || !strchr(r->model, '/'));
    for (size_t k = 0; k < CHAIN_EVAL_SNRS_MAX; k++)
        require(isnan(r->nmse_db[k]) || (k < t->snrs.snrs && fabs(r->nmse_db[k]) <= 200));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_copy(data, size, true);
    reproduce_list *l = NULL;
    err e = {0};
    if (reproduce_list_parse(&l, text, size, "fuzz", &e) == ERR_NONE) {
        require(fuzz_is_line(l->title) && l->samples >= 2 && l->tables_count > 0);
        for (unsigned t = 0; t < l->tables_count; t++) {
            const reproduce_table *table = &l->tables[t];
            require(fuzz_is_line(table->title) && !strchr(table->name, '/'));
            require(table->snrs.snrs > 0 && table->nmse_within_db >= 0 &&
                    table->counts_within >= 0);
            for (unsigned i = 0; i < table->rows_count; i++)
                check_row(table, &table->rows[i]);
        }
    } else {
        fuzz_check_error(&e);
    }
    reproduce_list_free(l);
    free(text);
    return 0;
}
