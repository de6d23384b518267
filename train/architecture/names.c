#include "train/architecture/names.h"

#include <string.h>

int arch_bind(arch_emitter *m, const char *name)
{
    if (strcmp(name, "previous") == 0 || strcmp(name, "input") == 0)
        return arch_fail(m, ERR_INVALID, "'%s' already names a value", name);
    for (int i = m->scope->bound; i < m->n_bound; i++)
        if (strcmp(m->bound[i].name, name) == 0)
            return arch_fail(m, ERR_INVALID, "two layers here are named '%s'", name);
    if (m->n_bound == ARCH_BOUND_MAX)
        return arch_fail(m, ERR_UNSUPPORTED, "more than %d named values are in scope",
                         ARCH_BOUND_MAX);
    m->bound[m->n_bound].name = name;
    m->bound[m->n_bound++].value = m->at;
    return 0;
}

int arch_look_up(arch_emitter *m, const char *name, arch_value *value)
{
    *value = m->at;
    if (strcmp(name, "previous") == 0)
        return 0;
    for (int i = m->n_bound; i-- > 0;) {
        if (strcmp(m->bound[i].name, name) == 0) {
            *value = m->bound[i].value;
            return 0;
        }
    }
    return arch_fail(m, ERR_INVALID,
                     "no layer in scope is named '%s' (as: %s); use previous, input or a name "
                     "given by `as` before this layer",
                     name, name);
}

/* Names become parts of names in the graph. */
int arch_check_name(arch_emitter *m, const char *name)
{
    if (name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")])
        return arch_fail(m, ERR_INVALID, "the name '%s' may have letters, digits, _ and - only",
                         name);
    /* The graph uses these prefixes for untrained constants and for shared matrices. */
    if (strcmp(name, "const") == 0 || strcmp(name, "tied") == 0)
        return arch_fail(m, ERR_INVALID, "'%s' cannot name a layer; choose another name", name);
    return 0;
}
