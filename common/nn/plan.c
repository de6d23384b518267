/* Assigns memory to every value. Views share the memory of their source; parts of a Concat are
 * written directly into it; the rest is packed into one arena by lifetimes. */
#include <stdlib.h>
#include <string.h>

#include "nn/arena.h"
#include "nn/passes.h"

/* The slot that contains the memory of `id`, and the offset in it. */
static int find_root(const nn_session *s, int id, size_t *offset)
{
    *offset = 0;
    while (s->slots[id].root != id) {
        *offset += s->slots[id].offset;
        id = s->slots[id].root;
    }
    return id;
}

/* An output must keep its value while the caller writes the next input, so it cannot be a view of
 * one. */
static bool may_view(const nn_session *s, const nn_step *step, int k)
{
    size_t offset;
    if (step->out_id[k] < 0)
        return true;
    const nn_slot *root = &s->slots[find_root(s, step->in_id[0], &offset)];
    return !(s->slots[step->out_id[k]].output && root->input);
}

/* Removes steps with outputs that are all pieces of their input. */
static void resolve_views(nn_session *s)
{
    for (int i = 0; i < s->n_steps; i++) {
        nn_step *step = &s->steps[i];
        bool all = !step->gone && step->op->view && step->activation == NN_ACT_NONE;
        size_t offset;
        for (int k = 0; all && k < step->n_out; k++)
            all = step->op->view(step, k, &offset) && may_view(s, step, k);
        for (int k = 0; all && k < step->n_out; k++) {
            if (step->out_id[k] < 0)
                continue;
            nn_slot *out = &s->slots[step->out_id[k]];
            step->op->view(step, k, &out->offset);
            out->root = step->in_id[0];
        }
        step->gone |= all;
    }
}

/* Whether input k can be written inside output 0: it must fill its own memory, written by a step.
 */
static bool can_write_inside(const nn_session *s, const nn_step *step, int k, int *root,
                             size_t *offset)
{
    size_t inside;
    if (step->in_id[k] < 0 || !step->op->inside(step, k, offset))
        return false;
    *root = find_root(s, step->in_id[k], &inside);
    const nn_slot *r = &s->slots[*root];
    return inside == 0 && !r->constant && !r->input && r->t.bytes == step->in[k]->bytes &&
           *root != step->out_id[0];
}

static void write_parts_inside(nn_session *s)
{
    for (int i = 0; i < s->n_steps; i++) {
        nn_step *step = &s->steps[i];
        if (step->gone || !step->op->inside)
            continue;
        int root, inside = 0;
        size_t offset;
        for (int k = 0; k < step->n_in; k++)
            if (can_write_inside(s, step, k, &root, &offset)) {
                s->slots[root].root = step->out_id[0];
                s->slots[root].offset = offset;
                inside++;
            }
        step->gone = inside == step->n_in;
    }
}

/* --- the arena ---------------------------------------------------------------------------------
 */

static void touch(const nn_session *s, nn_region *regions, int id, int when)
{
    size_t offset;
    if (id < 0)
        return;
    nn_region *r = &regions[find_root(s, id, &offset)];
    /* NOLINTNEXTLINE(clang-analyzer-core.UndefinedBinaryOperatorResult): all were set */
    if (r->first < 0 || when < r->first)
        r->first = when;
    if (when > r->last)
        r->last = when;
}

/* Inputs are written at time 0, step i runs at i + 1, outputs are read after the last step.
 * Training reads every value after the last step. */
static void find_lifetimes(const nn_session *s, nn_region *regions)
{
    for (int i = 0; i < s->n_slots; i++)
        regions[i] = (nn_region){.slot = i, .first = -1, .last = -1};
    for (int i = 0; i < s->n_steps; i++) {
        const nn_step *step = &s->steps[i];
        for (int k = 0; k < step->n_in && !step->gone; k++)
            touch(s, regions, step->in_id[k], i + 1);
        for (int k = 0; k < step->n_out && !step->gone; k++)
            touch(s, regions, step->out_id[k], i + 1);
        if (!step->gone)
            touch(s, regions, step->residual_id, i + 1);
    }
    for (int i = 0; i < s->n_slots; i++) {
        bool kept = s->options.keep && regions[i].first >= 0;
        if (s->slots[i].input || kept)
            touch(s, regions, i, 0);
        if (s->slots[i].input || s->slots[i].output || kept)
            touch(s, regions, i, s->n_steps + 1);
    }
}

/* Moves the regions that need memory to the front, and returns their number. */
static int choose_regions(const nn_session *s, nn_region *regions)
{
    int n = 0;
    for (int i = 0; i < s->n_slots; i++) {
        const nn_slot *slot = &s->slots[i];
        if (slot->root != i || slot->constant || regions[i].first < 0)
            continue;
        regions[n] = regions[i];
        regions[n++].bytes = nn_arena_align(slot->t.bytes);
    }
    return n;
}

static int refuse_size(const nn_session *s, size_t scratch_bytes, const nn_region *largest, err *e)
{
    return err_set(e, ERR_NOMEM,
                   "no memory: a run needs %zu MiB (the largest, '%s', %zu MiB) within the "
                   "session's limit of %zu MiB",
                   (s->arena_bytes + scratch_bytes) >> 20,
                   largest ? s->model->values[largest->slot].name : "",
                   largest ? largest->bytes >> 20 : 0, s->pool.limit >> 20);
}

static int bind_memory(nn_session *s, const nn_region *regions, int n, err *e)
{
    size_t scratch_bytes = 0, offset;
    for (int i = 0; i < s->n_steps; i++)
        if (!s->steps[i].gone && s->steps[i].scratch_bytes > scratch_bytes)
            scratch_bytes = s->steps[i].scratch_bytes;
    char *arena = nn_pool_alloc(&s->pool, s->arena_bytes);
    void *scratch = nn_pool_alloc(&s->pool, scratch_bytes);
    if (!arena || !scratch)
        return refuse_size(s, scratch_bytes, n ? &regions[0] : NULL, e);
    for (int i = 0; i < n; i++)
        s->slots[regions[i].slot].t.data = arena + regions[i].at;
    for (int i = 0; i < s->n_slots; i++) {
        int root = find_root(s, i, &offset);
        char *base = s->slots[root].t.data;
        if (root != i && base && !s->slots[i].constant)
            s->slots[i].t.data = base + offset;
    }
    for (int i = 0; i < s->n_steps; i++)
        s->steps[i].scratch = scratch;
    return 0;
}

static int plan_arena(nn_session *s, err *e)
{
    nn_region *regions = malloc((size_t)(s->n_slots + 1) * sizeof *regions);
    if (!regions)
        return nn_no_memory(s, e);
    find_lifetimes(s, regions);
    int n = choose_regions(s, regions);
    int rc = nn_arena_lay_out(regions, n, &s->arena_bytes) ? nn_no_memory(s, e) : 0;
    if (!rc)
        rc = bind_memory(s, regions, n, e);
    free(regions);
    return rc;
}

static int prepare_steps(nn_session *s, err *e)
{
    s->runs = nn_pool_array(&s->pool, (size_t)s->n_steps, sizeof(const nn_step *));
    if (!s->runs)
        return nn_no_memory(s, e);
    for (int i = 0; i < s->n_steps; i++) {
        nn_step *step = &s->steps[i];
        step->gone |= nn_is_empty(step);
        if (step->gone)
            continue;
        if (step->op->prepare && step->op->prepare(step, e))
            return nn_node_error(step->node, e);
        s->runs[s->n_runs++] = step;
    }
    return 0;
}

int nn_plan(nn_session *s, err *e)
{
    if (!s->options.unfused) {
        resolve_views(s);
        write_parts_inside(s);
    }
    int rc = prepare_steps(s, e);
    return rc ? rc : plan_arena(s, e);
}
