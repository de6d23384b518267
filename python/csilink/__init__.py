"""csilink from Python: channels, pilots, transforms, metrics, codecs, uplinks, the chain of
`csilink eval`, ONNX files, and the running link.

    import csilink
    h = csilink.channel("cost2100-indoor").sample(1000, seed=1)    # complex64 [1000, 32, 1024]

Everything but the link is libcsilink, called in this process through ctypes; nothing is compiled.
Arrays are numpy's, row-major; arrays of the right type are passed without a copy. Shapes are

    h   [n, nt, nc]     n channels over nt antennas and nc subcarriers, complex64
    a   [n, nt, ni]     the same in the angle-delay domain, ni delay taps

A function that fails raises csilink.Error or one of its subclasses, with the library's message.
Objects are for one thread at a time; the library works without Python's lock, so that threads with
objects of their own run at once. docs/python.md has a tour.
"""
from ._library import (Error, FormatError, InvalidError, InputError, MismatchError, StateError,
                       UnsupportedError, library_path, version)
from .channels import Channel, Dims, channel
from .codecs import Codec, Payloads, codec
from .evaluation import evaluate
from .metrics import db, directions_expand, nmse, rate, sgcs
from .networks import Network, Port, onnx
from .own import OwnCodec, register
from .transforms import angle_delay, estimate, frequency, from_image, to_image
from .uplinks import Uplink, uplink

# What few programs need is imported when it is asked for: processes, temporary files, tables.
_LATER = {"Link": "link", "run": "link", "read_csv": "records", "read_league": "records",
          "read_record": "records", "read_sweep": "records"}


def __getattr__(name: str):
    if name not in _LATER:
        raise AttributeError(f"module csilink has no {name}")
    from importlib import import_module
    return getattr(import_module("." + _LATER[name], __name__), name)


__version__ = "0.1.0"
__all__ = [
    "Channel", "Codec", "Dims", "Error", "FormatError", "InputError", "InvalidError", "Link",
    "MismatchError", "Network", "OwnCodec", "Payloads", "Port", "StateError", "UnsupportedError",
    "Uplink", "angle_delay", "channel", "codec", "db", "directions_expand", "estimate", "evaluate",
    "frequency", "from_image", "library_path", "nmse", "onnx", "rate", "read_csv", "read_league",
    "read_record", "read_sweep", "register", "run", "sgcs", "to_image", "uplink", "version",
]
