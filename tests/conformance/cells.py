#!/usr/bin/python3
"""Writes cells_vectors.h, which test_cells.c compares with: one step of PyTorch's LSTMCell and
GRUCell and of a convolutional LSTM made of its Conv2d, from a state that is not zero, and the
gradients of sum(h') + 0.5 sum(c') with respect to the input, the state and the weights.

    python3 tests/conformance/cells.py > tests/conformance/cells_vectors.h

Numbers are those of numbers() below, in PyTorch's own layout of weights; float64 throughout."""
import math
import torch

torch.set_default_dtype(torch.float64)


def numbers(shape, stream):
    count = math.prod(shape)
    values = [0.6 * math.sin(1.7 * (k + 1) + 0.9 * stream) for k in range(count)]
    return torch.tensor(values).reshape(shape).requires_grad_()


def show(name, tensor):
    values = ", ".join("%.9g" % v for v in tensor.detach().flatten().tolist())
    print("static const double %s[] = {%s};" % (name, values))


def finish(what, out, leaves):
    loss = out[0].sum() + (0.5 * out[1].sum() if len(out) > 1 else 0)
    loss.backward()
    for name, tensor in zip(("h", "c"), out):
        show("%s_%s" % (what, name), tensor)
    for name, leaf in leaves.items():
        show("%s_d_%s" % (what, name), leaf.grad)


def lstm(units, inputs):
    x, h, c = numbers((1, inputs), 1), numbers((1, units), 2), numbers((1, units), 3)
    w, u = numbers((4 * units, inputs), 4), numbers((4 * units, units), 5)
    b, zero = numbers((4 * units,), 6), torch.zeros(4 * units)
    h1, c1 = torch.lstm_cell(x, (h, c), w, u, b, zero)
    finish("lstm", (h1, c1), {"x": x, "h": h, "c": c, "w": w, "u": u, "b": b})


def gru(units, inputs):
    x, h = numbers((1, inputs), 1), numbers((1, units), 2)
    w, u = numbers((3 * units, inputs), 4), numbers((3 * units, units), 5)
    b, d = numbers((3 * units,), 6), numbers((3 * units,), 7)
    finish("gru", (torch.gru_cell(x, h, w, u, b, d),),
           {"x": x, "h": h, "w": w, "u": u, "b": b, "d": d})


def convlstm(out, channels, rows, columns):
    x = numbers((1, channels, rows, columns), 1)
    h, c = numbers((1, out, rows, columns), 2), numbers((1, out, rows, columns), 3)
    w, b = numbers((4 * out, channels + out, 3, 3), 4), numbers((4 * out,), 6)
    gates = torch.nn.functional.conv2d(torch.cat((x, h), 1), w, b, padding=1)
    i, f, g, o = gates.chunk(4, 1)
    c1 = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
    h1 = torch.sigmoid(o) * torch.tanh(c1)
    finish("convlstm", (h1, c1), {"x": x, "h": h, "c": c, "w": w, "b": b})


print("/* Made by tests/conformance/cells.py with PyTorch %s. */" % torch.__version__.split("+")[0])
print("/* clang-format off */")
lstm(3, 4)
gru(3, 4)
convlstm(2, 1, 2, 4)
