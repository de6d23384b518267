#!/usr/bin/python3
"""Exports recurrent networks of PyTorch, step by step, as an encoder and a decoder with memory for csilink.

A state is the input memory_NAME and the output memory_NAME_next of one report (docs/memory.md). Three
networks with random weights show it: an LSTM, a GRU and a ConvLSTM at both ends. For a network of your own,
import export_step and give it a module whose forward takes (input, *states) and returns (output, *states).
"""
import argparse
import sys

try:
    import torch
    from torch import nn
except ImportError as missing:
    sys.exit(f"recurrent.py: it needs the Python module {missing.name} (Debian: apt install python3-{missing.name})")

SIDE = 32  # angles, and delay taps


def export_step(network, example, states, path, port="x"):
    """One report of `network` as an ONNX file: `states` are zeros by name, {"h": zeros}."""
    names = [f"memory_{name}" for name in states]
    torch.onnx.export(network.eval(), (example, *states.values()), path, opset_version=13,
                      input_names=[port, *names], output_names=["y", *(f"{name}_next" for name in names)])


class Recurrent(nn.Module):
    """A layer of nn.LSTM or nn.GRU between two dense ones; a sequence runs as [reports, values]."""

    def __init__(self, kind, inputs, hidden, outputs, shape):
        super().__init__()
        self.layer = kind(inputs, hidden, batch_first=True)
        self.out = nn.Linear(hidden, outputs)
        self.shape = shape
        self.names = "hc" if kind is nn.LSTM else "h"

    def states(self):
        return {name: torch.zeros(1, 1, self.layer.hidden_size) for name in self.names}

    def forward(self, x, *states):
        given = states if len(states) > 1 else states[0]
        y, after = self.layer(x.flatten(1).unsqueeze(1), given)
        y = self.out(y[:, 0]).reshape(-1, *self.shape)
        return (y, *after) if len(states) > 1 else (y, after)

    def sequence(self, x):
        y, _ = self.layer(x.flatten(1).unsqueeze(0))
        return self.out(y[0]).reshape(-1, *self.shape)


class ConvLSTM(nn.Module):
    """A cell of Shi et al. (2015) on the image; in front of it and behind it what makes a codeword."""

    def __init__(self, encodes, channels, codeword):
        super().__init__()
        self.encodes = encodes
        self.gates = nn.Conv2d(2 + channels, 4 * channels, 3, padding=1)
        self.mix = nn.Conv2d(channels, 2, 1)
        image = 2 * SIDE * SIDE
        self.dense = nn.Linear(image, codeword) if encodes else nn.Linear(codeword, image)
        self.channels = channels

    def states(self):
        return {name: torch.zeros(1, self.channels, SIDE, SIDE) for name in "hc"}

    def forward(self, x, h, c):
        x = x if self.encodes else self.dense(x).reshape(-1, 2, SIDE, SIDE)
        i, f, o, g = self.gates(torch.cat([x, h], 1)).chunk(4, 1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        h = torch.sigmoid(o) * torch.tanh(c)
        y = self.mix(h)
        return self.dense(y.flatten(1)) if self.encodes else torch.sigmoid(y), h, c

    def sequence(self, x):
        states, out = self.states().values(), []
        for k in range(len(x)):
            y, *states = self(x[k:k + 1], *states)
            out.append(y)
        return torch.cat(out)


def make(kind, codeword):
    if kind == "convlstm":
        return ConvLSTM(True, 4, codeword), ConvLSTM(False, 4, codeword)
    layer = nn.LSTM if kind == "lstm" else nn.GRU
    image = 2 * SIDE * SIDE
    return (Recurrent(layer, image, 64, codeword, (codeword,)),
            Recurrent(layer, codeword, 64, image, (2, SIDE, SIDE)))


def write_vectors(path, encoder, decoder, reports):
    """A sequence of images and what PyTorch, run over all of it at once, makes of them."""
    from scipy.io import savemat
    with torch.no_grad():
        x = torch.rand(reports, 2, SIDE, SIDE)
        s = encoder.sequence(x)
        y = decoder.sequence(s)
    savemat(path, {"x": x.numpy(), "s": s.numpy(), "y": y.numpy()})


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kind", choices=["lstm", "gru", "convlstm"])
    parser.add_argument("--codeword", type=int, default=128, metavar="N", help="values of a report [128]")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="of the random weights [1]")
    parser.add_argument("--out", required=True, metavar="NAME", help="writes NAME.encoder.onnx, NAME.decoder.onnx")
    parser.add_argument("--vectors", metavar="FILE.mat", help="a sequence and PyTorch's results: x, s, y")
    parser.add_argument("--reports", type=int, default=20, metavar="N", help="of the sequence [20]")
    args = parser.parse_args()
    if not 1 <= args.codeword <= 8192:
        sys.exit(f"recurrent.py: --codeword {args.codeword}; 1 to 8192 are allowed")
    if args.reports < 1:
        sys.exit(f"recurrent.py: --reports {args.reports}; at least 1 is needed")
    torch.manual_seed(args.seed)
    torch.set_num_threads(1)
    encoder, decoder = make(args.kind, args.codeword)
    export_step(encoder, torch.zeros(1, 2, SIDE, SIDE), encoder.states(), f"{args.out}.encoder.onnx")
    export_step(decoder, torch.zeros(1, args.codeword), decoder.states(), f"{args.out}.decoder.onnx", "s")
    if args.vectors:
        write_vectors(args.vectors, encoder, decoder, args.reports)


if __name__ == "__main__":
    main()
