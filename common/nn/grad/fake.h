/* fake.h: fake quantization inside one train_net; quantize.h says what it computes. Internal to the
 * net, which calls these at the moments that they name. */
#ifndef NN_GRAD_FAKE_H
#define NN_GRAD_FAKE_H

#include "nn/grad/backward.h"
#include "nn/grad/quantize.h"
#include "nn/steps.h"

typedef struct train_fake train_fake;

/* NULL on failure. Both must outlive it. Free with train_fake_free (NULL allowed). */
train_fake *train_fake_open(const train_weights *weights, const train_quantization *q, err *e);
void train_fake_free(train_fake *fake);

/* Before the session is opened: puts the rounded weights in place of the trained ones. */
void train_fake_redirect(const train_fake *fake, float **trained);

/* Before the steps are bound: those of quantized layers get copies of their forward step that read
 * a rounded input. */
int train_fake_attach(train_fake *fake, const nn_session *s, train_step *steps, int n_steps,
                      err *e);

/* After the steps are bound: where activations can be cut off, their gradient goes by way of
 * memory of its own. */
int train_fake_bind(train_fake *fake, train_step *steps, int n_steps, err *e);

/* Rounds the weights anew. */
void train_fake_refresh(const train_fake *fake);

/* Before step i runs forward: rounds its input, unless an earlier layer has had it rounded. */
void train_fake_forward(const train_fake *fake, int i);

/* After step i ran backward. */
void train_fake_backward(const train_fake *fake, const train_step *step, int i);

/* After all of them: stops gradients of binary weights beyond 1. */
void train_fake_finish(const train_fake *fake, float *gradients);

#endif
