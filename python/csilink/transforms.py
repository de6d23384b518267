"""Between the domains, images for networks, and the LS estimate."""
from __future__ import annotations

import ctypes
import threading

import numpy as np

from ._library import Dims_, Handle, InvalidError, address, check, complex_array, lib, output, whole

_own = threading.local()  # objects of the library are for one thread at a time


class _Transform(Handle):
    _close = "transform_close"


class _Pilots(Handle):
    _close = "pilots_close"


def _kept(key: tuple, make) -> Handle:
    """The thread's object for these sizes; the last eight are kept, for they take workspace."""
    kept = _own.__dict__.setdefault("objects", {})
    if key not in kept:
        if len(kept) >= 8:
            kept.pop(next(iter(kept)))
        kept[key] = make()
    return kept[key]


def _transform(nt: int, nc: int, ni: int) -> Handle:
    dims = Dims_(nt, whole(nc, "nc"), whole(ni, "ni"))
    return _kept(("transform", nt, nc, ni),
                 lambda: _Transform(lib.transform_open, ctypes.byref(dims)))


def angle_delay(h: np.ndarray, ni: int = 32, out: np.ndarray | None = None) -> np.ndarray:
    """h [n, nt, nc] -> [n, nt, ni]: the inverse unitary DFT over subcarriers and antennas, the angle
    axis centred (row nt/2 is broadside), the first `ni` delay taps kept."""
    h = complex_array(h, 3, "h")
    n, nt, nc = h.shape
    out = output(out, (n, nt, whole(ni, "ni")))
    check(lib.transform_angle_delay(_transform(nt, nc, ni)._p, n, address(h), address(out)))
    return out


def frequency(a: np.ndarray, nc: int = 1024, out: np.ndarray | None = None) -> np.ndarray:
    """a [n, nt, ni] -> [n, nt, nc]: the way back, the taps beyond ni being 0."""
    a = complex_array(a, 3, "a")
    n, nt, ni = a.shape
    out = output(out, (n, nt, whole(nc, "nc")))
    check(lib.transform_frequency(_transform(nt, nc, ni)._p, n, address(a), address(out)))
    return out


def to_image(a: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """a [n, nt, ni] -> (image, scale): float32 [n, 2, nt, ni] in [0, 1] with zero at 0.5, real parts
    first, as the field's networks and files have it; scale [n] is max(|re|, |im|) of each."""
    a = complex_array(a, 3, "a")
    n, nt, ni = a.shape
    image, scale = np.empty((n, 2, nt, ni), np.float32), np.empty(n, np.float32)
    check(lib.image_from_angle_delay(ctypes.byref(Dims_(nt, ni, ni)), n, address(a),
                                     address(image), address(scale)))
    return image, scale


def from_image(image: np.ndarray, scale: np.ndarray | float = 1.0) -> np.ndarray:
    """image [n, 2, nt, ni], scale [n] or one for all -> a = 2 scale (image - 0.5), [n, nt, ni]."""
    image = np.ascontiguousarray(image, np.float32)
    if image.ndim == 3:
        image = image[np.newaxis]
    if image.ndim != 4 or image.shape[1] != 2:
        raise InvalidError(f"image must have the shape [n, 2, nt, ni], not {image.shape}")
    n, _, nt, ni = image.shape
    scale = np.ascontiguousarray(np.broadcast_to(np.asarray(scale, np.float32), (n,)))
    out = np.empty((n, nt, ni), np.complex64)
    check(lib.image_to_angle_delay(ctypes.byref(Dims_(nt, ni, ni)), n, address(image),
                                   address(scale), address(out)))
    return out


def estimate(h: np.ndarray, snr: float, seed: int = 1, first: int = 0, seq: int = 0, tp: int = 0,
             family: str = "dft", out: np.ndarray | None = None) -> np.ndarray:
    """The least-squares estimate of h [n, nt, nc] from `tp` pilots a subcarrier (0: max(32, nt)) that
    arrive at `snr` dB; its NMSE is -snr in dB. Sample i has the noise of report `seq` of UE
    first + i. `family` is "dft" or "hadamard"."""
    if family not in ("dft", "hadamard"):
        raise InvalidError(f"family must be 'dft' or 'hadamard', not {family!r}")
    h = complex_array(h, 3, "h")
    n, nt, nc = h.shape
    out = output(out, h.shape)
    dims, hadamard = Dims_(nt, nc, 1), int(family == "hadamard")
    tp = whole(tp, "tp")
    pilots = _kept(("pilots", nt, nc, tp, hadamard),
                   lambda: _Pilots(lib.pilots_open, ctypes.byref(dims), tp, hadamard))
    check(lib.pilots_estimate(pilots._p, whole(seed, "seed", 0, 2**64 - 1), whole(first, "first"),
                              whole(seq, "seq"), snr, n, address(h), address(out)))
    return out
