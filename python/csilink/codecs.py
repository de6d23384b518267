"""Codecs and their payloads."""
from __future__ import annotations

import ctypes

import numpy as np

from ._library import ANGLE_DELAY, FREQUENCY, PAYLOAD, PAYLOAD_RECORD, CodecInfo, Handle, InvalidError, address, \
    check, complex_array, lib, output, text, whole
from .channels import domain_number

_SIDES = {"encoder": 1, "decoder": 2, "both": 3}


class Payloads:
    """n payloads, in arrays that the library reads and writes in place:

    values     float32 [n, values_max]   reals that may arrive with noise
    bits       uint8 [n, bytes]          bit k of a payload is bit k mod 8 of byte k // 8
    records    [n] with the fields       `values` and `bits` in use, `snr_db` of the values received,
                                         `builds_on` of codecs with memory

    A slice shares the arrays."""

    def __init__(self, n: int, bits_max: int, values_max: int) -> None:
        values = np.zeros((n, values_max), np.float32)
        bits = np.zeros((n, (bits_max + 7) // 8), np.uint8)
        raw = np.zeros(n, PAYLOAD)
        raw["snr_db"] = np.inf
        numbers = np.arange(n, dtype=np.uint64)
        if values.size:
            raw["value"] = values.ctypes.data + numbers * np.uint64(values.strides[0])
        if bits.size:
            raw["bit"] = bits.ctypes.data + numbers * np.uint64(bits.strides[0])
        self._keep(values, bits, raw, bits_max, values_max)

    def _keep(self, values, bits, raw, bits_max: int, values_max: int) -> None:
        """The pointers in `raw` are for the library alone: nobody else may see them, nor put other
        arrays in the place of those that they point to."""
        self._values, self._bits, self._raw = values, bits, raw
        self._sizes, self._pointer = (bits_max, values_max), raw.ctypes.data

    # Copied by the standard library or unpickled, they need pointers of their own.
    def __getstate__(self):
        return self._sizes, self._values, self._bits, {n: self._raw[n] for n in PAYLOAD_RECORD.names}

    def __setstate__(self, state) -> None:
        sizes, values, bits, fields = state
        self.__init__(len(values), *sizes)
        self._values[...], self._bits[...] = values, bits
        for name, field in fields.items():
            self._raw[name] = field

    @property
    def values(self) -> np.ndarray:
        return self._values

    @property
    def bits(self) -> np.ndarray:
        return self._bits

    @property
    def records(self) -> np.ndarray:
        return self._raw.view(PAYLOAD_RECORD)

    def __len__(self) -> int:
        return len(self._raw)

    def __getitem__(self, index: slice) -> Payloads:
        if not isinstance(index, slice) or index.step not in (None, 1):
            raise InvalidError("payloads are taken by a slice without a step: p[3:4]")
        part = object.__new__(Payloads)
        part._keep(self._values[index], self._bits[index], self._raw[index], *self._sizes)
        return part

    def copy(self) -> Payloads:
        """Payloads of their own, with the same contents."""
        other = Payloads(len(self), *self._sizes)
        other._values[...], other._bits[...] = self._values, self._bits
        other.records[...] = self.records
        return other

    @property
    def sent_bits(self) -> np.ndarray:
        """Bits in use of each payload, [n]."""
        return self._raw["bits"]

    def _address(self, bits_max: int, values_max: int) -> int:
        """For the library, which must stay within these arrays."""
        if self._sizes[0] < bits_max or self._sizes[1] < values_max:
            raise InvalidError(f"payloads of {self._sizes[0]} bits and {self._sizes[1]} values; "
                               f"{bits_max} and {values_max} are needed")
        return self._pointer


class Codec(Handle):
    """A codec; see csilink.codec(). Attributes: name, kind, precision, nt, nc, ni, bits_max,
    values_max, subbands (0 where it gives channels), has_memory, gives_directions, shape (of one
    reconstruction), encoder_parameters, encoder_macs, decoder_parameters, decoder_macs."""
    _close = "codec_close"

    def __init__(self, spec: str, nc: int = 1024, sides: str = "both", _of: Codec | None = None):
        if sides not in _SIDES:
            raise InvalidError(f"sides must be 'encoder', 'decoder' or 'both', not {sides!r}")
        if _of is None:
            super().__init__(lib.codec_open, text(spec, "the spec of a codec"), _SIDES[sides],
                             whole(nc, "nc"))
        else:
            super().__init__(lib.codec_clone, _of._p)
        info = CodecInfo()
        check(lib.codec_get_info(self._p, ctypes.byref(info)))
        self.spec, self._sides = spec, sides
        for name in ("nt", "nc", "ni", "subbands", "bits_min", "bits_max", "values_max", "identity",
                     "encoder_parameters", "encoder_macs", "decoder_parameters", "decoder_macs"):
            setattr(self, name, getattr(info, name))
        for name in ("kind", "name", "precision"):
            setattr(self, name, getattr(info, name).decode(errors="replace"))
        self.has_memory = bool(info.flags & 1)
        self.gives_directions = bool(info.flags & 4)
        self.shape = (self.subbands, self.nt) if self.subbands else (self.nt, self.ni)

    def payloads(self, n: int) -> Payloads:
        """Room for n payloads, for encode(out=)."""
        return Payloads(whole(n, "n"), self.bits_max, self.values_max)

    def encode(self, h: np.ndarray, domain: str | None = None, out: Payloads | None = None
               ) -> Payloads:
        """h [n, nt, ni] (angle-delay) or [n, nt, nc] (frequency) -> n payloads. The domain follows
        from the shape unless it is named. Those of a codec with memory build on one another."""
        h = complex_array(h, 3, "h")
        if domain is None:
            number = ANGLE_DELAY if h.shape[2] == self.ni else FREQUENCY
        else:
            number = domain_number(domain)
        want = (self.nt, self.ni if number == ANGLE_DELAY else self.nc)
        if h.shape[1:] != want:
            raise InvalidError(f"h must have the shape [n, {self.nt}, {self.ni}] (angle-delay) or "
                               f"[n, {self.nt}, {self.nc}] (frequency), not {h.shape}")
        if out is None:
            out = Payloads(len(h), self.bits_max, self.values_max)
        elif len(out) != len(h):
            raise InvalidError(f"out has room for {len(out)} payloads, not for {len(h)}")
        check(lib.codec_encode(self._p, number, len(h), address(h),
                               out._address(self.bits_max, self.values_max)))
        return out

    def decode(self, payloads: Payloads, out: np.ndarray | None = None) -> np.ndarray:
        """n payloads -> complex64 [n, nt, ni] in the angle-delay domain, or precoders
        [n, subbands, nt] of a codec that gives directions (directions_expand())."""
        out = output(out, (len(payloads), *self.shape))
        check(lib.codec_decode(self._p, len(payloads), payloads._address(0, 0), address(out)))
        return out

    def reset(self) -> None:
        """Forgets the memory of both ends: the next payload stands alone."""
        check(lib.codec_reset(self._p))

    def clone(self) -> Codec:
        """Another handle on the same loaded codec: for another thread, or another UE's memory."""
        return Codec(self.spec, self.nc, self._sides, _of=self)


def codec(spec: str, nc: int = 1024, sides: str = "both") -> Codec:
    """Loads a codec, KIND[:ARGUMENTS] as --codec of the programs takes it: "csilink-net-cr8-indoor",
    "klt:klt-indoor,cr=8", "transform:bits=1024", "beams:combination=6". `nc` subcarriers; `sides` is
    "encoder", "decoder" or "both"."""
    return Codec(spec, nc, sides)
