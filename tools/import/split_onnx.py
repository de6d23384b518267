#!/usr/bin/python3
"""Splits an autoencoder in one ONNX file into an encoder and a decoder.

The cut is the narrowest tensor that everything between the image and its reconstruction passes through:
the codeword. The two files keep the operators and weights of the whole as they are.
"""
import argparse
import os
import sys

try:
    import onnx
    from onnx import TensorProto, helper, shape_inference
except ImportError:
    sys.exit("split_onnx.py: it needs the Python module onnx (Debian: apt install python3-onnx)")


class ImportFailure(Exception):
    """What is wrong with the user's files, in one line."""


def image_ports(graph):
    """The image's input and the reconstruction's output; weights that old exporters list as inputs are none."""
    weights = {w.name for w in graph.initializer}
    inputs = [i for i in graph.input if i.name not in weights]
    if len(inputs) != 1 or len(graph.output) != 1:
        raise ImportFailure(f"the network has {len(inputs)} inputs and {len(graph.output)} outputs; an "
                            "autoencoder has one image in and one out")
    return inputs[0], graph.output[0]


def closure(graph, start, forward):
    """The tensors that `start` reaches, or, backwards, those that it is computed from."""
    reached = {start}
    for node in graph.node if forward else reversed(graph.node):  # ONNX files are in topological order
        ends = (node.input, node.output) if forward else (node.output, node.input)
        if reached.intersection(ends[0]):
            reached.update(name for name in ends[1] if name)
    return reached


def sizes_of(model):
    """Elements of each tensor for one sample. A first axis that has no number is the batch."""
    inferred = shape_inference.infer_shapes(model).graph
    sizes = {}
    for value in [*inferred.value_info, *inferred.output]:
        dims = value.type.tensor_type.shape.dim
        count = 1
        for axis, dim in enumerate(dims):
            count *= dim.dim_value if dim.HasField("dim_value") else 1 if axis == 0 else 0
        if dims and count > 0:
            sizes[value.name] = count
    return sizes


def find_cuts(model):
    """[(tensor, elements)] of all tensors between image and reconstruction that alone separate the two.

    In topological order, with the nodes that do not lead from one to the other left out, a tensor separates
    the two where nothing else that depends on the image is still to be used after it was computed."""
    graph = model.graph
    image, output = image_ports(graph)
    between = closure(graph, image.name, True) & closure(graph, output.name, False)
    sizes = sizes_of(model)
    last_use = {name: i for i, node in enumerate(graph.node) for name in node.input
                if between.intersection(node.output)}
    alive, cuts = {image.name}, []
    for i, node in enumerate(graph.node):
        made = between.intersection(node.output)
        if not made:
            continue
        alive = {name for name in alive if last_use.get(name, -1) > i} | made
        if len(alive) == 1 and output.name not in alive:
            name = next(iter(alive))
            cuts.append((name, sizes.get(name, 0)))
    return cuts


def image_size(graph):
    dims = image_ports(graph)[0].type.tensor_type.shape.dim
    count = 1
    for dim in list(dims)[1:]:
        count *= max(dim.dim_value, 1)
    return count if count > 1 else 2048  # symbolic sizes: 2 planes of 32 x 32


def choose_cut(model, at=None):
    """The tensor `at`, or the narrowest; of several that are equally narrow in a row, the last."""
    cuts = find_cuts(model)
    sizes = dict(cuts)
    if at is not None:
        if at not in sizes:
            raise ImportFailure(f"'{at}' is no tensor that separates encoder and decoder; "
                                "--list prints those that do")
        return at, sizes[at]
    known = [(size, name) for name, size in cuts if size > 0]
    narrowest = min(known)[0] if known else 0
    if narrowest == 0 or narrowest >= image_size(model.graph):
        raise ImportFailure("nothing between image and reconstruction is narrower than the image: this is no "
                            "whole autoencoder, or something of the image passes by the codeword")
    return [name for size, name in known if size == narrowest][-1], narrowest


def part(model, names, start, end):
    """The nodes and weights that compute `end` from `start`, as a model of its own."""
    graph = model.graph
    needed = {end.name}
    nodes = []
    for node in reversed(graph.node):
        if needed.intersection(node.output) and start.name not in node.output:
            nodes.insert(0, node)
            needed.update(name for name in node.input if name)
    weights = [w for w in graph.initializer if w.name in needed]
    made = {name for node in nodes for name in node.output} | {w.name for w in weights} | {start.name}
    strangers = sorted(name for node in nodes for name in node.input if name and name not in made)
    if strangers:
        raise ImportFailure(f"the {names} needs '{strangers[0]}', which it does not receive")
    whole = helper.make_model(
        helper.make_graph(nodes, names, [start], [end], weights),
        producer_name="csilink import", opset_imports=model.opset_import)
    whole.ir_version = model.ir_version
    onnx.checker.check_model(whole)
    return whole


def split(model, at=None):
    """(encoder, decoder, values in a codeword)."""
    name, size = choose_cut(model, at)
    image, output = image_ports(model.graph)
    inferred = shape_inference.infer_shapes(model).graph
    codeword = next((v for v in inferred.value_info if v.name == name), None)
    if codeword is None:
        codeword = helper.make_tensor_value_info(name, TensorProto.FLOAT, None)
    return part(model, "encoder", image, codeword), part(model, "decoder", codeword, output), size


def save_pair(model, out, at=None):
    """Writes OUT.encoder.onnx and OUT.decoder.onnx, and prints what they are."""
    encoder, decoder, size = split(model, at)
    folder, name = os.path.split(out)
    if not name:
        raise ImportFailure(f"--out takes the files' name, not the folder '{out}' alone")
    for side, network in (("encoder", encoder), ("decoder", decoder)):
        path = f"{out}.{side}.onnx"
        try:
            os.makedirs(folder or ".", exist_ok=True)
            onnx.save(network, path)
        except OSError as failure:
            raise ImportFailure(f"{path}: {failure.strerror}") from failure
        kinds = sorted({node.op_type for node in network.graph.node})
        weights = sum(len(w.raw_data) // 4 or len(w.float_data) for w in network.graph.initializer
                      if w.data_type == TensorProto.FLOAT)
        print(f"{path}  {weights} weights; {', '.join(kinds)}")
    print(f"codeword: {size} values, the tensor '{encoder.graph.output[0].name}'")


def read(path):
    try:
        model = onnx.load(path)
        onnx.checker.check_model(model)
    except OSError as failure:
        raise ImportFailure(f"{path}: {failure.strerror}") from failure
    except Exception as failure:  # protobuf and the checker have many of their own
        raise ImportFailure(f"{path} is no sound ONNX file: {str(failure).splitlines()[0]}") from failure
    return model


def main():
    options = argparse.ArgumentParser(
        description="Split an autoencoder in one ONNX file into NAME.encoder.onnx and NAME.decoder.onnx.",
        epilog="example: split_onnx.py mynet.onnx --out mynet && csilink eval --encoder mynet.encoder.onnx "
               "--decoder mynet.decoder.onnx --data DATA_Htestin.mat")
    options.add_argument("file", metavar="FILE.onnx", help="image in, reconstruction out")
    options.add_argument("--out", metavar="NAME", help="the two files' name, with a folder if wanted")
    options.add_argument("--at", metavar="TENSOR", help="cut there (default: at the narrowest place)")
    options.add_argument("--list", action="store_true", help="print where the network could be cut")
    given = options.parse_args()
    if not given.out and not given.list:
        options.error("it needs --out NAME or --list")
    model = read(given.file)
    if given.list:
        for name, size in find_cuts(model):
            print(f"{size or '?':>6}  {name}")
    if given.out:
        save_pair(model, given.out, given.at)


if __name__ == "__main__":
    try:
        main()
    except ImportFailure as failed:
        sys.exit(f"split_onnx.py: {failed}")
