/* activation.h: the activations that a kernel applies before it stores its result. */
#ifndef NN_KERNELS_ACTIVATION_H
#define NN_KERNELS_ACTIVATION_H

typedef enum nn_activation {
    NN_ACT_NONE,
    NN_ACT_RELU,
    NN_ACT_LEAKY_RELU, /* x < 0: alpha x */
    NN_ACT_SIGMOID,
    NN_ACT_TANH,
} nn_activation;

#endif
