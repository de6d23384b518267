#!/usr/bin/python3
"""Writes toy.encoder.onnx and toy.decoder.onnx, a pair with memory, and what numpy makes of a sequence.

    make.py    in this folder; needs python3-onnx and python3-numpy

The encoder is an LSTM between two dense layers, the decoder a GRU (linear_before_reset); images are 2 x 8 x 4.
sequence.npy holds one row a report: image x[64], codeword s[8], image y[64], all in float32, computed in
double by the equations of the ONNX operators.
"""
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

NT, NI, CODE, HIDDEN, REPORTS = 8, 4, 8, 6, 12
IMAGE = 2 * NT * NI
draw = np.random.RandomState(1)


def weights(*shape):
    return (draw.standard_normal(shape) * 0.4).astype(np.float32)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def port(name, *shape):
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)


def save(name, nodes, inputs, outputs, constants):
    graph = helper.make_graph(nodes, name, inputs, outputs,
                              [numpy_helper.from_array(np.asarray(v), k) for k, v in constants.items()])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], producer_name="make.py")
    model.ir_version = 8
    onnx.checker.check_model(model)
    onnx.save(model, f"toy.{name}.onnx")


def layer(gates, inputs):
    return {"W": weights(1, gates * HIDDEN, inputs), "R": weights(1, gates * HIDDEN, HIDDEN),
            "B": weights(1, 2 * gates * HIDDEN)}


encoder = layer(4, IMAGE) | {"V": weights(HIDDEN, CODE)}
decoder = layer(3, CODE) | {"V": weights(HIDDEN, IMAGE)}
state = [("memory_h", 1, 1, HIDDEN), ("memory_c", 1, 1, HIDDEN)]
save("encoder",
     [helper.make_node("Reshape", ["x", "flat"], ["f"]),
      helper.make_node("LSTM", ["f", "W", "R", "B", "", "memory_h", "memory_c"],
                       ["", "memory_h_next", "memory_c_next"], hidden_size=HIDDEN),
      helper.make_node("Squeeze", ["memory_h_next", "first"], ["h"]),
      helper.make_node("MatMul", ["h", "V"], ["s"])],
     [port("x", "n", 2, NT, NI), *(port(*p) for p in state)],
     [port("s", "n", CODE), *(port(p[0] + "_next", *p[1:]) for p in state)],
     encoder | {"flat": np.int64([1, -1, IMAGE]), "first": np.int64([0])})
save("decoder",
     [helper.make_node("Unsqueeze", ["s", "first"], ["f"]),
      helper.make_node("GRU", ["f", "W", "R", "B", "", "memory_h"], ["", "memory_h_next"], hidden_size=HIDDEN,
                       linear_before_reset=1),
      helper.make_node("Squeeze", ["memory_h_next", "first"], ["h"]),
      helper.make_node("MatMul", ["h", "V"], ["g"]),
      helper.make_node("Sigmoid", ["g"], ["k"]),
      helper.make_node("Reshape", ["k", "image"], ["y"])],
     [port("s", "n", CODE), port(*state[0])],
     [port("y", "n", 2, NT, NI), port("memory_h_next", *state[0][1:])],
     decoder | {"image": np.int64([-1, 2, NT, NI]), "first": np.int64([0])})


def parts(x, count):
    return np.split(x, count)


def lstm(p, x, h, c):
    wb, rb = parts(p["B"][0], 2)
    i, o, f, g = parts(p["W"][0] @ x + wb + p["R"][0] @ h + rb, 4)  # ONNX's order of gates
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(c), c


def gru(p, x, h):
    wb, rb = parts(p["B"][0], 2)
    (xz, xr, xh), (hz, hr, hh) = parts(p["W"][0] @ x + wb, 3), parts(p["R"][0] @ h + rb, 3)
    z = sigmoid(xz + hz)
    return (1 - z) * np.tanh(xh + sigmoid(xr + hr) * hh) + z * h


encoder, decoder = ({k: v.astype(np.float64) for k, v in p.items()} for p in (encoder, decoder))
h, c, k, rows = np.zeros(HIDDEN), np.zeros(HIDDEN), np.zeros(HIDDEN), []
for _ in range(REPORTS):
    x = draw.random_sample(IMAGE).astype(np.float32)
    h, c = lstm(encoder, x, h, c)
    s = h @ encoder["V"]
    k = gru(decoder, s, k)
    rows.append(np.concatenate([x, s, sigmoid(k @ decoder["V"])]))
np.save("sequence.npy", np.float32(rows))
