#!/usr/bin/python3
"""Turns a Keras autoencoder of CSI images, its weights in HDF5, into an encoder and a decoder for csilink.

It needs no TensorFlow: the architecture is read from the JSON of model.to_json(), or from the .h5 of
model.save(), and the weights from the .h5. Images of the ONNX files are [n, 2, 32, 32] whatever data format
the network has: channels_last networks get them transposed, as CsiNet's scripts do it.
"""
import argparse
import json
import sys

try:
    import h5py
    import numpy
    import onnx
    from onnx import TensorProto, helper, numpy_helper
except ImportError as missing:
    sys.exit(f"from_keras.py: it needs the Python module {missing.name} "
             f"(Debian: apt install python3-{missing.name})")
import split_onnx
from split_onnx import ImportFailure

OPSET = 13
FILE_MAX = 1 << 30  # bytes of weights that are read
ACTIVATIONS = {"relu": "Relu", "sigmoid": "Sigmoid", "tanh": "Tanh", "softplus": "Softplus"}


class Tensor:
    """A tensor of the graph: its name in ONNX, and its shape behind the batch as Keras counts axes. One of
    three axes in a channels_last network is stored channels first all the same: `moved` says so."""

    def __init__(self, name, shape, moved=False):
        self.name, self.shape, self.moved = name, tuple(shape), moved


class Builder:
    """ONNX nodes and weights, made layer by layer."""

    def __init__(self, weights, channels_last):
        self.weights, self.channels_last = weights, channels_last
        self.nodes, self.constants, self.tensors = [], [], {}

    def constant(self, name, array):
        array = numpy.ascontiguousarray(array)
        self.constants.append(numpy_helper.from_array(array, name))
        return name

    def node(self, kind, inputs, output, **attributes):
        self.nodes.append(helper.make_node(kind, inputs, [output], output, **attributes))
        return output

    def weight(self, layer, name, shape):
        array = self.weights.get(layer, {}).get(name)
        if array is None:
            raise ImportFailure(f"the weights have no '{name}' of layer '{layer}'; they are another network's")
        if array.shape != tuple(shape):
            raise ImportFailure(f"'{name}' of layer '{layer}' is {array.shape}, the architecture wants "
                                f"{tuple(shape)}")
        return array

    def in_order(self, x, layer):
        """The tensor with its axes as Keras counts them."""
        if not x.moved:
            return x.name
        return self.node("Transpose", [x.name], f"{layer}/in", perm=[0, 2, 3, 1])

    def stored(self, name, shape, layer):
        """A tensor in Keras's order, brought into the order that this file stores images in."""
        if len(shape) == 3 and self.channels_last:
            return Tensor(self.node("Transpose", [name], f"{layer}/out", perm=[0, 3, 1, 2]), shape, True)
        return Tensor(name, shape)

    def activate(self, x, kind, layer):
        if kind in (None, "linear"):
            return x
        if kind not in ACTIVATIONS:
            raise ImportFailure(f"layer '{layer}' has the activation '{kind}'; known are linear, "
                                f"{', '.join(ACTIVATIONS)}")
        return Tensor(self.node(ACTIVATIONS[kind], [x.name], f"{layer}/{kind}"), x.shape, x.moved)


def same_padding(size, kernel, stride, dilation):
    """What TensorFlow adds in front and behind, so that the output has ceil(size / stride) entries."""
    total = max((-(-size // stride) - 1) * stride + (kernel - 1) * dilation + 1 - size, 0)
    return total // 2, total - total // 2


def conv2d(b, layer, c, inputs):
    x = inputs[0]
    last = c.get("data_format", "channels_last") == "channels_last"
    if last != b.channels_last or len(x.shape) != 3:
        raise ImportFailure(f"layer '{layer}' mixes data formats or takes no image")
    height, width, channels = x.shape if last else (x.shape[1], x.shape[2], x.shape[0])
    kernel, stride, dilation = c["kernel_size"], c.get("strides", [1, 1]), c.get("dilation_rate", [1, 1])
    groups, filters = c.get("groups", 1), c["filters"]
    w = b.weight(layer, "kernel", (*kernel, channels // groups, filters))
    names = [x.name, b.constant(f"{layer}/kernel", w.transpose(3, 2, 0, 1))]
    if c.get("use_bias", True):
        names.append(b.constant(f"{layer}/bias", b.weight(layer, "bias", (filters,))))
    pads, sizes = [], []
    for size, k, s, d in zip((height, width), kernel, stride, dilation):
        if c.get("padding", "valid") == "same":
            pads.append(same_padding(size, k, s, d))
            sizes.append(-(-size // s))
        else:
            pads.append((0, 0))
            sizes.append((size - (k - 1) * d - 1) // s + 1)
    y = b.node("Conv", names, f"{layer}/y", strides=stride, dilations=dilation, group=groups, kernel_shape=kernel,
               pads=[pads[0][0], pads[1][0], pads[0][1], pads[1][1]])
    shape = (*sizes, filters) if last else (filters, *sizes)
    return b.activate(Tensor(y, shape, last), c.get("activation"), layer)


def dense(b, layer, c, inputs):
    x = inputs[0]
    if len(x.shape) != 1:
        raise ImportFailure(f"layer '{layer}' is a Dense of {len(x.shape)} axes; known is one")
    w = b.weight(layer, "kernel", (x.shape[0], c["units"]))
    names = [x.name, b.constant(f"{layer}/kernel", w)]
    if c.get("use_bias", True):
        names.append(b.constant(f"{layer}/bias", b.weight(layer, "bias", (c["units"],))))
    y = b.node("Gemm", names, f"{layer}/y")
    return b.activate(Tensor(y, (c["units"],)), c.get("activation"), layer)


def batch_normalization(b, layer, c, inputs):
    """One scale and shift along Keras's axis. CsiNet's channels_first files normalize the last axis, the
    delay taps, where the channels were meant: ONNX's BatchNormalization knows channels only."""
    x = inputs[0]
    axis = c["axis"][0] if isinstance(c["axis"], list) else c["axis"]
    rank = len(x.shape) + 1
    axis = axis % rank if -rank <= axis < rank else 0
    if axis == 0 or (isinstance(c["axis"], list) and len(c["axis"]) != 1):
        raise ImportFailure(f"layer '{layer}' normalizes over axis {c['axis']} of {rank}")
    n = x.shape[axis - 1]
    mean, variance = b.weight(layer, "moving_mean", (n,)), b.weight(layer, "moving_variance", (n,))
    scale = 1 / numpy.sqrt(variance.astype(numpy.float64) + c["epsilon"])
    scale *= b.weight(layer, "gamma", (n,)) if c.get("scale", True) else 1
    shift = (b.weight(layer, "beta", (n,)) if c.get("center", True) else 0) - mean * scale
    place = {1: 2, 2: 3, 3: 1}[axis] if x.moved else axis
    shape = [n if i == place else 1 for i in range(rank)]
    y = b.node("Mul", [x.name, b.constant(f"{layer}/scale", scale.astype("f4").reshape(shape))], f"{layer}/scaled")
    y = b.node("Add", [y, b.constant(f"{layer}/shift", shift.astype("f4").reshape(shape))], f"{layer}/y")
    return Tensor(y, x.shape, x.moved)


def leaky_relu(b, layer, c, inputs):
    slope = c.get("alpha", c.get("negative_slope", 0.3))
    if isinstance(slope, dict):  # {"class_name": "__numpy__", "config": {"value": ...}} of some releases
        slope = slope.get("value", slope.get("config", {}).get("value"))
    y = b.node("LeakyRelu", [inputs[0].name], f"{layer}/y", alpha=float(slope))
    return Tensor(y, inputs[0].shape, inputs[0].moved)


def reshape(b, layer, c, inputs):
    x = inputs[0]
    count = int(numpy.prod(x.shape))
    target = list(c["target_shape"]) if "target_shape" in c else [count]
    if target.count(-1) == 1:
        target[target.index(-1)] = count // max(1, -int(numpy.prod(target)))
    if int(numpy.prod(target)) != count or min(target) < 1:
        raise ImportFailure(f"layer '{layer}' makes {target} of {x.shape}")
    shape = b.constant(f"{layer}/shape", numpy.array([-1, *target], numpy.int64))
    y = b.node("Reshape", [b.in_order(x, layer), shape], f"{layer}/y")
    return b.stored(y, target, layer)


def add(b, layer, c, inputs):
    if len(inputs) != 2 or inputs[0].shape != inputs[1].shape:
        raise ImportFailure(f"layer '{layer}' adds {[x.shape for x in inputs]}; known are two of one shape")
    return Tensor(b.node("Add", [x.name for x in inputs], f"{layer}/y"), inputs[0].shape, inputs[0].moved)


def activation(b, layer, c, inputs):
    return b.activate(inputs[0], c["activation"], layer)


def relu(b, layer, c, inputs):
    if c.get("max_value") is not None or c.get("negative_slope") or c.get("threshold"):
        raise ImportFailure(f"layer '{layer}' is a ReLU with bounds, slope or threshold")
    return b.activate(inputs[0], "relu", layer)


def nothing(b, layer, c, inputs):  # what only training has
    return inputs[0]


LAYERS = {"Conv2D": conv2d, "Dense": dense, "BatchNormalization": batch_normalization, "LeakyReLU": leaky_relu,
          "Reshape": reshape, "Flatten": reshape, "Add": add, "Activation": activation, "ReLU": relu,
          "Dropout": nothing, "GaussianNoise": nothing}


def read_weights(path):
    """{layer: {"kernel": array, ...}}, and the architecture's JSON where the file has it."""
    try:
        file = h5py.File(path, "r")
    except OSError as failure:
        raise ImportFailure(f"{path} is no HDF5 file: {str(failure).splitlines()[0]}") from failure
    with file:
        architecture = file.attrs.get("model_config")
        group = file.get("model_weights", file)
        weights, total = {}, 0

        def collect(name, item):
            nonlocal total
            if not isinstance(item, h5py.Dataset):
                return
            total += item.size * 4
            if item.dtype.kind != "f" or total > FILE_MAX:
                raise ImportFailure(f"{path}: '{name}' holds no real numbers, or too many")
            array = numpy.asarray(item[()], numpy.float32)
            if not numpy.isfinite(array).all():
                raise ImportFailure(f"{path}: '{name}' holds values that are not finite")
            layer, _, rest = name.partition("/")
            weights.setdefault(layer, {})[rest.rsplit("/", 1)[-1].split(":")[0]] = array

        group.visititems(collect)
    return weights, architecture


def layers_of(text, path):
    """The layers of a functional model, in the order that they compute in."""
    try:
        model = json.loads(text)
        if model["class_name"] not in ("Model", "Functional"):
            raise ImportFailure(f"{path} is a {model['class_name']}; known are functional models")
        config = model["config"]
        layers = [(e["name"], e["class_name"], e["config"], sources(e)) for e in config["layers"]]
        ends = [config[key][0][0] for key in ("input_layers", "output_layers") if len(config[key]) == 1]
    except (AttributeError, IndexError, KeyError, RecursionError, TypeError, ValueError) as failure:
        raise ImportFailure(f"{path} is no architecture as Keras 2 writes it ({failure!r})") from failure
    if len(ends) != 2:
        raise ImportFailure(f"{path}: an autoencoder has one input and one output")
    return layers, ends[1]


def sources(entry):
    if len(entry["inbound_nodes"]) > 1:
        raise ImportFailure(f"layer '{entry['name']}' is used more than once")
    return [source[0] for node in entry["inbound_nodes"] for source in node]


def convert(layers, output, weights):
    formats = {c.get("data_format") for _, kind, c, _ in layers if kind == "Conv2D"}
    b = Builder(weights, formats == {"channels_last"})
    image = None
    for name, kind, config, inputs in layers:
        if kind == "InputLayer":
            shape = tuple((config.get("batch_input_shape") or config.get("batch_shape"))[1:])
            if shape != ((32, 32, 2) if b.channels_last else (2, 32, 32)):
                raise ImportFailure(f"the network takes {shape}, not an image of 2 planes of 32 x 32")
            image, b.tensors[name] = name, Tensor("x", shape, b.channels_last)
            continue
        if kind not in LAYERS:
            raise ImportFailure(f"layer '{name}' is a {kind}; known are {', '.join(sorted(LAYERS))}")
        unknown = [i for i in inputs if i not in b.tensors]
        if unknown or not inputs:
            raise ImportFailure(f"layer '{name}' takes {unknown or 'nothing'}, which no layer before it makes")
        b.tensors[name] = LAYERS[kind](b, name, config, [b.tensors[i] for i in inputs])
    if image is None or output not in b.tensors or b.tensors[output].shape != b.tensors[image].shape:
        raise ImportFailure("the network's output is not an image")
    b.node("Identity", [b.tensors[output].name], "y")
    ports = [helper.make_tensor_value_info(n, TensorProto.FLOAT, ["n", 2, 32, 32]) for n in ("x", "y")]
    model = helper.make_model(helper.make_graph(b.nodes, "autoencoder", ports[:1], ports[1:], b.constants),
                              producer_name="csilink import", opset_imports=[helper.make_opsetid("", OPSET)])
    model.ir_version = 7
    try:
        onnx.checker.check_model(model)
    except onnx.checker.ValidationError as failure:
        raise ImportFailure(f"the architecture makes no network: {str(failure).splitlines()[0]}") from failure
    return model


def main():
    options = argparse.ArgumentParser(
        description="Make NAME.encoder.onnx and NAME.decoder.onnx of a Keras autoencoder in HDF5.",
        epilog="example: from_keras.py --json model_CsiNet_indoor_dim128.json "
               "--weights model_CsiNet_indoor_dim128.h5 --out csinet-cr16")
    options.add_argument("--json", metavar="FILE.json", help="the architecture (default: what the .h5 holds)")
    options.add_argument("--weights", metavar="FILE.h5", required=True, help="the weights")
    options.add_argument("--out", metavar="NAME", required=True, help="the two files' name")
    options.add_argument("--at", metavar="TENSOR", help="cut there (default: at the narrowest place)")
    given = options.parse_args()
    weights, text = read_weights(given.weights)
    if given.json:
        try:
            with open(given.json, encoding="utf-8") as file:
                text = file.read()
        except (OSError, UnicodeDecodeError) as failure:
            raise ImportFailure(f"{given.json}: {failure}") from failure
    if text is None:
        raise ImportFailure(f"{given.weights} has weights alone; give the architecture by --json")
    try:
        model = convert(*layers_of(text, given.json or given.weights), weights)
    except (AttributeError, IndexError, KeyError, OverflowError, TypeError, ValueError, ZeroDivisionError) as failure:
        raise ImportFailure(f"the architecture is not as Keras 2 writes it ({failure!r})") from failure
    split_onnx.save_pair(model, given.out, given.at)


if __name__ == "__main__":
    try:
        main()
    except ImportFailure as failed:
        sys.exit(f"from_keras.py: {failed}")
