/* session.h: a session while it is built, and the passes that build it. Internal to nn. */
#ifndef NN_SESSION_H
#define NN_SESSION_H

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
    float *const *trained; /* NULL, or what nn_session_open_training was given */
    nn_pool pool;
    int n_slots, n_steps, n_runs;
    nn_slot *slots;
    nn_step *steps;
    const nn_step **runs; /* the steps that are not gone, in order */
    nn_tensor **inputs, **outputs;
    size_t arena_bytes;
};

/* For training: one step for each node, no views, nothing fused but Relu and LeakyRelu into the
 * batch norms before them (memory traffic is what they cost); every value keeps memory of its own
 * until the next run. trained[v], for each of the model's values (NULL: it stays as the model
 * has it), stands in place of the data of constant v. It belongs to the caller, several sessions
 * may share it, and nothing computed from it is folded. The array of pointers is read while the
 * session is opened only. */
nn_session *nn_session_open_training(const nn_model *model, int64_t batch, float *const *trained,
                                     err *e);

/* After values in `trained` changed: operators that keep something computed from them (packed
 * weights) compute it anew. */
void nn_session_refresh(nn_session *s);

/* The passes, in order. Each returns 0 or an error that names the node. */
int nn_infer(nn_session *s, err *e);         /* shapes; folds what depends on constants only */
int nn_fuse_training(nn_session *s, err *e); /* instead, for training */
int nn_fuse(nn_session *s, err *e); /* batch norm, activations, residuals into convolutions */
int nn_plan(nn_session *s, err *e); /* views, concat in place, kernels, one arena */

/* Counts slots' uses anew and drops steps whose outputs nobody reads. */
void nn_drop_unused(nn_session *s);

/* Has the step nothing to compute? Its other sizes may still be astronomic. */
bool nn_is_empty(const nn_step *step);

int nn_no_memory(const nn_session *s, err *e);

#endif
