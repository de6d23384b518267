#!/usr/bin/env python3
"""Writes seeds of fuzz_onnx into the folder given: y = x w with w in 16 bits, and in another file."""
import os
import sys

import numpy as np
from onnx import TensorProto, helper, numpy_helper

w = np.arange(16).reshape(4, 4)


def write(name, tensor):
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["x", "w"], ["y"])], "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 4])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", 4])], [tensor])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)])
    model.ir_version = 8
    with open(os.path.join(sys.argv[1], name), "wb") as f:
        f.write(model.SerializeToString())


def tensor(kind, data=b""):
    t = TensorProto(name="w", data_type=kind, dims=[4, 4])
    if data:
        t.raw_data = data
    return t


write("weights-float16", numpy_helper.from_array(w.astype(np.float16), "w"))
write("weights-bfloat16", tensor(TensorProto.BFLOAT16,
                                 (w.astype(np.float32).view(np.uint32) >> 16).astype(np.uint16).tobytes()))
outside = tensor(TensorProto.FLOAT)
outside.data_location = TensorProto.EXTERNAL
for key, value in (("location", "w.bin"), ("offset", "0"), ("length", "64")):
    entry = outside.external_data.add()
    entry.key, entry.value = key, value
write("weights-outside", outside)
