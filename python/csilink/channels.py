"""Channel models: samples and sequences in time."""
from __future__ import annotations

import ctypes
from typing import NamedTuple

import numpy as np

from ._library import ANGLE_DELAY, FREQUENCY, Dims_, Handle, InvalidError, address, check, lib, \
    output, text, whole

DOMAINS = {"frequency": FREQUENCY, "angle-delay": ANGLE_DELAY}


def domain_number(domain: str) -> int:
    if domain not in DOMAINS:
        raise InvalidError(f"domain must be 'frequency' or 'angle-delay', not {domain!r}")
    return DOMAINS[domain]


class Dims(NamedTuple):
    """nt antennas, nc subcarriers, ni delay taps that are kept."""
    nt: int
    nc: int
    ni: int


class Channel(Handle):
    """A channel model, or a file of samples; see csilink.channel()."""
    _close = "channel_close"

    def __init__(self, spec: str) -> None:
        super().__init__(lib.channel_open, text(spec, "the spec of a channel"))
        d = Dims_()
        check(lib.channel_dims(self._p, ctypes.byref(d)))
        self.spec, self.dims = spec, Dims(d.nt, d.nc, d.ni)

    @property
    def description(self) -> str:
        """A line for people."""
        return lib.channel_describe(self._p).decode(errors="replace")

    @property
    def samples(self) -> int:
        """How many samples a replayed file holds; 0 for a model, which never ends."""
        return lib.channel_samples(self._p)

    def _columns(self, domain: str) -> int:
        return self.dims.nc if domain_number(domain) == FREQUENCY else self.dims.ni

    def sample(self, n: int, seed: int = 1, first: int = 0, domain: str = "frequency",
               threads: int = 0, out: np.ndarray | None = None) -> np.ndarray:
        """Samples first .. first + n - 1: sample i is the channel of UE i at time 0, or the i-th of a
        file from where the seed starts. complex64 [n, nt, nc], or [n, nt, ni] in the domain
        "angle-delay"; mean |h|^2 is 1. The same numbers however many `threads` (0: one on each
        processor) work. `out` is filled where it is given."""
        n = whole(n, "n")
        out = output(out, (n, self.dims.nt, self._columns(domain)))
        check(lib.channel_sample(self._p, domain_number(domain), whole(seed, "seed", 0, 2**64 - 1),
                                 whole(first, "first"), n, whole(threads, "threads", 0, 256),
                                 address(out)))
        return out

    def sequence(self, steps: int, period: float, ues: int = 1, seed: int = 1, first_ue: int = 0,
                 start: float = 0.0, domain: str = "frequency", threads: int = 0,
                 out: np.ndarray | None = None) -> np.ndarray:
        """Each of `ues` UEs at `steps` times, `period` seconds apart from `start` on: complex64
        [ues, steps, nt, nc] or [ues, steps, nt, ni]. A UE moves where the spec has speed=."""
        steps, ues = whole(steps, "steps"), whole(ues, "ues")
        out = output(out, (ues, steps, self.dims.nt, self._columns(domain)))
        check(lib.channel_sequence(self._p, domain_number(domain),
                                   whole(seed, "seed", 0, 2**64 - 1), whole(first_ue, "first_ue"),
                                   ues, steps, start, period, whole(threads, "threads", 0, 256),
                                   address(out)))
        return out


def channel(spec: str) -> Channel:
    """Opens a channel: MODEL[:ARGUMENTS][:KEY=VALUE...], such as "cost2100-indoor",
    "rayleigh:eva:speed=30", "uma-nlos:carrier=28e9:nt=64", or a file "DATA_Htestin.mat". Keys are
    speed (km/h), carrier and bandwidth (Hz), nt, nc, ni; docs/channels.md has models and arguments."""
    return Channel(spec)
