"""Runs an ONNX model in onnxruntime: python3 other_runtime.py MODEL INPUT OUTPUT DIM...

INPUT and OUTPUT are raw little-endian floats, DIM... the shape of one input; INPUT holds several,
which are run one by one. Exit status 77: there is no onnxruntime here."""
import sys

try:
    import numpy
    import onnxruntime
except ImportError:
    sys.exit(77)

model, given, wanted, *dims = sys.argv[1:]
options = onnxruntime.SessionOptions()
# Off, so that every node is what the file says.
options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
name = session.get_inputs()[0].name
shape = [int(d) for d in dims]
samples = numpy.fromfile(given, dtype="<f4").reshape([-1] + shape)
outputs = [session.run(None, {name: x})[0] for x in samples]
numpy.stack(outputs).astype("<f4").tofile(wanted)
