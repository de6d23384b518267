/* settings.h: what the simulated uplink does to each UE's reports, changed live by control. */
#ifndef CHANNEL_SIM_SETTINGS_H
#define CHANNEL_SIM_SETTINGS_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "link/message.h"

typedef enum setting_name {
    SETTING_SNR,
    SETTING_LOSS,
    SETTING_DELAY,
    SETTING_JITTER,
    SETTINGS
} setting_name;

typedef struct setting_kind {
    const char *name, *unit;
    double min, max; /* SNR also takes +inf */
} setting_kind;

extern const setting_kind setting_kinds[SETTINGS];

/* In force for one UE. */
typedef struct impairments {
    double value[SETTINGS]; /* dB, fraction, seconds, seconds */
} impairments;

typedef struct settings settings;

/* `initial` holds for all UEs. NULL when memory ran out. */
settings *settings_create(const impairments *initial);
void settings_free(settings *s);
impairments settings_of(const settings *s, uint32_t ue);

/* Carries out one request; an error names what would be right. Setting for all ends what was set
 * for single UEs under that name. */
int settings_apply(settings *s, const Csilink__ControlRequest__Set *set, err *e);

/* Answers with every value in force (and `error`, "" for none), into a fresh frame. */
int settings_reply(const settings *s, const char *error, zmq_msg_t *frame);

#endif
