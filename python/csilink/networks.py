"""ONNX files, run by csilink's engine."""
from __future__ import annotations

import ctypes
import os
from typing import NamedTuple

import numpy as np

from ._library import Handle, InvalidError, PortInfo, Tensor, check, lib, text

_TYPES = [np.float32, np.int64, np.int32, np.bool_, np.uint8, np.int8, np.float64]


class Port(NamedTuple):
    """An input or output: its name, numpy type, and shape with None where a size is symbolic."""
    name: str
    dtype: np.dtype
    shape: tuple[int | None, ...]


class _Session(Handle):
    _close = "session_close"

    def tensor(self, function, index: int) -> np.ndarray:
        """The session's own memory, as an array."""
        t = Tensor()
        check(function(self._p, index, ctypes.byref(t)))
        dtype, shape = np.dtype(_TYPES[t.type]), tuple(t.dims[:t.rank])
        if t.bytes == 0:
            return np.empty(shape, dtype)
        memory = (ctypes.c_char * t.bytes).from_address(t.data)
        return np.frombuffer(memory, dtype).reshape(shape)


class Network(Handle):
    """A network of an ONNX file; see csilink.onnx(). Attributes: inputs, outputs (lists of Port)."""
    _close = "network_close"

    def __init__(self, path: str | os.PathLike) -> None:
        super().__init__(lib.network_open, text(path, "the path of an ONNX file"))
        self.path = os.fspath(path)
        self._infos = [self._info(lib.network_input, i) for i in range(lib.network_inputs(self._p))]
        self.inputs = [self._port(i) for i in self._infos]
        self.outputs = [self._port(self._info(lib.network_output, i))
                        for i in range(lib.network_outputs(self._p))]
        self._session, self._shapes = None, None

    def _info(self, function, index: int) -> PortInfo:
        port = PortInfo()
        check(function(self._p, index, ctypes.byref(port)))
        return port

    @staticmethod
    def _port(p: PortInfo) -> Port:
        return Port(p.name.decode(errors="replace"), np.dtype(_TYPES[p.type]),
                    tuple(None if d < 0 else d for d in p.dims[:p.rank]))

    def _open(self, arrays: list[np.ndarray]) -> None:
        """A session for these shapes; that of the last run where they are the same."""
        shapes = tuple(a.shape for a in arrays)
        if self._session is not None and shapes == self._shapes:
            return
        ports = (PortInfo * max(len(arrays), 1))()
        for port, a in zip(ports, arrays):
            if a.ndim > 8:
                raise InvalidError(f"an input of {a.ndim} axes; at most 8 are allowed")
            port.rank = a.ndim
            port.dims[:a.ndim] = a.shape
        self._session = None
        self._session = _Session(lib.session_open, self._p, 1, ports)
        self._shapes = shapes

    def run(self, *inputs: np.ndarray, **named: np.ndarray) -> dict[str, np.ndarray]:
        """Runs the network on arrays, in the order of `inputs` or by name, and gives each output by its
        name, in new arrays. The shapes decide the batch; runs of one shape share a prepared session."""
        given = dict(zip((p.name for p in self.inputs), inputs), **named)
        if len(inputs) + len(named) != len(self.inputs) or \
                any(p.name not in given for p in self.inputs):
            raise InvalidError(f"{self.path} takes {', '.join(p.name for p in self.inputs)}; "
                               f"{len(inputs)} in order and {list(named)} are given")
        arrays = [np.asarray(given[p.name], p.dtype) for p in self.inputs]
        self._open(arrays)
        for i, a in enumerate(arrays):
            self._session.tensor(lib.session_input, i)[...] = a
        check(lib.session_run(self._session._p))
        return {p.name: self._session.tensor(lib.session_output, i).copy()
                for i, p in enumerate(self.outputs)}

    def __call__(self, *inputs: np.ndarray, **named: np.ndarray) -> np.ndarray:
        """run(), for a network of one output: that output."""
        return next(iter(self.run(*inputs, **named).values()))


def onnx(path: str | os.PathLike) -> Network:
    """Loads an ONNX file (opset 7 to 17, weights inside): csilink.onnx("x.onnx")(image)."""
    return Network(path)
