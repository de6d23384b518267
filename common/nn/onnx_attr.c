#include <string.h>

#include "nn/onnx_io.h"

#define AT(name) ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__##name

/* The letter of a type in nn_op.attrs; 0 for unsupported types. */
static char letter_of(const Onnx__AttributeProto *proto)
{
    switch (proto->type) {
    case AT(INT):
        return 'i';
    case AT(FLOAT):
        return 'f';
    case AT(STRING):
        return 's';
    case AT(TENSOR):
        return 't';
    case AT(INTS):
        return 'I';
    case AT(FLOATS):
        return 'F';
    case AT(STRINGS):
        return 'S';
    default:
        return 0;
    }
}

static const char *words_for(char letter)
{
    switch (letter) {
    case 'i':
        return "an integer";
    case 'f':
        return "a float";
    case 's':
        return "a string";
    case 't':
        return "a tensor";
    case 'I':
        return "a list of integers";
    case 'F':
        return "a list of floats";
    case 'S':
        return "a list of strings";
    default:
        return "a subgraph or another type that csilink does not handle";
    }
}

/* Finds "name:x" in a space-separated list and returns x; 0 if missing. */
static char listed_type(const char *list, const char *name)
{
    size_t length = strlen(name);
    for (const char *at = list; *at;) {
        size_t span = strcspn(at, " ");
        if (span == length + 2 && memcmp(at, name, length) == 0 && at[length] == ':')
            return at[length + 1];
        at += span + (at[span] == ' ');
    }
    return 0;
}

static int check_type(const Onnx__AttributeProto *proto, const nn_op *op, err *e)
{
    char want = listed_type(op->attrs, proto->name), have = letter_of(proto);
    if (proto->ref_attr_name && *proto->ref_attr_name)
        return err_set(e, ERR_UNSUPPORTED,
                       "attribute '%s' refers to a function's; inline functions", proto->name);
    if (!want)
        return err_set(e, ERR_UNSUPPORTED, "csilink does not know its attribute '%s'", proto->name);
    if (want != have)
        return err_set(e, ERR_FORMAT, "attribute '%s' is %s; it must be %s", proto->name,
                       words_for(have), words_for(want));
    if (want == 't' && !proto->t)
        return err_set(e, ERR_FORMAT, "attribute '%s' holds no tensor", proto->name);
    return 0;
}

static int copy_lists(const Onnx__AttributeProto *proto, nn_pool *pool, nn_attr *attr, err *e)
{
    attr->count = attr->type == 'I' ? proto->n_ints : proto->n_floats;
    int64_t *ints = nn_pool_array(pool, proto->n_ints, sizeof *ints);
    float *floats = nn_pool_array(pool, proto->n_floats, sizeof *floats);
    if (!ints || !floats)
        return err_set(e, ERR_NOMEM, "no memory for attribute '%s'", attr->name);
    if (proto->n_ints)
        memcpy(ints, proto->ints, proto->n_ints * sizeof *ints);
    if (proto->n_floats)
        memcpy(floats, proto->floats, proto->n_floats * sizeof *floats);
    attr->ints = ints;
    attr->floats = floats;
    return 0;
}

static int copy_strings(const Onnx__AttributeProto *proto, nn_pool *pool, nn_attr *attr, err *e)
{
    const char **strings = nn_pool_array(pool, proto->n_strings, sizeof *strings);
    for (size_t i = 0; strings && i < proto->n_strings; i++) {
        const ProtobufCBinaryData *s = &proto->strings[i];
        if (!(strings[i] = nn_pool_text(pool, (const char *)s->data, s->len)))
            strings = NULL;
    }
    if (!strings)
        return err_set(e, ERR_NOMEM, "no memory for attribute '%s'", attr->name);
    attr->count = proto->n_strings;
    attr->strings = strings;
    return 0;
}

static int copy_attr(const Onnx__AttributeProto *proto, nn_pool *pool, nn_attr *attr, err *e)
{
    attr->type = letter_of(proto);
    attr->name = nn_pool_text(pool, proto->name, strlen(proto->name));
    attr->i = proto->i;
    attr->f = proto->f;
    attr->s = nn_pool_text(pool, (const char *)proto->s.data, proto->s.len);
    if (!attr->name || !attr->s)
        return err_set(e, ERR_NOMEM, "no memory for attributes");
    if (attr->type == 't' && !(attr->tensor = nn_onnx_tensor(proto->t, pool, e)))
        return err_prefix(e, "attribute '%s'", attr->name);
    return attr->type == 'S' ? copy_strings(proto, pool, attr, e)
                             : copy_lists(proto, pool, attr, e);
}

int nn_onnx_attrs(const Onnx__NodeProto *proto, nn_pool *pool, nn_node *node, err *e)
{
    enum { MAX_ATTRS = 64 };
    if (proto->n_attribute > MAX_ATTRS)
        return err_set(e, ERR_FORMAT, "it has %zu attributes; no operator has more than %d",
                       proto->n_attribute, MAX_ATTRS);
    node->n_attrs = 0;
    node->attrs = nn_pool_array(pool, proto->n_attribute, sizeof *node->attrs);
    if (!node->attrs)
        return err_set(e, ERR_NOMEM, "no memory for attributes");
    for (size_t i = 0; i < proto->n_attribute; i++) {
        const Onnx__AttributeProto *a = proto->attribute[i];
        if (!a->name)
            return err_set(e, ERR_FORMAT, "attribute %zu has no name", i);
        if (nn_find_attr(node, a->name))
            return err_set(e, ERR_FORMAT, "attribute '%s' is given twice", a->name);
        int rc = check_type(a, node->op, e);
        if (!rc)
            rc = copy_attr(a, pool, &node->attrs[i], e);
        if (rc)
            return rc;
        node->n_attrs++;
    }
    return 0;
}
