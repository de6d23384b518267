"""Codecs of one's own, written in Python, as kinds of the library."""
from __future__ import annotations

import ctypes
import traceback

import numpy as np

from ._library import CLOSE_FUNCTION, DECODE_FUNCTION, ENCODE_FUNCTION, OPEN_FUNCTION, \
    SIZE_FUNCTION, CodecTable, Error, InvalidError, check, lib, text


class OwnCodec:
    """Base of a codec in Python. `arguments` is what follows KIND: in its spec. Set in __init__:

    nt, ni                of the channels, complex64 a [nt, ni] in the angle-delay domain
    values_max            reals of a payload, that may arrive with noise, or
    bits_max, bits_min    bits, that must arrive as they are; or both
    subbands              0, or of how many subbands decode() gives precoders w [subbands, nt]

    encode(a) returns (values, bits): float32 [up to values_max] and uint8 zeros and ones [up to
    bits_max]; None for none. decode(values, bits, snr_db) returns a [nt, ni], or w. Each handle has an
    object of its own. An exception becomes an error of the codec, with its message."""
    nt, ni = 32, 32
    values_max = bits_max = bits_min = subbands = 0

    def __init__(self, arguments: str) -> None:
        if arguments:
            raise InvalidError(f"{type(self).__name__} takes no arguments, not {arguments!r}")

    def encode(self, a: np.ndarray) -> tuple[np.ndarray | None, np.ndarray | None]:
        raise NotImplementedError

    def decode(self, values: np.ndarray, bits: np.ndarray, snr_db: float) -> np.ndarray:
        raise NotImplementedError


def _fail(error: BaseException) -> int:
    code = error.code if isinstance(error, Error) and error.code else -2
    where = traceback.extract_tb(error.__traceback__)[-1]
    message = f"{type(error).__name__}: {error} ({where.name}, line {where.lineno})"
    return lib.fail(code, message.encode(errors="replace"))


def _view(pointer: int, dtype, count: int) -> np.ndarray:
    """`count` elements of the library's memory."""
    if not count:
        return np.empty(0, dtype)
    memory = (ctypes.c_char * (count * np.dtype(dtype).itemsize)).from_address(pointer)
    return np.frombuffer(memory, dtype)


class _Kind:
    """What the library calls for one kind. It lives until the process ends, as the library wants; the
    class behind it may be replaced, as when a notebook's cell runs again."""

    def __init__(self, name: str, cls: type[OwnCodec]) -> None:
        self.cls, self.objects, self.next = cls, {}, 1
        self.table = CodecTable(SIZE_FUNCTION(self._size), OPEN_FUNCTION(self._open),
                                CLOSE_FUNCTION(self._close), ENCODE_FUNCTION(self._encode),
                                DECODE_FUNCTION(self._decode))
        check(lib.codec_register(text(name, "the kind"), ctypes.byref(self.table), None))

    def _size(self, user, arguments, sizes) -> int:
        try:
            made = self.cls(arguments.decode())
            for name in ("nt", "ni", "bits_min", "bits_max", "values_max", "subbands"):
                value = getattr(made, name)
                if not 0 <= value < 2**31:
                    raise InvalidError(f"{name} is {value}")
                setattr(sizes.contents, name, int(value))
            return 0
        except Exception as e:  # nothing may pass through C
            return _fail(e)

    def _open(self, user, arguments, state) -> int:
        try:
            number, self.next = self.next, self.next + 1
            self.objects[number] = self.cls(arguments.decode())
            state[0] = number
            return 0
        except Exception as e:
            return _fail(e)

    def _close(self, user, state) -> None:
        self.objects.pop(state, None)

    def _encode(self, user, state, a, out) -> int:
        try:
            codec, p = self.objects[state], out.contents
            values, bits = codec.encode(_view(a, np.complex64, codec.nt * codec.ni)
                                        .reshape(codec.nt, codec.ni))
            values = np.zeros(0) if values is None else np.asarray(values, np.float32).ravel()
            bits = np.zeros(0) if bits is None else np.asarray(bits).ravel()
            if len(values) > codec.values_max or len(bits) > codec.bits_max:
                raise InvalidError(f"{len(values)} values and {len(bits)} bits; at most "
                                   f"{codec.values_max} and {codec.bits_max} are allowed")
            if not np.isin(bits, (0, 1)).all():
                raise InvalidError("bits must be zeros and ones")
            _view(p.value, np.float32, len(values))[...] = values
            _view(p.bit, np.uint8, (len(bits) + 7) // 8)[...] = \
                np.packbits(bits.astype(np.uint8), bitorder="little")
            p.values, p.bits = len(values), len(bits)
            return 0
        except Exception as e:
            return _fail(e)

    def _decode(self, user, state, payload, a) -> int:
        try:
            codec, p = self.objects[state], payload.contents
            packed = _view(p.bit, np.uint8, (p.bits + 7) // 8)
            bits = np.unpackbits(packed, count=p.bits, bitorder="little")
            shape = (codec.subbands, codec.nt) if codec.subbands else (codec.nt, codec.ni)
            made = np.asarray(codec.decode(_view(p.value, np.float32, p.values).copy(), bits,
                                           p.snr_db))
            if made.shape != shape:
                raise InvalidError(f"decode gave the shape {made.shape}, not {shape}")
            _view(a, np.complex64, shape[0] * shape[1]).reshape(shape)[...] = made
            return 0
        except Exception as e:
            return _fail(e)


_kinds: dict[str, _Kind] = {}


def register(kind: str, cls: type[OwnCodec]) -> None:
    """Makes `cls` a codec of this process: `kind:ARGUMENTS` is then a spec for codec() and evaluate().
    `kind` is 1 to 15 lower-case letters, digits and dashes. A kind that was registered from Python may
    be registered again: what is opened from then on is of the new class."""
    if not (isinstance(cls, type) and issubclass(cls, OwnCodec)):
        raise InvalidError("a codec of one's own is a class derived from csilink.OwnCodec")
    if kind in _kinds:
        _kinds[kind].cls = cls
    else:
        _kinds[kind] = _Kind(kind, cls)
