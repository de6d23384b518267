/* Any messages as the telemetry of a link's processes, one after another: the monitor's model and
 * the terminal's view take or refuse each, and what they then show is well formed: JSON,
 * Prometheus' text, lines that move no cursor.
 *
 * The input is parts (fuzz.h): a byte that names the endpoint, then the message. */
#include "fuzz.h"

#include <cjson/cJSON.h>
#include <csilink.pb-c.h>

#include "cli/ui/view.h"
#include "monitor/collector.h"
#include "monitor/json.h"
#include "monitor/metrics.h"
#include "monitor/model.h"
#include "mutate_message.h"

enum { ENDPOINTS = 4, MESSAGES_MAX = 16, MESSAGES_A_TICK = 3 };
static const uint64_t tick_ns = MODEL_TICK_MS * 1000000ull;

static void check_json(char *text)
{
    require(text && fuzz_is_line(text));
    cJSON *json = cJSON_Parse(text);
    require(cJSON_IsObject(json));
    cJSON_Delete(json);
    free(text);
}

/* Each line is a comment or a sample of csilink, and ends with a number. */
static void check_metrics(char *text)
{
    require(text != NULL);
    for (char *rest = text, *line; (line = strsep(&rest, "\n")) && *line;) {
        require(fuzz_is_line(line));
        const char *value = strrchr(line, ' ');
        char *end;
        require(value && (line[0] == '#' || strncmp(line, "csilink_", 8) == 0));
        if (line[0] != '#') {
            strtod(value + 1, &end);
            require(end > value + 1 && *end == '\0');
        }
    }
    free(text);
}

static void check_model(const model *m, uint64_t now_ns)
{
    const metrics_own own = {0};
    const json_access access = {0};
    static const char *const orders[] = {"ue", "nmse", "lost", "timed_out", "refused"};
    check_json(json_state(m, &access, now_ns));
    for (size_t i = 0; i < sizeof orders / sizeof orders[0]; i++)
        check_json(json_ues(m, i, 10, orders[i]));
    check_metrics(metrics_text(m, &own, now_ns));
}

/* The view writes lines to what is no terminal. */
static void check_view(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++)
        require((unsigned char)text[i] >= ' ' || text[i] == '\n');
}

static void check_samples(const wire_telemetry *t)
{
    static collector_picture picture;
    for (size_t i = 0; i < t->samples; i++) {
        picture.ue = t->sample[i].ue;
        collector_draw(&picture, &t->sample[i]);
        check_json(json_picture(&picture));
    }
}

static void take(model *m, view *v, const fuzz_part *part, uint64_t now_ns)
{
    zmq_msg_t frame;
    wire_telemetry t;
    err e = {0};
    require(zmq_msg_init_size(&frame, part->size - 1) == 0);
    if (part->size > 1)
        memcpy(zmq_msg_data(&frame), part->data + 1, part->size - 1);
    if (wire_telemetry_unpack(&frame, &t, &e) != ERR_NONE) {
        fuzz_check_error(&e);
    } else {
        if (model_take(m, part->data[0] % ENDPOINTS, &t, now_ns, &e) != ERR_NONE)
            fuzz_check_error(&e);
        view_take(v, &t);
        check_samples(&t);
    }
    wire_telemetry_clear(&t);
    zmq_msg_close(&frame);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    model *m = model_create(ENDPOINTS);
    view *v = view_create(&(view_options){out, "fuzz", 100, false});
    fuzz_part part;
    uint64_t now_ns = tick_ns;
    require(out && m && v);
    for (int i = 0; i < MESSAGES_MAX && fuzz_next_part(&data, &size, &part); i++) {
        if (part.size == 0)
            continue;
        take(m, v, &part, now_ns);
        if (i % MESSAGES_A_TICK > 0)
            continue;
        model_tick(m);
        now_ns += tick_ns;
    }
    check_model(m, now_ns);
    view_end(v, true);
    view_free(v);
    fclose(out);
    check_view(text, length);
    free(text);
    model_free(m);
    return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t room, unsigned seed)
{
    return mutate_parts(&csilink__telemetry__descriptor, 0, 1, data, size, room, seed);
}
