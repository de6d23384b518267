/* steps.h: a session under construction: its slots and steps, and helpers for the passes
 * (passes.h). Internal to nn. */
#ifndef NN_STEPS_H
#define NN_STEPS_H

#include "nn/graph.h"

/* One value of the model, with its shape and memory. */
typedef struct nn_slot {
    nn_tensor t;        /* t.data: set from the start for constants, by nn_plan for the rest */
    bool constant;      /* known before a run */
    bool trained;       /* a constant whose values change between runs */
    bool input, output; /* of the whole graph */
    int producer;       /* step; -1: input or constant */
    int uses;           /* by remaining steps, and as an output */
    int root;           /* the slot that contains its memory; itself if it has its own */
    size_t offset;      /* in bytes from the start of the root */
} nn_slot;

struct nn_session {
    const nn_model *model;
    nn_session_options options;
    float *const *trained; /* NULL, or nn_session_open_training's */
    nn_pool pool;
    int n_slots, n_steps, n_runs;
    nn_slot *slots;
    nn_step *steps;
    const nn_step **runs; /* the remaining steps, in order */
    nn_tensor **inputs, **outputs;
    size_t arena_bytes;
};

/* Recounts the slots' uses and drops steps with unused outputs. */
void nn_drop_unused(nn_session *s);

/* Whether the step has nothing to compute. Its other sizes can still be huge. */
bool nn_is_empty(const nn_step *step);

bool nn_is_op(const nn_step *step, const char *name);

/* The step that produces input k, if nothing else reads its output. */
nn_step *nn_only_producer(nn_session *s, const nn_step *step, int k);

/* Whether input k exists and is known before a run. */
bool nn_is_constant(const nn_session *s, const nn_step *step, int k);

/* The message for a session that exceeds its memory limit; returns ERR_NOMEM. */
int nn_no_memory(const nn_session *s, err *e);

#endif
