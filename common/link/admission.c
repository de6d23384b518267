#include "link/admission.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

enum { DESCRIPTORS_MAX = 1 << 20 };

/* What is known about a descriptor: the owner of its connection when a message came over it. */
typedef struct connection {
    char key[LINK_KEY_MAX]; /* "" for none */
    ino_t inode;            /* another connection may get the same descriptor later */
    unsigned generation;    /* of the keys, when this peer was admitted */
} connection;

struct link_admission {
    const link_keys *keys;
    link_domain domain;
    connection *at; /* [room], by descriptor */
    size_t room;
};

link_admission *link_admission_create(const link_keys *keys, link_domain domain)
{
    link_admission *p = calloc(1, sizeof *p);
    if (p) {
        p->keys = keys;
        p->domain = domain;
    }
    return p;
}

void link_admission_free(link_admission *p)
{
    if (p)
        free(p->at);
    free(p);
}

static ino_t inode_of(int fd)
{
    struct stat info;
    return fstat(fd, &info) == 0 ? info.st_ino : 0;
}

/* NULL for an invalid descriptor, or when memory ran out. */
static connection *connection_at(link_admission *p, int fd)
{
    if (fd < 0 || fd >= DESCRIPTORS_MAX)
        return NULL;
    if ((size_t)fd >= p->room) {
        size_t room = 2 * (size_t)fd + 64;
        connection *more = realloc(p->at, room * sizeof *more);
        if (!more)
            return NULL;
        memset(more + p->room, 0, (room - p->room) * sizeof *more);
        p->at = more;
        p->room = room;
    }
    return &p->at[fd];
}

bool link_admission_admit(link_admission *p, zmq_msg_t *frame)
{
    const char *key = zmq_msg_gets(frame, "User-Id");
    int fd = zmq_msg_get(frame, ZMQ_SRCFD);
    unsigned now = link_keys_generation(p->keys);
    connection *c = connection_at(p, fd);
    ino_t inode = inode_of(fd);
    if (c && key && c->inode == inode && c->generation == now && strcmp(c->key, key) == 0)
        return true; /* the keys are looked up only after a change */
    bool admitted = key && strlen(key) < LINK_KEY_MAX && link_keys_admit(p->keys, p->domain, key);
    if (!admitted) {
        shutdown(fd, SHUT_RDWR);
        return false;
    }
    if (c) {
        strcpy(c->key, key);
        c->generation = now;
        c->inode = inode;
    }
    return true;
}

unsigned link_admission_cut(link_admission *p)
{
    unsigned cut = 0;
    for (size_t fd = 0; fd < p->room; fd++) {
        connection *c = &p->at[fd];
        if (!c->key[0] || link_keys_admit(p->keys, p->domain, c->key))
            continue;
        if (c->inode == inode_of((int)fd) && shutdown((int)fd, SHUT_RDWR) == 0)
            cut++;
        c->key[0] = '\0';
    }
    return cut;
}

const link_certificate *link_sender(const link_keys *keys, link_domain domain, zmq_msg_t *frame)
{
    const char *key = zmq_msg_gets(frame, "User-Id");
    return key ? link_keys_admit(keys, domain, key) : NULL;
}

int link_sender_has_ue(const link_keys *keys, zmq_msg_t *frame, uint32_t ue, err *e)
{
    if (!keys)
        return ERR_NONE;
    const link_certificate *c = link_sender(keys, LINK_FOR_AGENTS, frame);
    if (!c)
        return err_set(e, ERR_MISMATCH, "its sender is not an admitted agent");
    if (link_certificate_has_ue(c, ue))
        return ERR_NONE;
    char ues[64];
    link_ues_print(c, ues, sizeof ues);
    return err_set(e, ERR_MISMATCH, "the certificate %s does not name UE %u; it names %s", c->name,
                   ue, ues[0] ? ues : "none");
}
