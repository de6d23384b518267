#!/usr/bin/env python3
"""Writes node tests into the folder given: the ONNX project's own (python3-onnx), and cases of
operators or forms that it lacks, computed here with numpy, term by term.

numpy has dropped the aliases that onnx 1.12 uses; they are put back first.
"""
import math
import os
import sys

import numpy as np

for name, kind in (("float", float), ("int", int), ("bool", bool), ("object", object), ("str", str)):
    setattr(np, name, kind)

import onnx
from onnx import helper, numpy_helper
from onnx.backend.test.cmd_tools import main

folder = sys.argv[1]
sys.argv = ["cmd_tools", "generate-data", "-o", folder]
main()

random = np.random.RandomState(1)


def some(*shape):
    return random.standard_normal(shape).astype(np.float32)


def save(name, model, inputs, outputs):
    """The files of one case, as the ONNX project has them."""
    data = os.path.join(folder, "node", "test_csilink_" + name, "test_data_set_0")
    os.makedirs(data)
    onnx.save(model, os.path.join(os.path.dirname(data), "model.onnx"))
    for kind, tensors in (("input", inputs), ("output", outputs)):
        for i, t in enumerate(tensors):
            with open(os.path.join(data, "%s_%d.pb" % (kind, i)), "wb") as f:
                f.write(numpy_helper.from_array(t).SerializeToString())


def write(name, op, opset, inputs, outputs, **attributes):
    """One case: a node of `op`, its inputs (None: absent) and what it must give."""
    names = ["" if x is None else "x%d" % i for i, x in enumerate(inputs)]
    given = [(n, x) for n, x in zip(names, inputs) if x is not None]
    kinds = onnx.mapping.NP_TYPE_TO_TENSOR_TYPE
    results = ["y%d" % i for i in range(len(outputs))]
    node = helper.make_node(op, names, results, **attributes)
    graph = helper.make_graph(
        [node], name,
        [helper.make_tensor_value_info(n, kinds[x.dtype], x.shape) for n, x in given],
        [helper.make_tensor_value_info(n, kinds[y.dtype], y.shape) for n, y in zip(results, outputs)])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)])
    model.ir_version = 8
    save(name, model, [x for _, x in given], outputs)


def elementwise(name, op, opset, function, **attributes):
    x = np.concatenate([some(50), np.float32([0, -0.0, 5, -5, 25, -25])]).astype(np.float32)
    y = np.array([function(float(v)) for v in x], np.float32)
    write(name, op, opset, [x], [y], **attributes)


def soft_plus(v):
    return v if v > 20 else math.log1p(math.exp(v))


elementwise("gelu", "Gelu", 20, lambda v: v * 0.5 * (1 + math.erf(v / math.sqrt(2))))
elementwise("gelu_none", "Gelu", 20, lambda v: v * 0.5 * (1 + math.erf(v / math.sqrt(2))),
            approximate="none")
elementwise("gelu_tanh", "Gelu", 20,
            lambda v: 0.5 * v * (1 + math.tanh(math.sqrt(2 / math.pi) * (v + 0.044715 * v ** 3))),
            approximate="tanh")
elementwise("mish", "Mish", 18, lambda v: v * math.tanh(soft_plus(v)))

for case, equation, shapes in (
        ("attention", "bhid,bhjd->bhij", [(2, 3, 5, 4), (2, 3, 6, 4)]),
        ("weighted", "bhij,bhjd->bihd", [(2, 3, 5, 6), (2, 3, 6, 4)]),
        ("dense", "nij,jk->nik", [(3, 4, 5), (5, 6)]),
        ("outer", "i,j->ij", [(3,), (4,)]),
        ("rows", "...ij,...jk->...ik", [(2, 1, 3, 4), (5, 4, 2)]),
        ("implicit", "ij,jk", [(3, 4), (4, 5)]),
        ("implicit_dots", "...ij->...ji", [(2, 3, 4)]),
        ("diagonal", "bii->bi", [(2, 4, 4)]),
        ("trace", "ii", [(4, 4)]),
        ("sum_one_side", "ij,kj->i", [(3, 4), (5, 4)]),
        ("three", "ab,bc,cd->ad", [(2, 3), (3, 4), (4, 5)]),
        ("capitals", "aB,Bc -> ca", [(2, 3), (3, 4)]),
        ("all", "ij->", [(3, 4)])):
    x = [some(*s) for s in shapes]
    y = np.einsum(equation, *[t.astype(np.float64) for t in x])
    write("einsum_" + case, "Einsum", 12, x, [np.asarray(y, np.float32)], equation=equation)

x = some(2, 6, 3, 4)
for opset, count in ((18, 3), (21, 6)):
    scale, bias = some(count), some(count)
    groups = x.astype(np.float64).reshape(2, 3, -1)
    normal = groups - groups.mean(2, keepdims=True)
    normal = (normal / np.sqrt((normal ** 2).mean(2, keepdims=True) + 1e-2)).reshape(x.shape)
    each = [np.repeat(t, 6 // count)[None, :, None, None] for t in (scale, bias)]
    write("group_normalization_%d" % opset, "GroupNormalization", opset, [x, scale, bias],
          [(normal * each[0] + each[1]).astype(np.float32)], num_groups=3, epsilon=1e-2)


x = some(1, 8, 2, 3)
spread = x.reshape(1, 2, 2, 2, 2, 3).transpose(0, 3, 4, 1, 5, 2).reshape(1, 2, 4, 6)
write("depth_to_space", "DepthToSpace", 13, [x], [spread], blocksize=2)
write("space_to_depth", "SpaceToDepth", 13, [spread], [x], blocksize=2)
x, at = some(3, 4), np.int64([[0, -1, 2], [3, 3, 1]])
write("gather_elements", "GatherElements", 13, [x, at], [np.take_along_axis(x[:2], at, 1)], axis=1)
write("trilu", "Trilu", 14, [x, np.array(1, np.int64)], [np.tril(x, 1)], upper=0)
write("arg_max", "ArgMax", 13, [x], [np.argmax(x, 1).reshape(3, 1)], axis=1)

def sigmoid(v):
    return 1 / (1 + np.exp(-v))


def recur(kind, x, w, r, b, h, c, backward, lengths=None, reset_product=False, peephole=None,
          couple=False):
    """ONNX's equations, one sample and step after the other, in double precision."""
    steps, batch, _ = x.shape
    n = r.shape[1]
    y = np.zeros((steps, batch, n))
    h, c = h.astype(float).copy(), c.astype(float).copy()
    wb, rb = b[:len(b) // 2], b[len(b) // 2:]
    for at in range(batch):
        length = steps if lengths is None else lengths[at]
        for t in (reversed(range(length)) if backward else range(length)):
            if kind == "LSTM":
                i, o, f, g = np.split(w @ x[t, at] + r @ h[at] + wb + rb, 4)
                p = np.zeros((3, n)) if peephole is None else peephole.reshape(3, n)
                i = sigmoid(i + p[0] * c[at])
                f = 1 - i if couple else sigmoid(f + p[2] * c[at])
                c[at] = f * c[at] + i * np.tanh(g)
                h[at] = sigmoid(o + p[1] * c[at]) * np.tanh(c[at])
            elif kind == "GRU":
                wx, rh = np.split(w @ x[t, at] + wb, 3), np.split(r @ h[at] + rb, 3)
                z, s = sigmoid(wx[0] + rh[0]), sigmoid(wx[1] + rh[1])
                again = s * rh[2] if reset_product else r[2 * n:] @ (s * h[at]) + rb[2 * n:]
                h[at] = (1 - z) * np.tanh(wx[2] + again) + z * h[at]
            else:
                h[at] = np.tanh(w @ x[t, at] + r @ h[at] + wb + rb)
            y[t, at] = h[at]
    return y, h, c


def recurrent(name, kind, directions, layout=0, lengths=None, peephole=False, **attributes):
    steps, batch, wide, n = 5, 3, 4, 6
    gates = {"LSTM": 4, "GRU": 3, "RNN": 1}[kind]
    x = some(steps, batch, wide)
    count = 2 if directions == "bidirectional" else 1
    w, r = some(count, gates * n, wide), some(count, gates * n, n)
    b, h, c = some(count, 2 * gates * n), some(count, batch, n), some(count, batch, n)
    p = some(count, 3 * n) if peephole else None
    y, last_h, last_c = [], [], []
    for d in range(count):
        got = recur(kind, x, w[d], r[d], b[d], h[d], c[d], d == 1 or directions == "reverse", lengths,
                    attributes.get("linear_before_reset", 0), p[d] if peephole else None,
                    attributes.get("input_forget", 0))
        for to, part in zip((y, last_h, last_c), got):
            to.append(part)
    y, last_h, last_c = np.stack(y, 1), np.stack(last_h), np.stack(last_c)
    if layout:
        x, y = x.transpose(1, 0, 2), y.transpose(2, 0, 1, 3)
        h, c, last_h, last_c = (t.transpose(1, 0, 2) for t in (h, c, last_h, last_c))
    inputs = [x, w, r, b, None if lengths is None else np.int32(lengths), h]
    outputs = [y, last_h]
    if kind == "LSTM":
        inputs += [c] + ([p] if peephole else [])
        outputs += [last_c]
    inputs = [t if t is None else np.ascontiguousarray(t) for t in inputs]
    outputs = [np.ascontiguousarray(t, np.float32) for t in outputs]
    if layout:
        attributes["layout"] = 1
    write(name, kind, 14, inputs, outputs, hidden_size=n, direction=directions, **attributes)


for kind in ("LSTM", "GRU", "RNN"):
    for directions in ("forward", "reverse", "bidirectional"):
        recurrent("%s_%s" % (kind.lower(), directions), kind, directions)
    recurrent(kind.lower() + "_batch_first", kind, "bidirectional", layout=1)
    recurrent(kind.lower() + "_lengths", kind, "bidirectional", lengths=[5, 2, 0])
for directions in ("forward", "bidirectional"):
    recurrent("gru_reset_product_" + directions, "GRU", directions, linear_before_reset=1)
recurrent("gru_reset_product_lengths", "GRU", "reverse", lengths=[1, 5, 3], linear_before_reset=1)
recurrent("lstm_peephole", "LSTM", "bidirectional", peephole=True)
recurrent("lstm_coupled", "LSTM", "forward", input_forget=1)

x = some(2, 3, 4)
write("pad_axes", "Pad", 18, [x, np.int64([1, 2, 0, 3]), np.float32(7), np.int64([-1, 0])],
      [np.pad(x, ((2, 3), (0, 0), (1, 0)), constant_values=7)])
write("pad_wrap", "Pad", 19, [x, np.int64([0, 2, 5, 0, 1, 6])],
      [np.pad(x, ((0, 0), (2, 1), (5, 6)), "wrap")], mode="wrap")
x = some(7, 2)
write("split_num_outputs", "Split", 18, [x], [x[:3], x[3:6], x[6:]], axis=0, num_outputs=3)
