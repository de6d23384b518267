"""Principal components in bits by numpy: NMSE in dB on a test set.

    klt_bits.py MODEL.klt TEST.mat BITS...

Lloyd's own iteration on a fine grid of a generalised Gaussian of shape 0.5, bits to where they lower
the distortion most, the norm rounded to 8 bits from -180 to 120 dB. Prints one figure for each number
of bits.
"""
import os
import struct
import sys

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
import numpy as np

from klt import read_ht

GRID, BITS_MAX, NORM_BITS = 400_000, 8, 8


def read_components(path):
    with open(path, "rb") as f:
        data = f.read()
    nt, ni, form, count = struct.unpack_from("<4I", data, 12)
    assert form == 2
    n = 2 * nt * ni
    variance = np.frombuffer(data, "<f4", count, 64).astype(float)
    step = np.frombuffer(data, "<f4", count, 64 + 4 * count)
    q = np.frombuffer(data, "<i2", count * n, 64 + 8 * count).reshape(count, n) * step[:, None]
    return variance, q[:, 0::2] + 1j * q[:, 1::2]


def quantizers():
    # |x| of density exp(-sqrt(x / a)) / (2 a), a^2 = 1 / 120: with u = sqrt(x / a), u exp(-u) du.
    u = (np.arange(GRID) + 0.5) * (60 / GRID)
    x, w = u**2 / np.sqrt(120), u * np.exp(-u) * (60 / GRID)
    mass, moment = (np.concatenate([[0], np.cumsum(v)]) for v in (w, w * x))
    found = []
    for bits in range(1, BITS_MAX + 1):
        half = 2 ** (bits - 1)
        share = np.cumsum(w * np.exp(u * 2 / 3))  # density to the power 1/3
        y = np.interp((np.arange(half) + 0.5) / half, share / share[-1], x)
        for _ in range(8000):
            edge = np.concatenate([[0], np.searchsorted(x, (y[1:] + y[:-1]) / 2), [GRID]])
            p = np.maximum(np.diff(mass[edge]), 1e-300)
            moved, y = y, np.diff(moment[edge]) / p
            if np.max(abs(moved - y)) < 1e-7:
                break
        found.append((y, 1 - np.sum(p * y**2)))
    return found


def allocate(variance, distortion, budget):
    width = np.zeros(len(variance), int)
    while budget > 0:
        best, value = (0, 0), 0
        for i in np.unique(width, return_index=True)[1]:  # the first of those with as many bits
            for k in range(1, min(budget, BITS_MAX - width[i]) + 1):
                gain = variance[i] * (distortion[width[i]] - distortion[width[i] + k]) / k
                if gain > value:
                    best, value = (i, k), gain
        if value == 0:
            break
        width[best[0]] += best[1]
        budget -= best[1]
    return width


variance, u = read_components(sys.argv[1])
h = read_ht(sys.argv[2]).astype(float)
h = h[:, : h.shape[1] // 2] + 1j * h[:, h.shape[1] // 2 :]
norm = np.linalg.norm(h, axis=1)
step_db = 300 / (2**NORM_BITS - 2)
level = 10 ** ((np.round((20 * np.log10(norm) + 180) / step_db) * step_db - 180) / 20)
y = (h @ u.conj().T) / level[:, None]
values = np.stack([y.real, y.imag], axis=2).reshape(len(h), -1)
deviation = np.sqrt(np.repeat(variance, 2))
tables = quantizers()
for bits in sys.argv[3:]:
    width = allocate(deviation**2, [1] + [d for _, d in tables], int(bits) - NORM_BITS)
    back = np.zeros_like(values)
    for i in np.flatnonzero(width):
        levels = tables[width[i] - 1][0] * deviation[i]
        at = np.searchsorted((levels[1:] + levels[:-1]) / 2, abs(values[:, i]))
        back[:, i] = np.copysign(levels[at], values[:, i])
    lost = h - level[:, None] * ((back[:, 0::2] + 1j * back[:, 1::2]) @ u)
    print(f"{10 * np.log10(np.mean((abs(lost) ** 2).sum(1) / norm**2)):.4f}")
