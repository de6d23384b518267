/* telemetry.h: builds a telemetry message: its arrays, and functions to add to it. It keeps
 * references to names, texts and samples until the message is packed. */
#ifndef SERVICE_TELEMETRY_H
#define SERVICE_TELEMETRY_H

#include "base/hist.h"
#include "wire/telemetry.h"

typedef struct link_telemetry_form link_telemetry_form;

/* NULL when memory ran out. */
link_telemetry_form *link_telemetry_form_create(void);
void link_telemetry_form_free(link_telemetry_form *form);

/* Removes what was added. */
void link_telemetry_form_clear(link_telemetry_form *form);

/* Leaves out what exceeds the limits of wire/telemetry.h. */
void link_telemetry_form_metric(link_telemetry_form *form, const char *name, double value);
void link_telemetry_form_histogram(link_telemetry_form *form, const char *name, const hist *h);
void link_telemetry_form_ue(link_telemetry_form *form, const wire_ue_figures *figures);
void link_telemetry_form_sample(link_telemetry_form *form, const wire_csi_sample *sample);
void link_telemetry_form_encoder(link_telemetry_form *form, const wire_encoder *encoder);

/* Makes `message` point at what was added; valid until the form is cleared. */
void link_telemetry_form_fill(link_telemetry_form *form, wire_telemetry *message);

#endif
