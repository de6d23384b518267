/* Behind the first byte, '0': any text as a league's list, which is refused in one line or has
 * every number in range and every template expandable. Another byte: any text as what a league
 * keeps, behind its first line ('1') or with its own; what is taken is kept and read again. */
#include "fuzz.h"

#include <math.h>

#include "cli/league/expand.h"
#include "cli/league/list.h"
#include "cli/league/store.h"

static void check_numbers(const league_numbers *n, double min, double max)
{
    require(n->count <= LEAGUE_NUMBERS_MAX);
    for (size_t i = 0; i < n->count; i++)
        require(n->value[i] >= min && n->value[i] <= max &&
                (i == 0 || n->value[i] > n->value[i - 1]));
}

static void check_templates(const league_texts *t)
{
    static const char *const one[] = {"1"};
    static const league_word words[] = {{"scenario", 1, one}, {"bits", 1, one}, {"uses", 1, one}};
    for (unsigned i = 0; i < t->item_count; i++) {
        league_specs specs = {0};
        require(league_expand(t->item[i], words, 3, &specs, NULL) == ERR_NONE && specs.count > 0);
        league_specs_free(&specs);
    }
}

static void check_list(const league_list *l)
{
    check_numbers(&l->bits, 1, 1 << 20);
    check_numbers(&l->uses, 2, 1 << 16);
    check_numbers(&l->snr, -30, INFINITY);
    check_numbers(&l->rates, 0.01, 1);
    require(l->bits.count + l->uses.count > 0 && l->snr.count > 0 && fuzz_is_line(l->title));
    require(l->channels > 0 && l->channels <= LEAGUE_NUMBERS_MAX);
    require(l->entrants > 0 && l->entrants <= LEAGUE_ENTRANTS_MAX);
    require(l->samples >= 2 && l->choose >= l->scout && l->scout >= 2);
    check_templates(&l->formats);
    check_templates(&l->uplinks);
    for (size_t i = 0; i < l->entrants; i++) {
        require(fuzz_is_line(l->entrant[i]->name) && l->entrant[i]->name[0]);
        require(l->entrant[i]->codecs.item_count > 0);
        check_templates(&l->entrant[i]->codecs);
        check_templates(&l->entrant[i]->uplinks);
        check_templates(&l->entrant[i]->formats);
    }
}

static void parse_list(const uint8_t *data, size_t size)
{
    char *text = fuzz_copy(data, size, true);
    league_list l;
    err e = {0};
    league_list_init(&l);
    if (league_list_parse(&l, text, size, "fuzz", &e) == ERR_NONE)
        check_list(&l);
    else
        fuzz_check_error(&e);
    league_list_free(&l);
    free(text);
}

/* What a league writes first, for the cell's defaults. */
static const char *first_line(const cell *c, size_t *size)
{
    static char *line;
    static size_t length;
    if (!line) {
        league_store s;
        require(league_store_open(&s, fuzz_file("", 0), c, NULL) == ERR_NONE);
        length = (size_t)lseek(s.fd, 0, SEEK_END);
        line = fuzz_copy("", 0, true);
        line = realloc(line, length + 1);
        require(line && pread(s.fd, line, length, 0) == (ssize_t)length);
        league_store_close(&s);
    }
    *size = length;
    return line;
}

static void read_store(bool own, const uint8_t *data, size_t size)
{
    static cell c; /* too large for a stack */
    size_t head = 0;
    cell_init(&c);
    const char *first = first_line(&c, &head);
    if (own)
        head = 0;
    char *text = malloc(head + size + 1);
    require(text != NULL);
    memcpy(text, first, head);
    if (size)
        memcpy(text + head, data, size);
    const char *path = fuzz_file(text, head + size);
    free(text);
    league_store s;
    err e = {0};
    int rc = league_store_open(&s, path, &c, &e);
    size_t count = s.count;
    if (rc == ERR_NONE && !league_store_find(&s, "one more")) {
        league_figures f = league_no_figures;
        f.encode_us = 0.1;
        f.decode_us = 1e300;
        require(league_store_keep(&s, "one more", &f, &e) == ERR_NONE);
        league_store_close(&s);
        require(league_store_open(&s, path, &c, &e) == ERR_NONE && s.count == count + 1);
        const league_figures *again = league_store_find(&s, "one more");
        require(again && again->encode_us == 0.1 && again->decode_us == 1e300 &&
                isnan(again->sgcs));
    } else if (rc != ERR_NONE) {
        fuzz_check_error(&e);
    }
    league_store_close(&s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    if (data[0] == '0')
        parse_list(data + 1, size - 1);
    else
        read_store(data[0] != '1', data + 1, size - 1);
    return 0;
}
