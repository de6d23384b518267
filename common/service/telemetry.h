/* telemetry.h: a telemetry message in the making: the arrays behind it, and what is added to it.
 * Names, texts and samples are kept by reference until the message is packed. */
#ifndef SERVICE_TELEMETRY_H
#define SERVICE_TELEMETRY_H

#include <stddef.h>
#include <stdint.h>

#include "base/hist.h"
#include "base/hist_coarse.h"
#include "wire/message.h"

enum {
    LINK_METRICS_MAX = 64,
    LINK_HISTOGRAMS_MAX = 24,
    LINK_UES_MAX = 200, /* of one message: 1,000 UEs are told once a second */
    LINK_SAMPLES_MAX = 4,
    LINK_SAMPLE_SIDE_MAX = 256, /* rows, and columns, of a sample */
};

typedef Csilink__Telemetry__UeFigures link_ue_figures;
typedef Csilink__Telemetry__CsiSample link_csi_sample;
typedef Csilink__Telemetry__Encoder link_encoder;

typedef struct link_telemetry_form link_telemetry_form;

/* NULL when memory ran out. */
link_telemetry_form *link_telemetry_form_create(void);
void link_telemetry_form_free(link_telemetry_form *form);

/* Forgets what was added. */
void link_telemetry_form_clear(link_telemetry_form *form);

/* What is beyond the limits above is left out. */
void link_telemetry_form_metric(link_telemetry_form *form, const char *name, double value);
void link_telemetry_form_histogram(link_telemetry_form *form, const char *name, const hist *h);
void link_telemetry_form_ue(link_telemetry_form *form, const link_ue_figures *figures);
void link_telemetry_form_sample(link_telemetry_form *form, link_csi_sample *sample);
void link_telemetry_form_encoder(link_telemetry_form *form, const link_encoder *encoder);

/* Lets `message` point at what was added; valid until the form is cleared. */
void link_telemetry_form_fill(link_telemetry_form *form, link_telemetry *message);

/* What the parts of a received message must be: buckets ascending, below HIST_COARSE and as many as
 * counts; UE numbers below LINK_UE_MAX; samples of rows x columns finite values, not negative. */
int link_telemetry_check(const link_telemetry *message, err *e);

#endif
