/* fake.h: fake quantization inside one grad_net, as in nn/grad.h. Internal to the net, which calls
 * these functions at the times given. */
#ifndef NN_GRAD_FAKE_H
#define NN_GRAD_FAKE_H

#include "nn/grad/backward.h"
#include "nn/grad/quantize.h"
#include "nn/steps.h"

typedef struct grad_fake grad_fake;

/* NULL on failure. `w` and `q` must outlive it. Free with grad_fake_free (NULL allowed). */
grad_fake *grad_fake_open(const grad_weights *weights, const grad_quantization *q, err *e);
void grad_fake_free(grad_fake *fake);

/* Before opening the session: replaces the trained weights by the rounded ones. */
void grad_fake_redirect(const grad_fake *fake, float **trained);

/* Before binding the steps: gives quantized layers copies of their forward step that read a rounded
 * input. */
int grad_fake_attach(grad_fake *fake, const nn_session *s, grad_step *steps, int n_steps, err *e);

/* After binding the steps: if activations can be clipped, their gradient goes through separate
 * memory. */
int grad_fake_bind(grad_fake *fake, grad_step *steps, int n_steps, err *e);

/* Rounds the weights again. */
void grad_fake_refresh(const grad_fake *fake);

/* Before step i runs forward: rounds its input, unless an earlier layer has done so. */
void grad_fake_forward(const grad_fake *fake, int i);

/* After step i ran backward. */
void grad_fake_backward(const grad_fake *fake, const grad_step *step, int i);

/* After all of them: stops gradients of binary weights beyond 1. */
void grad_fake_finish(const grad_fake *fake, float *gradients);

#endif
