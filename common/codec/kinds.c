#include "codec/kinds.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

/* A slot is written once, so readers need no lock; a mutex serialises additions. */
static _Atomic(const codec_kind *) added[CODEC_KINDS_ADDED_MAX];
static pthread_mutex_t adding = PTHREAD_MUTEX_INITIALIZER;

static size_t table_size(void)
{
    size_t n = 0;
    while (codec_kinds[n])
        n++;
    return n;
}

const codec_kind *codec_kind_at(size_t i)
{
    size_t table = table_size();
    if (i < table)
        return codec_kinds[i];
    return i - table < CODEC_KINDS_ADDED_MAX ? atomic_load(&added[i - table]) : NULL;
}

static int check_name(const char *name, err *e)
{
    size_t length = strlen(name);
    if (length < 1 || length >= CODEC_KIND_MAX ||
        strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") != length)
        return err_set(e, ERR_INVALID,
                       "the codec kind '%.32s': a name has 1 to %d lower-case letters, digits and "
                       "dashes",
                       name, CODEC_KIND_MAX - 1);
    return ERR_NONE;
}

static int add(const codec_kind *kind, err *e)
{
    const codec_kind *other;
    size_t i = 0;
    for (; (other = codec_kind_at(i)); i++)
        if (strcmp(other->name, kind->name) == 0)
            return err_set(e, ERR_INVALID, "a codec kind '%s' exists already", kind->name);
    i -= table_size();
    if (i >= CODEC_KINDS_ADDED_MAX)
        return err_set(e, ERR_STATE, "%d codec kinds are registered already, the maximum",
                       CODEC_KINDS_ADDED_MAX);
    atomic_store(&added[i], kind);
    return ERR_NONE;
}

int codec_kind_add(const codec_kind *kind, err *e)
{
    int rc = check_name(kind->name, e);
    if (rc != ERR_NONE)
        return rc;
    pthread_mutex_lock(&adding);
    rc = add(kind, e);
    pthread_mutex_unlock(&adding);
    return rc;
}
