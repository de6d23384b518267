"""Runs an ONNX model in onnxruntime: python3 other_runtime.py MODEL INPUT OUTPUT DIM...

INPUT and OUTPUT are raw little-endian floats. DIM... are the shapes of the model's inputs, with a /
between two inputs. INPUT holds samples, which are run one by one; a sample has the values of all
inputs, one input after the other. OUTPUT gets the first output of each. Exit status 77: there is no onnxruntime here."""
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
names = [port.name for port in session.get_inputs()]
shapes = [[int(d) for d in words.split()] for words in " ".join(dims).split("/")]
ends = numpy.cumsum([numpy.prod(shape) for shape in shapes])
samples = numpy.fromfile(given, dtype="<f4").reshape(-1, ends[-1])
outputs = []
for sample in samples:
    parts = numpy.split(sample, ends[:-1])
    feeds = {name: part.reshape(shape) for name, part, shape in zip(names, parts, shapes)}
    outputs.append(session.run(None, feeds)[0])
numpy.stack(outputs).astype("<f4").tofile(wanted)
