/* Any messages as control requests to channel-sim, one after another: each is refused in one line
 * or in force, what is in force stays within its range for every UE, and each reply can be read.
 *
 * The first byte says whether there is a scenario with groups and a timeline, and how fast time
 * passes between requests; then come the requests, as parts (fuzz.h). */
#include "fuzz.h"

#include <csilink.pb-c.h>
#include <math.h>

#include "cell/scenario.h"
#include "channel-sim/settings.h"
#include "mutate_message.h"

static const char plan_text[] = "duration: 40s\n"
                                "model: csilink-net-cr8-indoor\n"
                                "snr: 10\n"
                                "groups:\n"
                                "  - {name: near, count: 4, channel: cost2100-indoor, snr: 20}\n"
                                "  - {name: far, count: 4, channel: cost2100-outdoor, speed: 50}\n"
                                "timeline:\n"
                                "  - {at: 1s, set: {snr: 0, loss: 0.1}}\n"
                                "  - {at: 2s, group: far, ramp: {snr: [-5, 40], over: 20s}}\n"
                                "  - {at: 3s, ue: 3, set: {loss: 0.5, delay: 10ms, jitter: 1ms}}\n";

static const scenario *plan(void)
{
    static scenario *s;
    if (!s) {
        s = calloc(1, sizeof *s);
        require(s != NULL);
        scenario_init(s);
        require(scenario_parse(s, plan_text, strlen(plan_text), "plan", NULL) == ERR_NONE);
    }
    return s;
}

static void check_in_force(const settings *s, uint32_t ue, double due_s, double now_s)
{
    impairments now = settings_of(s, ue, due_s, now_s);
    for (int i = 0; i < SETTINGS; i++)
        require(setting_check((setting_name)i, now.value[i], NULL) == ERR_NONE);
}

static void check_reply(const settings *s, const char *error, double now_s)
{
    zmq_msg_t frame;
    wire_control_reply reply;
    err e = {0};
    require(settings_reply(s, error, 0, now_s, &frame) == ERR_NONE);
    require(wire_control_reply_unpack(&frame, &reply, &e) == ERR_NONE);
    require(strcmp(reply.error, error) == 0 && reply.settings >= SETTINGS);
    for (size_t i = 0; i < reply.settings; i++) {
        const wire_setting *in = &reply.setting[i];
        require(in->value >= in->min && (in->value <= in->max || strcmp(in->name, "snr") == 0));
        require(in->ramp_left_s >= 0);
    }
    wire_control_reply_clear(&reply);
    zmq_msg_close(&frame);
}

static void ask(settings *s, const fuzz_part *part, double now_s)
{
    zmq_msg_t frame;
    wire_control_request r;
    err e = {0};
    require(zmq_msg_init_size(&frame, part->size) == 0);
    if (part->size)
        memcpy(zmq_msg_data(&frame), part->data, part->size);
    int rc = wire_control_request_unpack(&frame, &r, &e);
    if (rc == ERR_NONE && r.changes)
        rc = settings_apply(s, &r.change, now_s, &e);
    if (rc != ERR_NONE)
        fuzz_check_error(&e);
    require(fuzz_is_line(r.by));
    uint32_t ue = r.change.for_one_ue && r.change.ue < WIRE_UE_MAX ? r.change.ue : 3;
    check_in_force(s, ue, now_s, now_s);
    check_in_force(s, 5, now_s + r.change.over_s / 2, now_s);
    check_reply(s, e.text, now_s);
    zmq_msg_close(&frame);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const double steps_s[] = {0, 0.5, 3, 1e6};
    if (size == 0)
        return 0;
    const impairments initial = {{10, 0, 0, 0}};
    settings *s = settings_create(&initial, data[0] & 1 ? plan() : NULL, 0);
    double now_s = 0, step_s = steps_s[data[0] >> 1 & 3];
    fuzz_part part;
    require(s != NULL);
    data++, size--;
    for (int i = 0; i < 256 && fuzz_next_part(&data, &size, &part); i++) {
        ask(s, &part, now_s);
        now_s += step_s;
        settings_advance(s, fmin(now_s, WIRE_DUE_MAX_S));
    }
    settings_free(s);
    return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t room, unsigned seed)
{
    return mutate_parts(&csilink__control_request__descriptor, 1, 0, data, size, room, seed);
}
