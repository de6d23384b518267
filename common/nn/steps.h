/* steps.h: a session while it is built: its slots and steps, and what all the passes over them
 * (passes.h) ask of these. Internal to nn. */
#ifndef NN_STEPS_H
#define NN_STEPS_H

#include "nn/graph.h"

/* One value of the model, with its shape and where it lives. */
typedef struct nn_slot {
    nn_tensor t;        /* t.data: set from the start for constants, by nn_plan for the rest */
    bool constant;      /* known before any run */
    bool trained;       /* a constant whose values change between runs */
    bool input, output; /* of the whole graph */
    int producer;       /* step; -1: input or constant */
    int uses;           /* by steps that are not gone, and as an output */
    int root;           /* the slot whose memory it is a piece of; itself when it has its own */
    size_t offset;      /* bytes from the root's beginning */
} nn_slot;

struct nn_session {
    const nn_model *model;
    nn_session_options options;
    float *const *trained; /* NULL, or what nn_session_open_training got */
    nn_pool pool;
    int n_slots, n_steps, n_runs;
    nn_slot *slots;
    nn_step *steps;
    const nn_step **runs; /* the steps that are not gone, in order */
    nn_tensor **inputs, **outputs;
    size_t arena_bytes;
};

/* Counts slots' uses anew and drops steps whose outputs nobody reads. */
void nn_drop_unused(nn_session *s);

/* Has the step nothing to compute? Its other sizes may still be astronomic. */
bool nn_is_empty(const nn_step *step);

bool nn_is_op(const nn_step *step, const char *name);

/* The step that makes input k, if nothing else reads what it makes. */
nn_step *nn_only_producer(nn_session *s, const nn_step *step, int k);

/* Is input k there, and known before any run? */
bool nn_is_constant(const nn_session *s, const nn_step *step, int k);

/* The message for a session that its memory limit stopped; returns ERR_NOMEM. */
int nn_no_memory(const nn_session *s, err *e);

#endif
