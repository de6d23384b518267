"""raw_forms.py CORPUS: seeds of fuzz_npz and fuzz_raw, small files that numpy wrote."""
import io
import os
import struct
import sys

import numpy as np

rng = np.random.default_rng(3)


def draw(*shape):
    return (rng.integers(-9, 9, shape) + 1j * rng.integers(-9, 9, shape)).astype("complex64")


def npz(save, **arrays):
    out = io.BytesIO()
    save(out, **arrays)
    return out.getvalue()


def npy(x):
    out = io.BytesIO()
    np.save(out, x)
    return out.getvalue()


def put(target, name, data):
    folder = os.path.join(sys.argv[1], target)
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, name), "wb") as f:
        f.write(data)


def parts(keys, data):
    return b"".join(struct.pack("<H", len(x)) + x for x in (keys.encode(), data))


put("fuzz_npz", "stored", npz(np.savez, a=np.arange(2), H=draw(2, 3)))
put("fuzz_npz", "packed", npz(np.savez_compressed, H=np.zeros((4, 8), "float16")))
put("fuzz_npz", "fortran", npz(np.savez, H=np.asfortranarray(np.ones((2, 3), ">f8"))))
put("fuzz_raw", "plain", parts("", npy(draw(2, 2, 8))))
put("fuzz_raw", "order", parts("order=nc/n/nt:sign=+:band=fft:sequence=2", npy(draw(8, 2, 2))))
put("fuzz_raw", "planes", parts("order=plane+nt+ni/n:domain=angle-delay:zero=0.5:ni=4",
                                npy(rng.random((16, 2)).astype("float32"))))
put("fuzz_raw", "taps", parts("order=n/nt/ni:nc=12:angles=fft:domain=angle-delay", npy(draw(2, 2, 5))))
put("fuzz_raw", "deepmimo", parts("layout=deepmimo:rx=1", npz(np.savez, channel=draw(2, 2, 2, 8))))
put("fuzz_raw", "sionna", parts("layout=sionna:start=first:carrier=lowest:sequence=axis", npz(
    np.savez_compressed, a=draw(2, 1, 1, 1, 2, 3, 2),
    tau=(rng.random((2, 1, 1, 3)) * 1e-6).astype("float32"))))
put("fuzz_raw", "rt", parts("layout=sionna:bs=1:bandwidth=1e7", npz(
    np.savez, a=draw(2, 1, 2, 2, 3, 1), tau=np.full((2, 1, 2, 2, 3), 1e-7, "float32"))))
put("fuzz_raw", "log", parts("layout=oai-csinet", struct.pack("<5i", 1, 2, 1, 2, 4) +
                             rng.integers(-9, 9, 16).astype("<i2").tobytes()))
rows = "".join(f"1,3,0xcb81,{a},0,{rb},{a + 1},{rb}\n" for a in range(2) for rb in range(4))
put("fuzz_raw", "csv", parts("layout=oai-csi-logging", (
    "# TIMESTAMP: 2026-09-24 08:09:26\nframe,slot,rnti,ant_rx,port_tx,rb,real,imag\n" + rows).encode()))
put("fuzz_raw", "csv-sc", parts("layout=oai-csi-logging", (
    "frame,slot,rnti,ant_rx,port_tx,rb,sc,real,imag\n" +
    "".join(f"1,3,0x1,0,0,0,{sc},1,2\n" for sc in range(12))).encode()))
