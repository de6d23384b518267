"""Uplinks: payloads over a noisy channel."""
from __future__ import annotations

import ctypes

import numpy as np

from ._library import ARRIVAL, Air, Handle, InvalidError, UplinkInfo, address, check, lib, text, whole
from .codecs import Codec, Payloads


class Uplink(Handle):
    """An uplink for one codec's payloads; see csilink.uplink(). Attributes: name, references, symbols
    (complex, of a burst), can_fail (its receiver has a check), adaptive."""
    _close = "uplink_close"

    def __init__(self, spec: str, codec: Codec) -> None:
        if not isinstance(codec, Codec):
            raise InvalidError(f"codec must be a csilink.Codec, not {type(codec).__name__}")
        super().__init__(lib.uplink_open, text(spec, "the spec of an uplink"), codec._p)
        self._sizes = codec.bits_max, codec.values_max
        info = UplinkInfo()
        check(lib.uplink_get_info(self._p, ctypes.byref(info)))
        self.spec, self.name = spec, info.name.decode(errors="replace")
        self.references, self.symbols = info.references, info.symbols
        self.can_fail, self.adaptive = bool(info.can_fail), bool(info.adaptive)

    def transmit(self, payloads: Payloads, snr: float, seed: int = 1, ue: int = 0, seq: int = 0,
                 sequence: bool = False, snr_known: bool = False, out: Payloads | None = None
                 ) -> tuple[Payloads, np.ndarray]:
        """Sends payloads at `snr` dB (inf: no noise) -> (received, arrivals). Arrivals has the fields
        snr_estimated_db, channel_uses (complex), bits and intact (0: the receiver's check failed).
        Payload i is report `seq` of UE ue + i; with `sequence`, report seq + i of UE `ue`, whose SNR
        estimate goes on. `snr_known`: the receiver goes by the true SNR. out=payloads works in place.
        """
        if out is None:
            out = Payloads(len(payloads), *self._sizes)
        elif len(out) != len(payloads):
            raise InvalidError(f"out has room for {len(out)} payloads, not for {len(payloads)}")
        arrivals = np.zeros(len(payloads), ARRIVAL)
        air = Air(seed=whole(seed, "seed", 0, 2**64 - 1), snr_db=snr, ue=whole(ue, "ue"),
                  seq=whole(seq, "seq"), sequence=bool(sequence), snr_known=bool(snr_known))
        check(lib.uplink_transmit(self._p, ctypes.byref(air), len(payloads),
                                  payloads._address(0, 0), out._address(*self._sizes),
                                  address(arrivals)))
        return out, arrivals

    def reset(self) -> None:
        """Forgets the SNR estimate of a sequence."""
        lib.uplink_reset(self._p)


def uplink(spec: str, codec: Codec) -> Uplink:
    """Opens an uplink, KIND[:ARGUMENTS] as --uplink of the programs takes it ("analog", "analog:r4",
    "digital:uses=256"), for the payloads of `codec`."""
    return Uplink(spec, codec)
