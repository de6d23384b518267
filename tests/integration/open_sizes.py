#!/usr/bin/env python3
"""Writes into the folder given a pair that loses nothing and leaves rows and columns open, space to depth by two
and back, and sets of images of several sizes."""
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

folder = sys.argv[1]
weights = np.zeros((8, 2, 2, 2), np.float32)
for plane in range(2):
    for row in range(2):
        for column in range(2):
            weights[4 * plane + 2 * row + column, plane, row, column] = 1
IMAGE, CODEWORD = ["n", 2, "rows", "columns"], ["n", 8, "a", "b"]


def save(name, op, taken, given):
    ports = [helper.make_tensor_value_info(n, TensorProto.FLOAT, s) for n, s in (("x", taken), ("y", given))]
    node = helper.make_node(op, ["x", "w"], ["y"], strides=[2, 2])
    graph = helper.make_graph([node], "g", ports[:1], ports[1:], [numpy_helper.from_array(weights, "w")])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)])
    model.ir_version = 8
    onnx.save(model, "%s/open.%s.onnx" % (folder, name))


save("encoder", "Conv", IMAGE, CODEWORD)
save("decoder", "ConvTranspose", CODEWORD, IMAGE)
random = np.random.RandomState(1)
for nt, ni in ((16, 64), (32, 32), (15, 64)):
    images = np.clip(0.5 + 0.1 * random.standard_normal((20, 2, nt, ni)), 0, 1).astype(np.float32)
    images[:, 0, 0, 0], images[:, 0, 0, 1] = 1, 0
    np.save("%s/%dx%d.npy" % (folder, nt, ni), images)
