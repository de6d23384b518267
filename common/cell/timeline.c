#include "cell/timeline.h"

#include <string.h>

const char *const restart_process_names[2] = {"bs-server", "channel-sim"};

bool target_covers(target t, asked_for who)
{
    switch (t.kind) {
    case TARGET_ALL:
        return true;
    case TARGET_GROUP:
        return who.kind != TARGET_ALL && t.index == who.group;
    case TARGET_UE:
        return who.kind == TARGET_UE && t.index == who.ue;
    }
    return false;
}

int timeline_add(timeline *t, const timeline_change *change, err *e)
{
    if (t->count == TIMELINE_MAX)
        return err_set(e, ERR_INVALID, "a timeline has at most %d changes", TIMELINE_MAX);
    size_t at = t->count++;
    for (; at > 0 && t->change[at - 1].course.start_s > change->course.start_s; at--)
        t->change[at] = t->change[at - 1];
    t->change[at] = *change;
    return ERR_NONE;
}

const timeline_change *timeline_last(const timeline *t, setting_name name, asked_for who,
                                     double t_s)
{
    for (size_t i = t->count; i-- > 0;) {
        const timeline_change *c = &t->change[i];
        if (c->course.start_s <= t_s && c->name == name && target_covers(c->who, who))
            return c;
    }
    return NULL;
}
