"""Finds libcsilink.so, declares what include/csilink.h declares, and turns codes into exceptions."""
from __future__ import annotations

import ctypes
import os
import threading
from ctypes import POINTER, c_char, c_char_p, c_double, c_int, c_int32, c_int64, c_size_t, c_uint32, \
    c_uint64, c_void_p

import numpy as np

ABI = 0
FREQUENCY, ANGLE_DELAY = 0, 1
NAME = f"libcsilink.so.{ABI}"


class Error(Exception):
    """A function of the library failed; its message says what was wrong. `code` is its csl_code."""
    code = 0


class InvalidError(Error, ValueError):
    """An argument outside its range."""


class InputError(Error, OSError):
    """A file could not be opened or read."""


class FormatError(Error, ValueError):
    """A file or payload that breaks its own format."""


class UnsupportedError(Error):
    """Well formed, but not something csilink can do."""


class MismatchError(Error, ValueError):
    """Two parts that do not belong together."""


class StateError(Error, RuntimeError):
    """A call that does not fit the object's state."""


_ERRORS = {-2: InvalidError, -3: InputError, -4: FormatError, -5: UnsupportedError,
           -6: MismatchError, -8: StateError}


class Dims_(ctypes.Structure):
    _fields_ = [("nt", c_uint32), ("nc", c_uint32), ("ni", c_uint32)]


class CodecInfo(ctypes.Structure):
    _fields_ = [("kind", c_char * 16), ("name", c_char * 96), ("precision", c_char * 16),
                ("identity", c_uint64), ("flags", c_uint32), ("nt", c_uint32), ("nc", c_uint32),
                ("ni", c_uint32), ("subbands", c_uint32), ("bits_min", c_uint32),
                ("bits_max", c_uint32), ("values_max", c_uint32), ("entries", c_uint64),
                ("encoder_parameters", c_int64), ("encoder_macs", c_int64),
                ("decoder_parameters", c_int64), ("decoder_macs", c_int64),
                ("reserved", c_uint64 * 4)]


class CodecSizes(ctypes.Structure):
    _fields_ = [("nt", c_uint32), ("ni", c_uint32), ("bits_min", c_uint32), ("bits_max", c_uint32),
                ("values_max", c_uint32), ("subbands", c_uint32), ("reserved", c_uint32 * 4)]


class Payload(ctypes.Structure):
    _fields_ = [("bit", c_void_p), ("value", c_void_p), ("snr_db", c_double), ("bits", c_uint32),
                ("values", c_uint32), ("builds_on", c_uint32), ("exact", c_uint32)]


SIZE_FUNCTION = ctypes.CFUNCTYPE(c_int, c_void_p, c_char_p, POINTER(CodecSizes))
OPEN_FUNCTION = ctypes.CFUNCTYPE(c_int, c_void_p, c_char_p, POINTER(c_void_p))
CLOSE_FUNCTION = ctypes.CFUNCTYPE(None, c_void_p, c_void_p)
ENCODE_FUNCTION = ctypes.CFUNCTYPE(c_int, c_void_p, c_void_p, c_void_p, POINTER(Payload))
DECODE_FUNCTION = ctypes.CFUNCTYPE(c_int, c_void_p, c_void_p, POINTER(Payload), c_void_p)


class CodecTable(ctypes.Structure):
    _fields_ = [("size", SIZE_FUNCTION), ("open", OPEN_FUNCTION), ("close", CLOSE_FUNCTION),
                ("encode", ENCODE_FUNCTION), ("decode", DECODE_FUNCTION), ("reserved", c_void_p * 3)]


class UplinkInfo(ctypes.Structure):
    _fields_ = [("name", c_char * 128), ("identity", c_uint64), ("references", c_uint32),
                ("symbols", c_uint32), ("side_bits_max", c_uint32), ("can_fail", c_uint32),
                ("adaptive", c_uint32), ("unfair", c_uint32), ("reserved", c_uint64 * 4)]


class Air(ctypes.Structure):
    _fields_ = [("seed", c_uint64), ("snr_db", c_double), ("ue", c_uint32), ("seq", c_uint32),
                ("sequence", c_uint32), ("snr_known", c_uint32), ("reserved", c_uint64 * 4)]


class Evaluation(ctypes.Structure):
    _fields_ = [("channel", c_char_p), ("codec", c_char_p), ("uplink", c_char_p),
                ("snr_db", c_void_p), ("seed", c_uint64), ("snrs", c_uint32),
                ("samples", c_uint32), ("ues", c_uint32), ("estimated", c_uint32),
                ("dl_snr_db", c_double), ("period_s", c_double), ("reserved", c_uint64 * 4)]


class Figures(ctypes.Structure):
    _fields_ = [(name, c_double) for name in (
        "snr_db", "nmse_db", "nmse_error_db", "rho", "sgcs", "rate", "rate_perfect",
        "rate_estimate", "ls_nmse_db", "bits", "channel_uses")] + [
        ("samples", c_uint64), ("not_decoded", c_uint64), ("nmse_all_db", c_double),
        ("rate_all", c_double), ("reserved", c_uint64 * 4)]


class PortInfo(ctypes.Structure):
    _fields_ = [("name", c_char_p), ("type", c_int32), ("rank", c_int32), ("dims", c_int64 * 8)]


class Tensor(ctypes.Structure):
    _fields_ = [("data", c_void_p), ("count", c_uint64), ("bytes", c_uint64), ("type", c_int32),
                ("rank", c_int32), ("dims", c_int64 * 8)]


# The same bytes as csl_payload and csl_arrival, as elements of numpy arrays.
PAYLOAD = np.dtype([("bit", "u8"), ("value", "u8"), ("snr_db", "f8"), ("bits", "u4"),
                    ("values", "u4"), ("builds_on", "u4"), ("exact", "u4")])
# The same elements, without the pointers.
PAYLOAD_RECORD = np.dtype({"names": ["snr_db", "bits", "values", "builds_on", "exact"],
                           "formats": ["f8", "u4", "u4", "u4", "u4"],
                           "offsets": [16, 24, 28, 32, 36], "itemsize": PAYLOAD.itemsize})
ARRIVAL = np.dtype([("snr_estimated_db", "f8"), ("channel_uses", "f8"), ("bits", "u4"),
                    ("intact", "u4")])

_P = c_void_p  # a handle or the address of an array
_OUT = POINTER(c_void_p)
# What a function returns where it is not a code, and its arguments.
_FUNCTIONS = {
    "version": (c_char_p, []), "abi": (c_int, []), "error": (c_char_p, []),
    "fail": (c_int, [c_int, c_char_p]),
    "channel_open": (c_int, [c_char_p, _OUT]), "channel_close": (None, [_P]),
    "channel_dims": (c_int, [_P, POINTER(Dims_)]), "channel_describe": (c_char_p, [_P]),
    "channel_samples": (c_uint64, [_P]),
    "channel_sample": (c_int, [_P, c_int, c_uint64, c_uint32, c_uint32, c_uint32, _P]),
    "channel_sequence": (c_int, [_P, c_int, c_uint64, c_uint32, c_uint32, c_uint32, c_double,
                                 c_double, c_uint32, _P]),
    "transform_open": (c_int, [POINTER(Dims_), _OUT]), "transform_close": (None, [_P]),
    "transform_angle_delay": (c_int, [_P, c_uint32, _P, _P]),
    "transform_frequency": (c_int, [_P, c_uint32, _P, _P]),
    "image_from_angle_delay": (c_int, [POINTER(Dims_), c_uint32, _P, _P, _P]),
    "image_to_angle_delay": (c_int, [POINTER(Dims_), c_uint32, _P, _P, _P]),
    "pilots_open": (c_int, [POINTER(Dims_), c_uint32, c_int, _OUT]), "pilots_close": (None, [_P]),
    "pilots_estimate": (c_int, [_P, c_uint64, c_uint32, c_uint32, c_double, c_uint32, _P, _P]),
    "nmse": (c_int, [c_uint32, c_size_t, _P, _P, _P]),
    "sgcs": (c_int, [c_uint32, c_uint32, c_uint32, _P, _P, _P]),
    "rate": (c_int, [c_uint32, c_uint32, c_uint32, _P, _P, c_double, _P]),
    "directions_expand": (c_int, [c_uint32, c_uint32, c_uint32, c_uint32, _P, _P]),
    "codec_open": (c_int, [c_char_p, c_int, c_uint32, _OUT]), "codec_clone": (c_int, [_P, _OUT]),
    "codec_close": (None, [_P]), "codec_get_info": (c_int, [_P, POINTER(CodecInfo)]),
    "codec_encode": (c_int, [_P, c_int, c_uint32, _P, _P]),
    "codec_decode": (c_int, [_P, c_uint32, _P, _P]), "codec_reset": (c_int, [_P]),
    "codec_register": (c_int, [c_char_p, POINTER(CodecTable), _P]),
    "uplink_open": (c_int, [c_char_p, _P, _OUT]), "uplink_close": (None, [_P]),
    "uplink_get_info": (c_int, [_P, POINTER(UplinkInfo)]),
    "uplink_transmit": (c_int, [_P, POINTER(Air), c_uint32, _P, _P, _P]),
    "uplink_reset": (None, [_P]),
    "evaluation_init": (None, [POINTER(Evaluation)]),
    "evaluate": (c_int, [POINTER(Evaluation), POINTER(Figures)]),
    "network_open": (c_int, [c_char_p, _OUT]), "network_close": (None, [_P]),
    "network_inputs": (c_uint32, [_P]), "network_outputs": (c_uint32, [_P]),
    "network_input": (c_int, [_P, c_uint32, POINTER(PortInfo)]),
    "network_output": (c_int, [_P, c_uint32, POINTER(PortInfo)]),
    "session_open": (c_int, [_P, c_int64, POINTER(PortInfo), _OUT]), "session_close": (None, [_P]),
    "session_input": (c_int, [_P, c_uint32, POINTER(Tensor)]),
    "session_output": (c_int, [_P, c_uint32, POINTER(Tensor)]), "session_run": (c_int, [_P]),
}


def library_path() -> str:
    """Where the library is: $CSILINK_LIBRARY, the build tree that this package is in (build/lib), the
    lib folder of the prefix that it is installed under, or, as a bare name, wherever the loader looks.
    """
    here = os.path.dirname(os.path.abspath(__file__))
    asked = os.environ.get("CSILINK_LIBRARY")
    if asked:
        return asked
    places = [os.path.join(here, "..", "..", "build", "lib")]
    folder = here
    for _ in range(4):  # PREFIX/lib/python3/dist-packages/csilink
        folder = os.path.dirname(folder)
        if os.path.basename(folder) == "lib":
            places.append(folder)
    for place in places:
        path = os.path.normpath(os.path.join(place, NAME))
        if os.path.exists(path):
            return path
    return NAME


class Library:
    """The functions of csilink.h without their csl_, loaded at the first use."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loaded = None

    def _load(self) -> ctypes.CDLL:
        with self._lock:
            if self._loaded:
                return self._loaded
            path = library_path()
            try:
                lib = ctypes.CDLL(path)
            except OSError as e:
                raise ImportError(f"{e}; build it with `make library`, install csilink, or name the "
                                  f"file in CSILINK_LIBRARY") from None
            for name, (result, arguments) in _FUNCTIONS.items():
                try:
                    function = getattr(lib, "csl_" + name)
                except AttributeError:
                    raise ImportError(f"{path} lacks csl_{name}: it is no libcsilink of this "
                                      f"version") from None
                function.restype, function.argtypes = result, arguments
                setattr(self, name, function)
            if lib.csl_abi() != ABI:
                raise ImportError(f"{path} has ABI {lib.csl_abi()}, this package needs {ABI}")
            self._loaded = lib
            return lib

    def __getattr__(self, name: str):
        if name not in _FUNCTIONS:
            raise AttributeError(name)
        self._load()
        return self.__dict__[name]


lib = Library()


def version() -> str:
    """The library's version, "0.1.0"."""
    return lib.version().decode()


def check(code: int) -> None:
    """Raises the library's failure of a function that returned `code`."""
    if code == 0:
        return
    message = lib.error().decode(errors="replace")
    if code == -1:
        raise MemoryError(message)
    error = _ERRORS.get(code, Error)(message)
    error.code = code
    raise error


def text(value: str | os.PathLike, what: str) -> bytes:
    """A string as C takes it."""
    data = os.fsencode(value) if isinstance(value, (str, os.PathLike)) else None
    if data is None:
        raise InvalidError(f"{what} must be a string, not {type(value).__name__}")
    if b"\0" in data:
        raise InvalidError(f"{what} has a NUL in it")
    return data


def whole(value: int, what: str, low: int = 0, high: int = 2**32 - 1) -> int:
    """An integer within a range, so that ctypes cuts none off."""
    if isinstance(value, bool) or not hasattr(value, "__index__") or \
            not low <= value.__index__() <= high:
        raise InvalidError(f"{what} must be a whole number from {low} to {high}, not {value!r}")
    return value.__index__()


def complex_array(x, ndim: int, what: str) -> np.ndarray:
    """`x` as contiguous complex64 of `ndim` axes, without a copy where it is that already. One axis
    fewer is one sample."""
    if type(x) is np.ndarray and x.dtype == np.complex64 and x.ndim == ndim and \
            x.flags.c_contiguous and x.flags.aligned:
        return x
    a = np.asarray(x)
    if a.dtype.kind not in "fciu":
        raise InvalidError(f"{what} must be an array of numbers, not {a.dtype}")
    if a.ndim == ndim - 1:
        a = a[np.newaxis]
    if a.ndim != ndim:
        raise InvalidError(f"{what} must have {ndim} axes, not {a.ndim}: shape {a.shape}")
    return np.require(a, np.complex64, "CA")


def output(out: np.ndarray | None, shape: tuple[int, ...], dtype=np.complex64) -> np.ndarray:
    """The caller's array where there is one, of this very shape and type; else a new one."""
    if out is None:
        return np.empty(shape, dtype)
    if not isinstance(out, np.ndarray) or out.shape != shape or out.dtype != dtype or \
            not out.flags.c_contiguous or not out.flags.aligned or not out.flags.writeable:
        raise InvalidError(f"out must be a writable, contiguous array of {np.dtype(dtype)} and "
                           f"shape {shape}")
    return out


def address(a: np.ndarray) -> int:
    return a.ctypes.data


class Handle:
    """Owns an object of the library and closes it: at the end of a `with`, by close(), or when it is
    collected."""
    _close = ""

    def __init__(self, opener, *arguments) -> None:
        self._handle = None
        handle = c_void_p()
        check(opener(*arguments, ctypes.byref(handle)))
        self._handle = handle.value

    @property
    def _p(self) -> int:
        if not self._handle:
            raise StateError(f"this {type(self).__name__} is closed")
        return self._handle

    def close(self) -> None:
        handle, self._handle = getattr(self, "_handle", None), None
        if handle:
            getattr(lib, self._close)(handle)

    def __enter__(self):
        return self

    def __exit__(self, *error) -> None:
        self.close()

    def __del__(self) -> None:
        self.close()
