"""Principal components by numpy: NMSE in dB, without noise, on a test set.

    klt.py FORM TRAIN.mat TEST.mat CR...

FORM is `complex`, of samples of norm 1 as complex vectors, or `real`, the plain principal components
of the files' values less 0.5. Prints one figure for each CR. Reads what the reference data are:
MATLAB version 5, compressed or not, HT [n x 2048] single.
"""
import os
import struct
import sys
import zlib

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
import numpy as np

COMPRESSED, SINGLE = 15, 7


def read_ht(path):
    with open(path, "rb") as f:
        data = f.read()
    at = 128
    while at < len(data):
        kind, size = struct.unpack_from("<II", data, at)
        body = data[at + 8 : at + 8 + size]
        at += 8 + size
        if kind == COMPRESSED:
            body = zlib.decompress(body)[8:]
        parts, place = [], 0
        while place < len(body):
            kind, size = struct.unpack_from("<II", body, place)
            if kind >> 16:  # a small element: its data are where the padding would be
                parts.append((kind & 0xFFFF, body[place + 4 : place + 4 + (kind >> 16)]))
                place += 8
            else:
                parts.append((kind, body[place + 8 : place + 8 + size]))
                place += 8 + (size + 7) // 8 * 8
        (_, _), (_, dims), (_, name), (kind, values) = parts[:4]
        if name == b"HT":
            assert kind == SINGLE
            shape = struct.unpack("<2i", dims)
            return np.frombuffer(values, "<f4").reshape(shape, order="F")- np.float32(0.5)
    raise SystemExit(f"{path}: no HT")


def components(form, x):
    if form == "real":
        return np.linalg.eigh(x.T @ x / len(x))[1][:, ::-1]
    x = x / np.sqrt((x**2).sum(1, keepdims=True))
    half = x.shape[1] // 2
    h = x[:, :half] + 1j * x[:, half:]
    return np.linalg.eigh(h.T @ h.conj() / len(h))[1][:, ::-1]


def main(form, train, test, *ratios):
    v = components(form, read_ht(train))
    x = read_ht(test)
    values = x.shape[1]
    if form == "complex":
        x = x[:, : values // 2] + 1j * x[:, values // 2 :]
    for cr in ratios:
        kept = v[:, : values // int(cr) // (2 if form == "complex" else 1)]
        lost = x - (x @ kept.conj()) @ kept.T
        nmse = (abs(lost) ** 2).sum(1) / (abs(x) ** 2).sum(1)
        print(f"{10 * np.log10(nmse.mean()):.4f}")


if __name__ == "__main__":
    main(*sys.argv[1:])
