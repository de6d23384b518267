#include "owners.h"

#include <stdlib.h>

#include "wire/limits.h"

enum { PAGE = 1024, PAGES = (WIRE_UE_MAX + PAGE - 1) / PAGE };

typedef struct owner {
    uint64_t serial; /* of the peer; 0: no owner yet */
    uint64_t heard_ns;
} owner;

struct owners {
    const link_peers *peers;
    uint32_t ues;
    owner *page[PAGES]; /* [PAGE] each, allocated with the first report of one of its UEs */
};

owners *owners_create(const link_peers *peers, uint32_t ues)
{
    owners *o = calloc(1, sizeof *o);
    if (!o)
        return NULL;
    o->peers = peers;
    o->ues = ues ? ues : WIRE_UE_MAX;
    return o;
}

void owners_free(owners *o)
{
    for (size_t i = 0; o && i < PAGES; i++)
        free(o->page[i]);
    free(o);
}

static owner *owner_of(owners *o, uint32_t ue)
{
    owner **page = &o->page[ue / PAGE];
    if (!*page)
        *page = calloc(PAGE, sizeof **page);
    return *page ? &(*page)[ue % PAGE] : NULL;
}

int owners_claim(owners *o, uint32_t ue, const link_peer *peer, uint64_t now_ns, err *e)
{
    if (ue >= o->ues)
        return err_set(e, ERR_INVALID, "UE %u is outside the cell; its %u UEs are numbered 0 to %u",
                       ue, o->ues, o->ues - 1);
    owner *own = owner_of(o, ue);
    if (!own)
        return err_set(e, ERR_NOMEM, "channel-sim is out of memory for UE %u", ue);
    if (own->serial && own->serial != peer->serial) {
        const link_peer *other = link_peers_with(o->peers, own->serial);
        if (other && !other->gone && now_ns - own->heard_ns < OWNER_SILENT_S * 1000000000ull)
            return err_set(e, ERR_STATE,
                           "UE %u belongs to peer %s, whose connection is open; peer %s may not "
                           "report for it",
                           ue, other->name, peer->name);
    }
    *own = (owner){peer->serial, now_ns};
    return ERR_NONE;
}
