/* Groups of UEs in the form of --ues: "8", "4@cost2100-outdoor,4@uma-nlos". */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "cell/keys.h"
#include "cell/timeline.h"
#include "fading/fading.h"

enum { NUMBER_TEXT = 13 }; /* bytes of "-16" and more after a name in use */

/* Length of "COUNT@" at `text`; 0 where there is none. */
static size_t group_start(const char *text)
{
    size_t digits = strspn(text, "0123456789");
    return digits > 0 && text[digits] == '@' ? digits + 1 : 0;
}

/* The length of the group at `text`: up to the comma before the next COUNT@, or to the end. */
static size_t group_length(const char *text)
{
    const char *at = text;
    while ((at = strchr(at, ','))) {
        if (group_start(at + 1) > 0)
            return (size_t)(at - text);
        at++;
    }
    return strlen(text);
}

/* The whole number of `length` digits at `text`; 0 for anything above `most`. */
static uint32_t read_count(const char *text, size_t length, uint32_t most)
{
    uint64_t count = 0;
    for (size_t i = 0; i < length; i++) {
        if (!isdigit((unsigned char)text[i]))
            return 0;
        count = count * 10 + (uint64_t)(text[i] - '0');
        if (count > most)
            return 0;
    }
    return (uint32_t)count;
}

/* A group is named after its channel, as far as that is a valid name. */
static void name_group(const cell *c, const char *channel, char name[CELL_NAME_MAX])
{
    size_t n = 0;
    if (fading_is_file(channel))
        channel = "replay";
    for (; channel[n] && n < CELL_NAME_MAX - NUMBER_TEXT; n++)
        name[n] = isalnum((unsigned char)channel[n]) ? channel[n] : '-';
    name[n] = '\0';
    if (!isalpha((unsigned char)*name) || strcmp(name, "all") == 0)
        n = (size_t)snprintf(name, CELL_NAME_MAX, "group");
    /* A number keeps the names of two groups with one channel distinct. */
    for (int again = 2; cell_group_named(c, name) != NO_GROUP; again++)
        snprintf(name + n, NUMBER_TEXT, "-%d", again);
}

static int add_group(cell *c, uint32_t ues, const char *text, size_t length, err *e)
{
    char channel[CELL_CHANNEL_MAX], name[CELL_NAME_MAX];
    if (length == 0)
        return err_set(e, ERR_INVALID, "a group of UEs lacks its channel's name");
    if (length >= sizeof channel)
        return err_set(e, ERR_INVALID, "a channel's name has at most %d bytes, not %zu",
                       CELL_CHANNEL_MAX - 1, length);
    memcpy(channel, text, length);
    channel[length] = '\0';
    name_group(c, channel, name);
    cell_group *g = cell_add_group(c, name, ues, e);
    if (!g)
        return ERR_INVALID;
    return cell_key_take(cell_key_named("channel"), NULL, channel, g->has.channel, e);
}

static int complain_count(const char *text, uint32_t most, err *e)
{
    return err_set(e, ERR_INVALID, "a cell has from 1 to %u, not '%.60s'", most, text);
}

int cell_add_groups(cell *c, const char *text, bool channel_given, uint32_t ues_max, err *e)
{
    size_t size = strlen(text);
    if (!strchr(text, '@')) {
        uint32_t ues = read_count(text, size, ues_max);
        return ues ? add_group(c, ues, c->all.channel, strlen(c->all.channel), e)
                   : complain_count(text, ues_max, e);
    }
    if (channel_given)
        return err_set(e, ERR_INVALID, "each group of UEs names its channel: leave --channel out");
    if (size >= CELL_TEXT_MAX)
        return err_set(e, ERR_INVALID, "the groups take %zu bytes; %d are allowed", size,
                       CELL_TEXT_MAX - 1);
    for (const char *at = text;; at++) {
        size_t length = group_length(at), start = group_start(at);
        if (start == 0)
            return err_set(e, ERR_INVALID,
                           "groups of UEs are written 4@cost2100-outdoor,4@uma-nlos, not '%.60s'",
                           at);
        /* The rest of the maximum, so that the sum cannot wrap. */
        uint32_t ues = read_count(at, start - 1, ues_max - c->ues);
        if (ues == 0)
            return complain_count(text, ues_max, e);
        int status = add_group(c, ues, at + start, length - start, e);
        at += length;
        if (status != ERR_NONE || !*at)
            return status;
    }
}

void cell_text(const cell *c, char text[CELL_TEXT_MAX])
{
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < c->groups && used < CELL_TEXT_MAX; i++)
        used += (size_t)snprintf(text + used, CELL_TEXT_MAX - used, "%s%u@%s", i ? "," : "",
                                 c->group[i].ues, c->group[i].has.channel);
}
