#!/usr/bin/python3
"""Turns a PyTorch autoencoder of CSI images and its checkpoint into an encoder and a decoder for csilink.

The network's code is imported from its own repository, so this runs what is in there. A checkpoint is
read as tensors only, unless --trust says otherwise. See docs/import.md for the published networks.
"""
import argparse
import ast
import importlib
import io
import os
import sys
import types

try:
    import numpy
    import torch
except ImportError as missing:
    sys.exit(f"from_torch.py: it needs the Python module {missing.name} "
             f"(Debian: apt install python3-{missing.name})")
import split_onnx
from split_onnx import ImportFailure

IMAGE = (2, 32, 32)  # planes, angles, delay taps: the public files' order
COUNTERS = ("total_ops", "total_params")  # what the profiler thop leaves in a checkpoint


class Absent(types.ModuleType):
    """Stands for a module that the repository imports but the network does not use. What comes out of it is
    no tensor and no layer, so that a network which uses it after all fails."""

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return Absent(f"{self.__name__}.{name}")

    def __call__(self, *_, **__):  # repositories make their writers of logs while they are imported
        return Absent(f"{self.__name__}()")

    def __mro_entries__(self, _):  # a base class of something that the network does not use
        return (object,)


def build(source, model, settings, without):
    """The network: MODULE:NAME of the repository, called with the settings."""
    for name in without:
        sys.modules[name] = Absent(name)
    if not os.path.isdir(source):
        raise ImportFailure(f"--source {source} is no folder")
    sys.path.insert(0, os.path.abspath(source))
    module, colon, name = model.partition(":")
    if not colon or not module or not name:
        raise ImportFailure(f"--model takes MODULE:NAME, such as models.crnet:crnet, not '{model}'")
    try:
        made = getattr(importlib.import_module(module), name)
    except ModuleNotFoundError as missing:
        raise ImportFailure(f"{source} imports {missing.name}, which is not there; install it, or add --without "
                            f"{missing.name} where the network itself does not use it") from missing
    except ImportFailure:
        raise
    except Exception as failure:  # whatever the repository's own code raises
        raise ImportFailure(f"--model {model}: {failure}") from failure
    try:
        return made(**settings).eval()
    except TypeError as wrong:
        raise ImportFailure(f"--set: {wrong}") from wrong


def read_weights(path, trust):
    """The state_dict in a checkpoint, without what profiling and DataParallel added to it."""
    try:
        loaded = torch.load(path, map_location="cpu", weights_only=not trust)
    except OSError as failure:
        raise ImportFailure(f"{path}: {failure.strerror or failure}") from failure
    except Exception as failure:
        raise ImportFailure(f"{path} is no checkpoint of tensors alone" +
                            (f" ({str(failure).splitlines()[0]})" if trust else
                             "; --trust unpickles what more it holds, which runs any code in it")) from failure
    state = loaded.state_dict() if isinstance(loaded, torch.nn.Module) else loaded
    for key in ("state_dict", "model_state_dict", "model"):
        if isinstance(state, dict) and isinstance(state.get(key), dict):
            state = state[key]
    if not isinstance(state, dict) or not all(torch.is_tensor(v) for v in state.values()):
        raise ImportFailure(f"{path} holds no state_dict")
    state = {k.removeprefix("module."): v for k, v in state.items()}
    return {k: v for k, v in state.items() if k.split(".")[-1] not in COUNTERS}


def load(network, files, trust):
    """Every weight of the network from the files, each `FILE` or `SUBMODULE=FILE`, and nothing left over."""
    state = {}
    for given in files:
        prefix, equals, path = given.rpartition("=")
        for key, tensor in read_weights(path, trust).items():
            state[f"{prefix}.{key}" if equals else key] = tensor
    wanted = {k: v.shape for k, v in network.state_dict().items()}
    missing = [k for k in wanted if k not in state and not k.endswith("num_batches_tracked")]
    surplus = [k for k in state if k not in wanted]
    other = [k for k in wanted if k in state and state[k].shape != wanted[k]]
    if missing or surplus:
        raise ImportFailure(f"the weights are another network's: {len(missing)} missing{example(missing)}, "
                            f"{len(surplus)} too many{example(surplus)}")
    if other:
        raise ImportFailure(f"'{other[0]}' is {tuple(state[other[0]].shape)} in the checkpoint and "
                            f"{tuple(wanted[other[0]])} in the network; look at --set")
    for key, tensor in state.items():
        if tensor.is_floating_point() and not torch.isfinite(tensor).all():
            raise ImportFailure(f"'{key}' of the checkpoint holds values that are not finite")
    network.load_state_dict(state, strict=False)


def example(names):
    return f" (such as {names[0]})" if names else ""


def run(network, images):
    try:
        with torch.no_grad():
            y = network(images)
    except Exception as failure:  # whatever the network's own code raises
        raise ImportFailure(f"the network does not take images {tuple(images.shape)}: "
                            f"{str(failure).splitlines()[0]}") from failure
    y = y[0] if isinstance(y, (tuple, list)) else y
    if y.numel() != images.numel():
        raise ImportFailure(f"the network makes {tuple(y.shape)} of {tuple(images.shape)}, not an image")
    return y.reshape(images.shape)


def check_alone(network):
    """On a link each report is alone. A network that mixes the samples of a batch does something else there."""
    images = torch.rand((3, *IMAGE), generator=torch.Generator().manual_seed(1))
    together = run(network, images)
    alone = torch.cat([run(network, images[i:i + 1]) for i in range(len(images))])
    gap = float((together - alone).abs().max())
    if gap > 1e-4:
        print(f"warning: a sample's reconstruction depends on the others in its batch, here by up to {gap:.2g}; "
              "csilink runs each alone, and figures measured in batches do not compare", file=sys.stderr)


def measure(network, path, batch):
    """NMSE in dB as the public scripts compute it: the mean over samples of |y - x|^2 / |x - 0.5|^2."""
    try:
        from scipy.io import loadmat
        rows = numpy.asarray(loadmat(path, appendmat=False)["HT"], numpy.float32)
    except ImportError as missing:
        raise ImportFailure("--data needs scipy (Debian: apt install python3-scipy)") from missing
    except KeyError as missing:
        raise ImportFailure(f"{path} has no variable HT") from missing
    except (OSError, ValueError, NotImplementedError) as failure:
        raise ImportFailure(f"{path} cannot be read ({str(failure).splitlines()[0]})") from failure
    if rows.ndim < 2 or len(rows) < 1 or rows[0].size != numpy.prod(IMAGE):
        raise ImportFailure(f"HT of {path} is {rows.shape}, not [n x 2048]")
    x = torch.from_numpy(rows.reshape(-1, *IMAGE))
    ratios = []
    for first in range(0, len(x), batch):
        piece = x[first:first + batch]
        error = (run(network, piece) - piece).double().pow(2).sum((1, 2, 3))
        ratios.append(error / (piece.double() - 0.5).pow(2).sum((1, 2, 3)))
    ratio = torch.cat(ratios).mean().item()
    print(f"PyTorch, {len(x)} samples of {os.path.basename(path)} in batches of {batch}: "
          f"NMSE {10 * numpy.log10(ratio):.4f} dB")


def write_vectors(network, path):
    """x and PyTorch's y for it, to compare csilink's with."""
    from scipy.io import savemat
    x = torch.rand((8, *IMAGE), generator=torch.Generator().manual_seed(2))
    y = torch.cat([run(network, x[i:i + 1]) for i in range(len(x))])
    savemat(path, {"x": x.numpy(), "y": y.numpy()})
    print(f"{path}: 8 images x, and y as PyTorch reconstructs them")


def export(network):
    """The whole network as ONNX, for one sample: batch norm folded, shapes as constants."""
    import onnx
    stream = io.BytesIO()
    try:
        torch.onnx.export(network, torch.full((1, *IMAGE), 0.5), stream, opset_version=13,
                          input_names=["x"], output_names=["y"])
    except Exception as failure:
        raise ImportFailure(f"PyTorch cannot export the network: {str(failure).splitlines()[0]}") from failure
    return onnx.load_model_from_string(stream.getvalue())


def setting(text):
    key, equals, value = text.partition("=")
    if not equals or not key.isidentifier():
        raise argparse.ArgumentTypeError(f"'{text}' is not KEY=VALUE")
    try:
        return key, ast.literal_eval(value)
    except (ValueError, SyntaxError):
        return key, value


def parse():
    options = argparse.ArgumentParser(
        description="Make NAME.encoder.onnx and NAME.decoder.onnx of a PyTorch autoencoder and its checkpoint.",
        epilog="example: from_torch.py --source CRNet --model models.crnet:crnet --set reduction=16 "
               "--without thop --weights in_16.pth --out crnet-cr16")
    options.add_argument("--source", metavar="FOLDER", required=True, help="the network's repository")
    options.add_argument("--model", metavar="MODULE:NAME", required=True, help="what makes the network")
    options.add_argument("--set", metavar="KEY=VALUE", type=setting, action="append", default=[],
                         help="an argument of it; may be repeated")
    options.add_argument("--weights", metavar="[SUBMODULE=]FILE", action="append", default=[],
                         help="a checkpoint, of the whole or of a submodule; may be repeated")
    options.add_argument("--random", metavar="SEED", type=int,
                         help="random weights in place of a checkpoint, to try the way")
    options.add_argument("--without", metavar="MODULES", default="",
                         help="modules that the repository imports and the network does not use, with commas")
    options.add_argument("--trust", action="store_true", help="unpickle checkpoints that hold more than tensors")
    options.add_argument("--out", metavar="NAME", required=True, help="the two files' name")
    options.add_argument("--at", metavar="TENSOR", help="cut there (default: at the narrowest place)")
    options.add_argument("--data", metavar="FILE.mat", help="print PyTorch's NMSE on its variable HT")
    options.add_argument("--batch", metavar="N", type=int, default=200, help="samples at a time for --data (200)")
    options.add_argument("--vectors", metavar="FILE.mat", help="write images and their reconstructions")
    given = options.parse_args()
    if bool(given.weights) == (given.random is not None):
        options.error("it needs --weights or --random SEED")
    if given.batch < 1:
        options.error(f"--batch takes 1 or more, not {given.batch}")
    return given


def main():
    given = parse()
    if given.random is not None:
        torch.manual_seed(given.random)
    network = build(given.source, given.model, dict(given.set), [m for m in given.without.split(",") if m])
    if given.weights:
        load(network, given.weights, given.trust)
    check_alone(network)
    split_onnx.save_pair(export(network), given.out, given.at)
    if given.vectors:
        write_vectors(network, given.vectors)
    if given.data:
        measure(network, given.data, given.batch)


if __name__ == "__main__":
    try:
        main()
    except ImportFailure as failed:
        sys.exit(f"from_torch.py: {failed}")
