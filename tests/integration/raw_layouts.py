"""Channels as other tools write them, small, and what they are by numpy alone.

raw_layouts.py make FOLDER     writes a file of each layout, and NAME.want.npy: H [n, nt, nc]
raw_layouts.py check FOLDER NAME OUT.npy     OUT is H; 1e-6 of the largest entry may be missing
raw_layouts.py images FOLDER NAME OUT.npy    OUT is images
"""
import sys

import numpy as np

N, T, NR, NT, NC, P = 6, 2, 2, 8, 64, 5
BANDWIDTH = 20e6
folder = sys.argv[2]
rng = np.random.default_rng(7)


def draw(*shape):
    return (rng.standard_normal(shape) + 1j * rng.standard_normal(shape)).astype("complex64")


def delays(*shape):
    return (rng.random(shape) * 1.2e-6).astype("float32")


def band(a, tau, centred):
    """a, tau [..., nt, path] -> [..., nt, nc]"""
    n = np.arange(NC) - (NC // 2 if centred else 0)
    turn = np.exp(-2j * np.pi * tau.astype(float)[..., None] * n * BANDWIDTH / NC)
    return (a.astype(complex)[..., None] * turn).sum(-2)


def keep(name, want):
    """want [..., nt, nc]: all axes before are samples, the last fastest."""
    np.save(f"{folder}/{name}.want.npy", want.reshape(-1, NT, NC))


def hdf5(name, **arrays):
    try:
        import h5py
    except ImportError:
        return
    with h5py.File(f"{folder}/{name}.h5", "w") as f:
        for key, x in arrays.items():
            f[key] = x
        f["cell/one/" + key] = x
        f["elsewhere"] = h5py.SoftLink("/" + key)


def make():
    h = draw(N, NT, NC)
    np.save(f"{folder}/plain.npy", h)
    keep("plain", h)
    np.save(f"{folder}/double.npy", h.astype("complex128"))
    np.save(f"{folder}/fortran.npy", np.asfortranarray(h))
    np.save(f"{folder}/big.npy", h.astype(">c8"))
    np.save(f"{folder}/swapped.npy", h.transpose(2, 0, 1))  # nc/n/nt
    np.savez(f"{folder}/stored.npz", other=np.arange(3), H=h)
    np.savez_compressed(f"{folder}/packed.npz", other=np.arange(3), H=h)
    hdf5("file", H=h)
    half = np.stack([h.real, h.imag], 1).astype("float16")  # n/plane/nt/nc
    np.save(f"{folder}/half.npy", half)
    keep("half", half[:, 0].astype(float) + 1j * half[:, 1])
    np.save(f"{folder}/conjugate.npy", h.conj())
    np.save(f"{folder}/fft.npy", np.fft.ifftshift(h, axes=2))

    # Delay domain: 24 taps, made by an inverse DFT of ascending subcarriers.
    taps = draw(N, NT, 24)
    np.save(f"{folder}/taps.npy", taps)
    keep("taps", np.fft.fft(taps, NC, axis=2) / np.sqrt(NC))
    whole = draw(N, NT, NC)
    np.save(f"{folder}/backwards.npy", np.fft.fft(whole, axis=2))
    keep("backwards", whole * np.sqrt(NC))
    np.save(f"{folder}/taps-fft.npy", np.fft.ifft(np.fft.ifftshift(whole, axes=2), axis=2))
    keep("taps-fft", whole / np.sqrt(NC))

    # Angle-delay domain, rows centred: the inverse DFT over antennas.
    angles = np.fft.fftshift(np.fft.ifft(taps, axis=1), axes=1) * np.sqrt(NT)
    np.save(f"{folder}/angles.npy", angles)
    np.save(f"{folder}/angles-fft.npy", np.fft.ifftshift(angles, axes=1))
    keep("angles", np.fft.fft(taps, NC, axis=2) / np.sqrt(NC))

    h = draw(N, NR, NT, NC)
    h[3] = 0  # a user without a path
    np.savez(f"{folder}/deepmimo.npz", channel=h)
    keep("deepmimo", np.delete(h, 3, 0))
    keep("deepmimo-rx1", np.delete(h, 3, 0)[:, 1])
    a, toa = draw(N, NR, NT, P), delays(N, P)
    np.savez(f"{folder}/deepmimo-paths.npz", channel=a, toa=toa)
    keep("deepmimo-paths", band(a, toa[:, None, None], False))

    # Sionna: [batch, rx, rx_ant, tx, tx_ant, path, time]; one delay for all antennas, or each.
    a, tau = draw(N, 1, NR, 1, NT, P, T), delays(N, 1, 1, P)
    want = band(np.moveaxis(a[:, 0, :, 0], -1, 2), tau[:, 0, 0][:, None, None, None], True)
    np.savez(f"{folder}/sionna.npz", a=a, tau=tau)
    np.save(f"{folder}/a.npy", a)
    np.save(f"{folder}/tau.npy", tau)
    keep("sionna", want)
    first = tau - tau.min(-1, keepdims=True)
    keep("sionna-first", band(np.moveaxis(a[:, 0, :, 0], -1, 2),
                              first[:, 0, 0][:, None, None, None].astype("float32"), True))
    tau = delays(N, 1, NR, 1, NT, P)
    np.savez(f"{folder}/sionna-each.npz", a=a, tau=tau)
    keep("sionna-each", band(np.moveaxis(a[:, 0, :, 0], -1, 2), tau[:, 0, :, 0][:, :, None], True))
    a, tau = draw(N, NR, 2, NT, P, T), delays(N, 2, P)  # Sionna RT: no batch; two transmitters
    np.savez(f"{folder}/sionna-rt.npz", a=a, tau=tau)
    keep("sionna-rt", band(np.moveaxis(a[:, :, 1], -1, 2), tau[:, 1][:, None, None, None], True))
    h = draw(N, 1, NR, 1, NT, T, NC)
    np.savez(f"{folder}/sionna-ofdm.npz", h=h)
    keep("sionna-ofdm", np.moveaxis(h[:, 0, :, 0], 2, 3 - 1).transpose(0, 1, 3, 2, 4))

    # Logs of OpenAirInterface: whole numbers of 16 bits.
    h = rng.integers(-999, 999, (N, NR, NT, NC, 2)).astype("<i2")
    with open(f"{folder}/oai.bin", "wb") as f:
        for i in range(N):
            f.write(np.array([i, 2 * i, NR, NT, NC], "<i4").tobytes() + h[i].tobytes())
    h = h[..., 0] + 1j * h[..., 1]
    keep("oai-csinet", h)
    with open(f"{folder}/oai.csv", "w") as f:
        f.write("# TIMESTAMP: 2026-09-24 08:09:26\n# { }\nframe,slot,rnti,ant_rx,port_tx,rb,real,imag\n")
        for i in range(N):
            for port, antenna, rb in np.ndindex(NR, NT, NC):
                x = h[i, port, antenna, rb]
                f.write(f"{i},3,0xcb81,{antenna},{port},{rb},{int(x.real)},{int(x.imag)}\n")
        f.write("# DROPPED: 1\n9,3,0xcb81,0,0,0,1,1\n")
    keep("oai-csv", h)

    # MATLAB leaves out axes of size 1 at the end, and stores columns first.
    try:
        import scipy.io
    except ImportError:
        return
    a, tau = draw(NR, NT, P, N), delays(NR, NT, P, N).astype(float)
    scipy.io.savemat(f"{folder}/quadriga.mat", {"coeff": a, "delay": tau})
    keep("quadriga", band(a.transpose(0, 3, 1, 2), tau.transpose(0, 3, 1, 2), False))
    tau = delays(P, N).astype(float)
    scipy.io.savemat(f"{folder}/quadriga-shared.mat", {"coeff": a, "delay": tau})
    keep("quadriga-shared", band(a.transpose(0, 3, 1, 2), tau.T[None, :, None], False))
    h = draw(NR, NT, NC, N)
    scipy.io.savemat(f"{folder}/quadriga-fr.mat", {"H": h})
    keep("quadriga-fr", h.transpose(0, 3, 1, 2))
    h = draw(NC, N, NR, NT)
    scipy.io.savemat(f"{folder}/matlab-5g.mat", {"hest": h}, do_compression=True)
    keep("matlab-5g", h.transpose(2, 1, 3, 0))
    a, tau = draw(N, P, NT), delays(1, P).astype(float)  # one receive antenna: no fourth axis
    scipy.io.savemat(f"{folder}/matlab-5g-paths.mat", {"pathGains": a, "pathDelays": tau})
    keep("matlab-5g-paths", band(a.transpose(0, 2, 1), tau[:, None], True))


def check(name, got):
    want, got = np.load(f"{folder}/{name}.want.npy"), np.load(got)
    assert got.dtype == "complex64", got.dtype
    assert got.shape == want.shape, (got.shape, want.shape)
    off = abs(got - want).max() / abs(want).max()
    assert off < 1e-6, off


def images(name, got):
    """Inverse DFTs over subcarriers and antennas, 8 taps kept, each scaled into [0,1]."""
    h, got = np.load(f"{folder}/{name}.want.npy").astype(complex), np.load(got)
    ad = np.fft.fftshift(np.fft.ifft(np.fft.ifft(h, axis=2)[:, :, :8], axis=1), axes=1)
    x = np.stack([ad.real, ad.imag], 1).reshape(len(h), -1)
    x = x / (2 * abs(x).max(1, keepdims=True)) + 0.5
    assert got.shape == x.shape, (got.shape, x.shape)
    assert abs(got - x).max() < 1e-6, abs(got - x).max()


if sys.argv[1] == "make":
    make()
else:
    {"check": check, "images": images}[sys.argv[1]](*sys.argv[3:])
