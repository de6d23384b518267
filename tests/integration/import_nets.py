"""Small networks of other frameworks for import.sh, with what they should reconstruct.

usage: import_nets.py torch FOLDER           a repository FOLDER/nets.py, checkpoints of it
       import_nets.py keras FOLDER           two networks as Keras writes them, x.mat with numpy's results
       import_nets.py scale IN.mat OUT.mat   HT at 0.4 of its size about 0.5
       import_nets.py same A.mat:a B.mat:b   exits 1 where they differ by more than 1e-5
"""
import json
import sys

import numpy as np
from scipy.io import loadmat, savemat

NETS = '''
import profiler_that_nobody_has
import torch
from torch import nn

class Whole(nn.Module):
    """No part of it is called encoder or decoder, and the reshape takes the batch from the image."""
    def __init__(self, width):
        super().__init__()
        self.look = nn.Sequential(nn.Conv2d(2, 3, 3, padding=1), nn.BatchNorm2d(3), nn.PReLU(3))
        self.squeeze, self.widen = nn.Linear(3 * 1024, width), nn.Linear(width, 2048)
        self.refine = nn.Conv2d(2, 2, 5, padding=2)
    def forward(self, x):
        n, c, h, w = x.detach().size()
        s = self.squeeze(self.look(x).view(n, -1))
        y = self.widen(s).view(n, c, h, w)
        return torch.sigmoid(y + self.refine(y))

class Mixing(Whole):
    """As a batch norm left in training, each sample's result depends on the others."""
    def forward(self, x):
        y = super().forward(x)
        return y - y.mean(0, keepdim=True) + 0.5

class Bypass(Whole):
    """The decoder sees the image."""
    def forward(self, x):
        return super().forward(x) + 0.1 * x
'''


def torch_nets(folder):
    import types
    import torch
    with open(f"{folder}/nets.py", "w", encoding="utf-8") as file:
        file.write(NETS)
    sys.path.insert(0, folder)
    sys.modules["profiler_that_nobody_has"] = types.ModuleType("profiler_that_nobody_has")
    import nets
    torch.manual_seed(7)
    net = nets.Whole(24)
    net.look[1].running_mean.uniform_(-0.1, 0.1)
    net.look[1].running_var.uniform_(0.5, 2)
    state = net.state_dict()
    torch.save({"epoch": 3, "state_dict": {"module." + k: v for k, v in state.items()} |
                {"module.look.total_ops": torch.zeros(1)}}, f"{folder}/good.pth")
    torch.save({k: v for k, v in state.items() if k != "widen.bias"}, f"{folder}/short.pth")
    state["widen.bias"][3] = float("nan")
    torch.save(state, f"{folder}/nan.pth")


def conv(x, w, bias):
    """x [n, rows, columns, in], w [3, 3, in, out], zeros around."""
    padded = np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), (1, 2))
    return np.einsum("nrcikl,klio->nrco", windows, w) + bias


def keras_net(folder, last, r, x):
    """As CsiNet: convolution, batch norm, leaky ReLU, dense, dense, a residual block, sigmoid. channels_first
    normalizes the last axis, as its published files do."""
    import h5py
    shape, axis = ([32, 32, 2], [3]) if last else ([2, 32, 32], -1)
    layout = {"data_format": "channels_last" if last else "channels_first", "padding": "same",
              "kernel_size": [3, 3], "filters": 2, "activation": "linear"}
    n = 2 if last else 32
    w = {"conv": {"kernel": r.normal(0, 0.4, (3, 3, 2, 2)), "bias": r.normal(0, 0.1, 2)},
         "norm": {"gamma": r.uniform(0.5, 2, n), "beta": r.normal(0, 0.1, n),
                  "moving_mean": r.normal(0, 0.1, n), "moving_variance": r.uniform(0.5, 2, n)},
         "down": {"kernel": r.normal(0, 0.02, (2048, 20)), "bias": r.normal(0, 0.1, 20)},
         "up": {"kernel": r.normal(0, 0.2, (20, 2048)), "bias": r.normal(0, 0.1, 2048)},
         "last": {"kernel": r.normal(0, 0.3, (3, 3, 2, 2)), "bias": r.normal(0, 0.1, 2)}}
    layers = [("image", "InputLayer", {"batch_input_shape": [None, *shape]}, None),
              ("conv", "Conv2D", layout, "image"),
              ("norm", "BatchNormalization", {"axis": axis, "epsilon": 0.001}, "conv"),
              ("leak", "LeakyReLU", {"alpha": 0.3}, "norm"),
              ("flat", "Reshape", {"target_shape": [2048]}, "leak"),
              ("down", "Dense", {"units": 20, "activation": "linear"}, "flat"),
              ("up", "Dense", {"units": 2048}, "down"),
              ("image2", "Reshape", {"target_shape": shape}, "up"),
              ("last", "Conv2D", layout | {"activation": "sigmoid"}, "image2"),
              ("sum", "Add", {}, ["image2", "last"])]
    entries = [{"name": a, "class_name": k, "config": c, "inbound_nodes":
                [] if s is None else [[[i, 0, 0, {}] for i in ([s] if isinstance(s, str) else s)]]}
               for a, k, c, s in layers]
    name = "last" if last else "first"
    config = {"name": "m", "layers": entries, "input_layers": [["image", 0, 0]], "output_layers": [["sum", 0, 0]]}
    for suffix, kind in (("", "Add"), (".odd", "Lambda")):
        entries[-1]["class_name"] = kind
        with open(f"{folder}/{name}{suffix}.json", "w", encoding="utf-8") as file:
            json.dump({"class_name": "Model", "config": config}, file)
    with h5py.File(f"{folder}/{name}.h5", "w") as file:
        for layer, arrays in w.items():
            for key, array in arrays.items():
                file.create_dataset(f"{layer}/{layer}_1/{key}:0", data=array.astype("f4"))
    image = x.transpose(0, 2, 3, 1)  # rows, columns, planes
    y = conv(image, w["conv"]["kernel"], w["conv"]["bias"])
    along = (1, 1, 1, 2) if last else (1, 1, 32, 1)
    norm = {k: v.reshape(along) for k, v in w["norm"].items()}
    y = (y - norm["moving_mean"]) / np.sqrt(norm["moving_variance"] + 0.001) * norm["gamma"] + norm["beta"]
    y = np.where(y > 0, y, 0.3 * y)
    flat = (y if last else y.transpose(0, 3, 1, 2)).reshape(len(x), 2048)
    y = (flat @ w["down"]["kernel"] + w["down"]["bias"]) @ w["up"]["kernel"] + w["up"]["bias"]
    y = y.reshape(-1, 32, 32, 2) if last else y.reshape(-1, 2, 32, 32).transpose(0, 2, 3, 1)
    y = y + 1 / (1 + np.exp(-conv(y, w["last"]["kernel"], w["last"]["bias"])))
    return y.transpose(0, 3, 1, 2)


def keras_nets(folder):
    r = np.random.default_rng(5)
    x = r.uniform(0, 1, (4, 2, 32, 32))
    savemat(f"{folder}/x.mat", {"x": x.astype("f4"), "first": keras_net(folder, False, r, x).astype("f4"),
                                "last": keras_net(folder, True, r, x).astype("f4")})


def array(place):
    path, name = place.split(":")
    return loadmat(path)[name]


if sys.argv[1] == "torch":
    torch_nets(sys.argv[2])
elif sys.argv[1] == "keras":
    keras_nets(sys.argv[2])
elif sys.argv[1] == "scale":
    savemat(sys.argv[3], {"HT": 0.5 + 0.4 * (loadmat(sys.argv[2])["HT"] - 0.5)})
else:
    a, b = array(sys.argv[2]), array(sys.argv[3])
    gap = abs(a.ravel() - b.ravel()).max()
    print(f"     they differ by up to {gap:.2g}")
    sys.exit(int(gap > 1e-5 or np.ptp(a) < 0.01))
