#include "adapt.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "base/decibel.h"
#include "cli/ui/output.h"
#include "io/file.h"
#include "io/json.h"
#include "picture.h"
#include "uplink/digital/adaptation.h"
#include "uplink/uplink.h"

int adapt_fill(adapt *a, err *e)
{
    const digital_arguments arguments = {.source = a->law,
                                         .modulation = a->modulation,
                                         .uses = a->uses,
                                         .references = UPLINK_REFERENCES_MIN,
                                         .margin_db = a->margin_db};
    const payload_shape shape = {
        .side_bits_max = a->side_bits, .side_bits_min = a->side_bits, .values_max = a->values};
    uint32_t symbols;
    return digital_rows_find(&arguments, &shape, a->row, &a->count, &symbols, e);
}

static uint32_t coded_of(const adapt *a, const digital_row *r)
{
    return a->uses * modulation_bits(r->modulation);
}

static double rate_of(const adapt *a, const digital_row *r)
{
    return (double)r->bits / coded_of(a, r);
}

static double capacity_of(const adapt *a, double snr_db)
{
    return a->uses * log2(1 + power_of_db(snr_db));
}

void adapt_print_text(const adapt *a)
{
    char name[DIGITAL_SOURCE_NAME_MAX];
    printf("%u values and %u side bits in %u channel uses of %s; BLER %g, margin %g dB\n"
           "table %016" PRIx64 "\n\n"
           "  from, dB   source   modulation    bits   coded bits   code rate   capacity, bits\n",
           a->values, a->side_bits, a->uses,
           a->modulation == MODULATIONS ? "any modulation" : modulation_name(a->modulation),
           ADAPTATION_BLER, a->margin_db, adaptation_identity());
    for (size_t i = 0; i < a->count; i++) {
        const digital_row *r = &a->row[i];
        printf("  %8.2f   %-6s   %-10s  %6u   %10u   %9.3f   %14.0f\n", r->from_db,
               digital_source_name(r->source, name), modulation_name(r->modulation), r->bits,
               coded_of(a, r), rate_of(a, r), capacity_of(a, r->from_db));
    }
}

static cJSON *row_of(const adapt *a, const digital_row *r)
{
    char name[DIGITAL_SOURCE_NAME_MAX];
    cJSON *o = cJSON_CreateObject();
    json_add_number(o, "from_db", r->from_db);
    cJSON_AddStringToObject(o, "source", digital_source_name(r->source, name));
    cJSON_AddStringToObject(o, "modulation", modulation_name(r->modulation));
    json_add_number(o, "bits", r->bits);
    json_add_number(o, "coded", coded_of(a, r));
    json_add_number(o, "code_rate", rate_of(a, r));
    json_add_number(o, "channel_uses", a->uses);
    json_add_number(o, "capacity_bits", capacity_of(a, r->from_db));
    return o;
}

void adapt_print_json(const adapt *a)
{
    char table[24];
    cJSON *root = cJSON_CreateObject();
    snprintf(table, sizeof table, "%016" PRIx64, adaptation_identity());
    cJSON_AddStringToObject(root, "table", table);
    json_add_number(root, "values", a->values);
    json_add_number(root, "side_bits", a->side_bits);
    json_add_number(root, "channel_uses", a->uses);
    json_add_number(root, "bler", ADAPTATION_BLER);
    json_add_number(root, "margin_db", a->margin_db);
    cJSON *array = cJSON_AddArrayToObject(root, "rows");
    for (size_t i = 0; i < a->count; i++)
        cJSON_AddItemToArray(array, row_of(a, &a->row[i]));
    output_json(root);
}

static void put_csv(FILE *to, const adapt *a)
{
    char name[DIGITAL_SOURCE_NAME_MAX];
    fputs("from_db,source,modulation,bits,coded,code_rate,channel_uses,capacity_bits\n", to);
    for (size_t i = 0; i < a->count; i++) {
        const digital_row *r = &a->row[i];
        fprintf(to, "%.17g,%s,%s,%u,%u,%.17g,%u,%.17g\n", r->from_db,
                digital_source_name(r->source, name), modulation_name(r->modulation), r->bits,
                coded_of(a, r), rate_of(a, r), a->uses, capacity_of(a, r->from_db));
    }
}

static int write_csv(const adapt *a, const char *path, err *e)
{
    file_writer *w = file_writer_open(path, e);
    if (!w)
        return ERR_IO;
    put_csv(file_writer_stream(w), a);
    return file_writer_close(w, e);
}

/* Adds a staircase: the bits of a row hold up to the SNR of the next row. */
static int add_stair(figure *f, const adapt *a, double end_db, err *e)
{
    figure_curve *c = figure_add(f, 2 * a->count);
    if (!c)
        return err_set(e, ERR_NOMEM, "no memory for a plot");
    snprintf(c->label, sizeof c->label, "chosen by the table");
    for (size_t i = 0; i < a->count; i++) {
        const double bits = a->row[i].bits;
        figure_put(c, a->row[i].from_db, bits);
        figure_put(c, i + 1 < a->count ? a->row[i + 1].from_db : end_db, bits);
    }
    return ERR_NONE;
}

static int add_capacity(figure *f, const adapt *a, double end_db, err *e)
{
    enum { POINTS = 25 };
    const double from_db = a->row[0].from_db;
    figure_curve *c = figure_add(f, POINTS);
    if (!c)
        return err_set(e, ERR_NOMEM, "no memory for a plot");
    snprintf(c->label, sizeof c->label, "capacity");
    c->kind = 1;
    for (int i = 0; i < POINTS; i++) {
        const double db = from_db + (end_db - from_db) * i / (POINTS - 1);
        figure_put(c, db, capacity_of(a, db));
    }
    return ERR_NONE;
}

static int draw(const adapt *a, const char *prefix, err *e)
{
    const double end_db = a->row[a->count - 1].from_db + 3;
    char title[160];
    snprintf(title, sizeof title, "Payload bits of a report: %u values, %u channel uses, %s",
             a->values, a->uses,
             a->modulation == MODULATIONS ? "any modulation" : modulation_name(a->modulation));
    figure f = {.title = title, .x_label = "Es/N0, dB", .y_label = "payload bits"};
    int status = add_stair(&f, a, end_db, e);
    if (status == ERR_NONE)
        status = add_capacity(&f, a, end_db, e);
    if (status == ERR_NONE)
        status = picture_draw(&f, prefix, e);
    figure_free(&f);
    return status;
}

int adapt_write_files(const adapt *a, const char *prefix, err *e)
{
    char path[PATH_MAX];
    int status = picture_path(prefix, ".csv", path, e);
    if (status == ERR_NONE)
        status = write_csv(a, path, e);
    return status == ERR_NONE ? draw(a, prefix, e) : status;
}
