"""How close an estimate is to the channel. Figures are linear, one for each sample: average them, then
take db()."""
from __future__ import annotations

import numpy as np

from ._library import InvalidError, address, check, complex_array, lib, whole


def db(power: np.ndarray | float) -> np.ndarray | float:
    """10 log10 of a ratio of powers; -inf of 0."""
    with np.errstate(divide="ignore"):
        return 10 * np.log10(power)


def _pair(a: np.ndarray, b: np.ndarray, names: str) -> tuple[np.ndarray, np.ndarray]:
    a, b = complex_array(a, 3, names.split()[0]), complex_array(b, 3, names.split()[1])
    if a.shape != b.shape:
        raise InvalidError(f"{names.replace(' ', ' and ')} must have one shape, not {a.shape} and "
                           f"{b.shape}")
    return a, b


def nmse(truth: np.ndarray, estimate: np.ndarray) -> np.ndarray:
    """||truth - estimate||^2 / ||truth||^2 of each sample: [n, rows, columns] twice -> float64 [n]."""
    truth, estimate = _pair(truth, estimate, "truth estimate")
    out = np.empty(len(truth))
    check(lib.nmse(len(truth), truth.shape[1] * truth.shape[2], address(truth), address(estimate),
                   address(out)))
    return out


def sgcs(h: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Squared generalised cosine similarity (3GPP) of h and known [n, nt, nc]: the mean over
    subcarriers of |<known, h>|^2 / (||known||^2 ||h||^2), 0 to 1, float64 [n]."""
    h, known = _pair(h, known, "h known")
    out = np.empty(len(h))
    check(lib.sgcs(h.shape[1], h.shape[2], len(h), address(h), address(known), address(out)))
    return out


def rate(h: np.ndarray, known: np.ndarray, snr: float) -> np.ndarray:
    """Spectral efficiency over h where the base station precodes by the matched filter of `known`, both
    [n, nt, nc], at a mean receive SNR of `snr` dB from one antenna: bit/s/Hz, float64 [n]."""
    h, known = _pair(h, known, "h known")
    out = np.empty(len(h))
    check(lib.rate(h.shape[1], h.shape[2], len(h), address(h), address(known), snr, address(out)))
    return out


def directions_expand(w: np.ndarray, nc: int = 1024) -> np.ndarray:
    """Precoders w [n, subbands, nt], as a codec that gives directions decodes, -> the channels
    [n, nt, nc] that they are the matched filters of: what sgcs() and rate() take as `known`."""
    w = complex_array(w, 3, "w")
    n, subbands, nt = w.shape
    out = np.empty((n, nt, whole(nc, "nc", 1, 8192)), np.complex64)
    check(lib.directions_expand(nt, nc, subbands, n, address(w), address(out)))
    return out
