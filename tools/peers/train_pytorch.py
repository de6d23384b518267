#!/usr/bin/python3
"""How fast PyTorch trains the networks of `csilink bench train`: whole steps on samples that are
there already, noise on every codeword, Adam. Debian: python3-torch.

    tools/peers/train_pytorch.py [--threads N] [--time S]
"""
import argparse
import time

import torch
from torch import nn
from torch.nn import functional as f


def conv(inputs, outputs, kernel, norm):
    layers = [nn.Conv2d(inputs, outputs, kernel, padding=tuple(k // 2 for k in kernel))]
    return layers + ([nn.BatchNorm2d(outputs)] if norm else [])


def chain(widths, kernel, acts):
    layers = []
    for i in range(len(widths) - 1):
        layers += conv(widths[i], widths[i + 1], kernel, True)
        layers += [nn.LeakyReLU(0.3)] if i < acts else []
    return nn.Sequential(*layers)


class CllwMix(nn.Module):
    """Rows and columns by kernels of 7, 5 and 3, side by side."""

    def __init__(self):
        super().__init__()
        self.paths = nn.ModuleList()
        for k in (7, 5, 3):
            self.paths.append(nn.Sequential(*conv(2, 2, (1, k), True), nn.LeakyReLU(0.3),
                                            *conv(2, 2, (k, 1), True)))
        self.join = nn.Sequential(*conv(6, 2, (1, 7), True), nn.LeakyReLU(0.3))

    def forward(self, x):
        return self.join(torch.cat([p(x) for p in self.paths], 1))


class CllwEncoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.mix = CllwMix()
        self.deep = chain([64, 32, 16], (1, 7), 2)
        self.direct = chain([64, 16], (1, 7), 0)
        self.join = nn.Sequential(nn.LeakyReLU(0.3), *conv(32, 16, (1, 7), True), nn.LeakyReLU(0.3))

    def forward(self, x):
        z = self.mix(x).reshape(-1, 64, 1, 32)
        return self.join(torch.cat([self.deep(z), self.direct(z)], 1))


class Refine(nn.Module):
    def __init__(self):
        super().__init__()
        self.wide = chain([2, 8, 16, 2], (1, 7), 2)
        self.narrow = chain([2, 8, 16, 2], (1, 5), 2)
        self.join = nn.Sequential(nn.LeakyReLU(0.3), *conv(4, 2, (1, 7), True))

    def forward(self, x):
        return f.leaky_relu(x + self.join(torch.cat([self.wide(x), self.narrow(x)], 1)), 0.3)


class CllwDecoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.expand = chain([16, 32, 64], (1, 7), 2)
        self.denoise = chain([16, 32, 64], (1, 7), 2)
        self.refine = nn.Sequential(Refine(), Refine(), *conv(2, 2, (1, 7), True))

    def forward(self, s, _snr_db):
        y = f.leaky_relu(self.expand(s) - self.denoise(s), 0.3)
        return torch.sigmoid(self.refine(y.reshape(-1, 2, 32, 32)))


class NetEncoder(nn.Module):
    """csilink-net at CR 8."""

    def __init__(self):
        super().__init__()
        self.linear = nn.Conv2d(64, 8, 1)
        act = nn.LeakyReLU(0.1)
        self.deep = nn.Sequential(*conv(64, 38, (1, 1), False), act, *conv(38, 38, (1, 5), False), act,
                                  *conv(38, 38, (1, 5), False), act, *conv(38, 8, (1, 1), False))

    def forward(self, x):
        z = (20 * (x - 0.5)).reshape(-1, 64, 1, 32)
        return self.linear(z) + self.deep(z)


class NetBlock(nn.Module):
    def __init__(self):
        super().__init__()
        act = nn.LeakyReLU(0.1)
        self.body = nn.Sequential(*conv(64, 23, (1, 1), False), act, *conv(23, 23, (1, 5), False), act,
                                  *conv(23, 64, (1, 1), False))

    def forward(self, x):
        return x + self.body(x)


class NetDecoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Conv2d(8, 64, 1)
        self.modulate = nn.Sequential(nn.Linear(1, 16), nn.LeakyReLU(0.1), nn.Linear(16, 128))
        self.blocks = nn.Sequential(*[NetBlock() for _ in range(8)])

    def forward(self, s, snr_db):
        scale, shift = self.modulate((snr_db[:, None] - 20) / 25)[:, :, None, None].chunk(2, 1)
        y = self.linear(s) * (1 + scale) + shift
        return (0.05 * self.blocks(y)).reshape(-1, 2, 32, 32) + 0.5


def step(encoder, decoder, optimizer, x):
    optimizer.zero_grad()
    s = encoder(x)
    snr_db = 45 * torch.rand(len(x)) - 5
    power = (s.detach() ** 2).mean((1, 2, 3)) * 10 ** (-snr_db / 10)
    y = decoder(s + power.sqrt()[:, None, None, None] * torch.randn_like(s), snr_db)
    loss = (((x - y) ** 2).sum((1, 2, 3)) / ((x - 0.5) ** 2).sum((1, 2, 3))).mean()
    loss.backward()
    optimizer.step()


def measure(encoder, decoder, batch, seconds):
    optimizer = torch.optim.Adam([*encoder.parameters(), *decoder.parameters()], 1e-3)
    x = 0.5 + 0.05 * torch.randn(batch, 2, 32, 32)
    step(encoder, decoder, optimizer, x)
    steps, start = 0, time.monotonic()
    while time.monotonic() < start + seconds:
        step(encoder, decoder, optimizer, x)
        steps += 1
    return steps * batch / (time.monotonic() - start)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--time", type=float, default=10)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    print(f"PyTorch {torch.__version__}, {options.threads} threads")
    for name, encoder, decoder, batch in (("cllwcsinet CR 4", CllwEncoder(), CllwDecoder(), 200),
                                          ("csilink-net CR 8", NetEncoder(), NetDecoder(), 256)):
        rate = measure(encoder, decoder, batch, options.time)
        print(f"{name}, batch {batch}: {rate:.0f} samples/s")


if __name__ == "__main__":
    main()
