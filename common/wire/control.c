#include "wire/control.h"

#include <stdlib.h>
#include <string.h>

#include "wire/internal.h"
#include "wire/ranges.h"

int wire_control_request_pack(const wire_control_request *r, zmq_msg_t *frame)
{
    Csilink__ControlRequest m = CSILINK__CONTROL_REQUEST__INIT;
    Csilink__ControlRequest__Set set = CSILINK__CONTROL_REQUEST__SET__INIT;
    Csilink__ControlRequest__Set__Ramp ramp = CSILINK__CONTROL_REQUEST__SET__RAMP__INIT;
    const wire_change *c = &r->change;
    m.version = WIRE_VERSION;
    m.by = wire_text(r->by);
    m.from_ue = r->from_ue;
    if (r->changes) {
        set.name = wire_text(c->name);
        set.value = c->value;
        set.for_one_ue = c->for_one_ue;
        set.ue = c->ue;
        set.group = wire_text(c->group);
        m.set = &set;
    }
    if (r->changes && c->ramped) {
        ramp.over_s = c->over_s;
        ramp.from_given = c->from_given;
        ramp.from = c->from;
        set.ramp = &ramp;
    }
    return wire_pack(&m, frame);
}

static int copy_name(char to[WIRE_NAME_MAX], const char *from, const char *what, err *e)
{
    size_t size = strlen(from);
    if (size >= WIRE_NAME_MAX)
        return err_set(e, ERR_FORMAT, "the name of a %s has %zu bytes; at most %d are allowed",
                       what, size, WIRE_NAME_MAX - 1);
    memcpy(to, from, size + 1);
    return ERR_NONE;
}

static int read_change(const Csilink__ControlRequest__Set *set, wire_change *c, err *e)
{
    if (copy_name(c->name, set->name, "setting", e) != ERR_NONE ||
        copy_name(c->group, set->group, "group", e) != ERR_NONE)
        return ERR_FORMAT;
    c->value = set->value;
    c->for_one_ue = set->for_one_ue;
    c->ue = set->ue;
    c->ramped = set->ramp != NULL;
    if (set->ramp) {
        c->over_s = set->ramp->over_s;
        c->from_given = set->ramp->from_given;
        c->from = set->ramp->from;
    }
    return ERR_NONE;
}

int wire_control_request_unpack(const zmq_msg_t *frame, wire_control_request *r, err *e)
{
    *r = (wire_control_request){0};
    Csilink__ControlRequest *m = wire_unpack(&csilink__control_request__descriptor, frame, e);
    if (!m)
        return ERR_FORMAT;
    int rc = wire_check_version("request", m->version, e);
    if (rc == ERR_NONE)
        rc = wire_check_ranges(m, e);
    if (rc == ERR_NONE && m->set)
        rc = read_change(m->set, &r->change, e);
    if (rc == ERR_NONE) {
        r->changes = m->set != NULL;
        r->from_ue = m->from_ue;
        /* The name only goes into a record: cut it if it is too long. */
        strncpy(r->by, m->by, WIRE_BY_MAX - 1);
        err_one_line(r->by);
    }
    wire_release(m);
    return rc;
}

/* The generated structs of a reply, and the pointers to each that protobuf-c needs, in one
 * block. */
typedef struct reply_form {
    Csilink__ControlReply__Setting **settings, *setting;
    Csilink__ControlReply__Group **groups, *group;
} reply_form;

static void *make_form(const wire_control_reply *r, reply_form *f)
{
    size_t of_setting = sizeof *f->settings + sizeof *f->setting;
    size_t of_group = sizeof *f->groups + sizeof *f->group;
    void *block = malloc(r->settings * of_setting + r->groups * of_group + 1);
    if (!block)
        return NULL;
    f->settings = block;
    f->setting = (void *)(f->settings + r->settings);
    f->groups = (void *)(f->setting + r->settings);
    f->group = (void *)(f->groups + r->groups);
    return block;
}

static void fill_setting(const wire_setting *from, Csilink__ControlReply__Setting *to)
{
    csilink__control_reply__setting__init(to);
    to->name = wire_text(from->name);
    to->unit = wire_text(from->unit);
    to->value = from->value;
    to->min = from->min;
    to->max = from->max;
    to->for_one_ue = from->for_one_ue;
    to->ue = from->ue;
    to->group = wire_text(from->group);
    to->ramp_to = from->ramp_to;
    to->ramp_left_s = from->ramp_left_s;
}

int wire_control_reply_pack(const wire_control_reply *r, zmq_msg_t *frame)
{
    reply_form f;
    void *block = make_form(r, &f);
    if (!block)
        return ERR_NOMEM;
    for (size_t i = 0; i < r->settings; i++) {
        f.settings[i] = &f.setting[i];
        fill_setting(&r->setting[i], f.settings[i]);
    }
    for (size_t i = 0; i < r->groups; i++) {
        f.groups[i] = &f.group[i];
        csilink__control_reply__group__init(f.groups[i]);
        f.group[i].name = wire_text(r->group[i].name);
        f.group[i].first_ue = r->group[i].first_ue;
        f.group[i].ues = r->group[i].ues;
    }
    Csilink__ControlReply m = CSILINK__CONTROL_REPLY__INIT;
    m.version = WIRE_VERSION;
    m.error = wire_text(r->error);
    m.settings = f.settings;
    m.n_settings = r->settings;
    m.groups = f.groups;
    m.n_groups = r->groups;
    m.time_s = r->time_s;
    m.next_ue = r->next_ue;
    int rc = wire_pack(&m, frame);
    free(block);
    return rc;
}

/* What an unpacked reply owns: the message has the texts, the arrays point into it. */
typedef struct reply_store {
    Csilink__ControlReply *message;
    wire_setting *setting;
    wire_group *group;
    struct reply_store *page; /* what was appended last; its texts are in use */
} reply_store;

static void release_store(reply_store *s)
{
    for (reply_store *page; s; s = page) {
        page = s->page;
        wire_release(s->message);
        free(s->setting);
        free(s->group);
        free(s);
    }
}

static reply_store *make_store(Csilink__ControlReply *m)
{
    reply_store *s = calloc(1, sizeof *s);
    if (!s) {
        wire_release(m);
        return NULL;
    }
    s->message = m;
    s->setting = calloc(m->n_settings + 1, sizeof *s->setting);
    s->group = calloc(m->n_groups + 1, sizeof *s->group);
    if (s->setting && s->group)
        return s;
    release_store(s);
    return NULL;
}

int wire_control_reply_unpack(const zmq_msg_t *frame, wire_control_reply *r, err *e)
{
    *r = (wire_control_reply){0};
    Csilink__ControlReply *m = wire_unpack(&csilink__control_reply__descriptor, frame, e);
    if (!m)
        return ERR_FORMAT;
    if (wire_check_version("reply", m->version, e) != ERR_NONE ||
        wire_check_ranges(m, e) != ERR_NONE) {
        wire_release(m);
        return ERR_FORMAT;
    }
    reply_store *s = make_store(m);
    if (!s)
        return err_set(e, ERR_NOMEM, "out of memory for a reply");
    for (size_t i = 0; i < m->n_settings; i++) {
        const Csilink__ControlReply__Setting *from = m->settings[i];
        s->setting[i] = (wire_setting){.name = from->name,
                                       .unit = from->unit,
                                       .value = from->value,
                                       .min = from->min,
                                       .max = from->max,
                                       .for_one_ue = from->for_one_ue,
                                       .ue = from->ue,
                                       .group = from->group,
                                       .ramp_to = from->ramp_to,
                                       .ramp_left_s = from->ramp_left_s};
    }
    for (size_t i = 0; i < m->n_groups; i++)
        s->group[i] = (wire_group){m->groups[i]->name, m->groups[i]->first_ue, m->groups[i]->ues};
    *r = (wire_control_reply){.error = m->error,
                              .settings = m->n_settings,
                              .setting = s->setting,
                              .groups = m->n_groups,
                              .group = s->group,
                              .time_s = m->time_s,
                              .next_ue = m->next_ue,
                              .owned = s};
    return ERR_NONE;
}

void wire_control_reply_clear(wire_control_reply *r)
{
    release_store(r->owned);
    *r = (wire_control_reply){0};
}

static size_t first_of_single_ues(const wire_control_reply *r)
{
    size_t i = 0;
    while (i < r->settings && !r->setting[i].for_one_ue)
        i++;
    return i;
}

int wire_control_reply_append(wire_control_reply *r, wire_control_reply *page, err *e)
{
    reply_store *s = r->owned, *added = page->owned;
    size_t first = first_of_single_ues(page), more = page->settings - first;
    if (page->next_ue != 0 && page->next_ue <= r->next_ue)
        return err_set(e, ERR_FORMAT, "the page that starts at UE %u continues at UE %u",
                       r->next_ue, page->next_ue);
    wire_setting *longer = realloc(s->setting, (r->settings + more + 1) * sizeof *longer);
    if (!longer)
        return err_set(e, ERR_NOMEM, "out of memory for the settings of single UEs");
    s->setting = r->setting = longer;
    if (more)
        memcpy(longer + r->settings, page->setting + first, more * sizeof *longer);
    r->settings += more;
    r->next_ue = page->next_ue;
    added->page = s->page;
    s->page = added;
    *page = (wire_control_reply){0};
    return ERR_NONE;
}
