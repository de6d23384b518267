"""The chain of `csilink eval`, in this process."""
from __future__ import annotations

import ctypes
from collections.abc import Sequence

import numpy as np

from ._library import Evaluation, Figures, address, check, lib, text, whole


def evaluate(codec: str, channel: str = "cost2100-indoor",
             snr: float | Sequence[float] = (float("inf"), 20.0, 10.0, 0.0), uplink: str = "analog",
             samples: int = 2000, seed: int = 1, ues: int = 0, dl_snr: float = 20.0,
             estimation: bool = True, period: float = 0.02) -> dict[str, np.ndarray]:
    """Channel, pilots at `dl_snr` dB and LS (unless estimation is False), codec, uplink at each `snr`
    (dB), decoder, measurement: the figures of `csilink eval` with the same settings, to the last digit.
    `codec` may be one of your own (csilink.register).

    A dictionary of arrays, one entry for each SNR: snr_db, nmse_db, nmse_error_db, rho, sgcs, rate,
    rate_perfect, rate_estimate (bit/s/Hz), ls_nmse_db, bits, channel_uses (of a report), samples,
    not_decoded, nmse_all_db, rate_all. A figure that does not exist is NaN."""
    snr = np.ascontiguousarray(np.atleast_1d(snr), np.float64).ravel()
    e = Evaluation()
    lib.evaluation_init(ctypes.byref(e))
    e.codec, e.channel = text(codec, "codec"), text(channel, "channel")
    e.uplink = text(uplink, "uplink")
    e.snr_db, e.snrs = address(snr), whole(len(snr), "the number of SNRs")
    e.seed, e.samples = whole(seed, "seed", 0, 2**64 - 1), whole(samples, "samples")
    e.ues, e.estimated, e.dl_snr_db, e.period_s = whole(ues, "ues"), bool(estimation), dl_snr, period
    figures = (Figures * max(len(snr), 1))()
    check(lib.evaluate(ctypes.byref(e), figures))
    names = [name for name, _ in Figures._fields_ if name != "reserved"]
    return {name: np.array([getattr(f, name) for f in figures]) for name in names}
