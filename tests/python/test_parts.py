"""Channels, transforms, metrics, codecs, uplinks, the chain, networks: the package over the library."""
import copy
import os
import pickle
import re
import subprocess
import sys
import threading
import unittest

import csilink
import numpy as np

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../..")
PAIR = "csilink-net-cr8-indoor"


def db(x):
    return csilink.db(np.mean(x))


class Channels(unittest.TestCase):
    def test_sample(self):
        """samples have the shape, type and power that they should, and repeat"""
        c = csilink.channel("cost2100-indoor")
        h = c.sample(30, seed=2)
        self.assertEqual((h.shape, h.dtype), ((30, 32, 1024), np.complex64))
        self.assertEqual(c.dims, (32, 1024, 32))
        np.testing.assert_array_equal(h[10:13], c.sample(3, seed=2, first=10, threads=1))
        self.assertFalse(np.array_equal(h[0], c.sample(1, seed=3)[0]))
        a = c.sample(30, seed=2, domain="angle-delay")
        # The power over the kept taps is that of all 32 x 1024 entries of H.
        np.testing.assert_allclose((np.abs(a) ** 2).sum((1, 2)), 32 * 1024, rtol=1e-4)

    def test_out(self):
        """`out` is filled in place, and refused where it does not fit"""
        c = csilink.channel("rayleigh:nt=4:nc=64:ni=8")
        out = np.empty((2, 4, 64), np.complex64)
        self.assertIs(c.sample(2, out=out), out)
        for wrong in (np.empty((2, 4, 63), np.complex64), np.empty((2, 4, 64), np.complex128),
                      np.empty((2, 64, 4), np.complex64).transpose(0, 2, 1), "x"):
            with self.assertRaisesRegex(csilink.InvalidError, "out must be"):
                c.sample(2, out=wrong)

    def test_sequence(self):
        """a sequence has UEs, then times, and a UE that moves changes"""
        c = csilink.channel("uma-nlos:speed=30")
        s = c.sequence(3, 0.01, ues=2, domain="angle-delay")
        self.assertEqual(s.shape, (2, 3, 32, 32))
        np.testing.assert_array_equal(s[:, 0], c.sample(2, domain="angle-delay"))
        self.assertGreater(db(csilink.nmse(s[:, 0], s[:, 1])), -30)

    def test_inputs(self):
        """any layout and type of numbers is taken"""
        h = csilink.channel("rayleigh:nt=4:nc=64").sample(2)
        odd = np.empty(h.nbytes + 1, np.uint8)[1:].view(np.complex64).reshape(h.shape)
        odd[...] = h
        for same in (h.astype(np.complex128), h.astype(">c8"), np.asfortranarray(h), odd):
            self.assertTrue((csilink.nmse(same, h) < 1e-12).all())
        with self.assertRaisesRegex(csilink.InvalidError, "numbers"):
            csilink.nmse(np.array([[["a"]]]), h)

    def test_errors(self):
        """errors are exceptions with the library's message"""
        with self.assertRaisesRegex(csilink.InvalidError, "unknown channel 'nothing'"):
            csilink.channel("nothing")
        with self.assertRaises(ValueError):
            csilink.channel("rayleigh:speed=-1")
        with self.assertRaises(OSError):
            csilink.channel("missing.mat")
        with self.assertRaisesRegex(csilink.InvalidError, "string"):
            csilink.channel(3)
        with self.assertRaisesRegex(csilink.InvalidError, "NUL"):
            csilink.channel("ray\0leigh")
        c = csilink.channel("rayleigh")
        for wrong in (-1, 2**32, 1.5, True, "1"):
            with self.assertRaisesRegex(csilink.InvalidError, "n must be a whole number"):
                c.sample(wrong)
        c.close()
        with self.assertRaisesRegex(csilink.StateError, "closed"):
            c.sample(1)


class Transforms(unittest.TestCase):
    def setUp(self):
        self.h = csilink.channel("rayleigh").sample(4)

    def test_definition(self):
        """the angle-delay matrix is numpy's inverse DFT, centred and cut"""
        want = np.fft.fftshift(np.fft.ifft2(self.h, norm="ortho"), axes=1)[:, :, :32]
        self.assertLess(db(csilink.nmse(want, csilink.angle_delay(self.h))), -110)

    def test_round_trip(self):
        """what has the kept taps alone comes back"""
        a = csilink.angle_delay(self.h)
        back = csilink.angle_delay(csilink.frequency(a))
        self.assertLess(db(csilink.nmse(a, back)), -110)
        self.assertLess(db(csilink.nmse(a[:1], back[0])), -110)  # one sample without its axis

    def test_images(self):
        """images follow their formula and come back"""
        a = csilink.angle_delay(self.h)
        image, scale = csilink.to_image(a)
        self.assertEqual((image.shape, image.dtype), ((4, 2, 32, 32), np.float32))
        np.testing.assert_allclose(scale, np.maximum(abs(a.real), abs(a.imag)).max((1, 2)))
        np.testing.assert_allclose(image[:, 1], a.imag / (2 * scale[:, None, None]) + 0.5, atol=1e-6)
        self.assertLess(db(csilink.nmse(a, csilink.from_image(image, scale))), -100)
        with self.assertRaises(csilink.InvalidError):
            csilink.from_image(image[:, 0], scale)

    def test_estimate(self):
        """the LS estimate errs by its SNR, and not without noise"""
        self.assertAlmostEqual(db(csilink.nmse(self.h, csilink.estimate(self.h, 10))), -10, delta=0.2)
        self.assertLess(db(csilink.nmse(self.h, csilink.estimate(self.h, np.inf))), -100)
        with self.assertRaises(csilink.InvalidError):
            csilink.estimate(self.h, float("nan"))

    def test_metrics(self):
        """SGCS and rate follow their formulas"""
        known = csilink.estimate(self.h, 0)
        inner = np.abs((known.conj() * self.h).sum(1)) ** 2
        energy, own = (np.abs(self.h) ** 2).sum(1), (np.abs(known) ** 2).sum(1)
        np.testing.assert_allclose(csilink.sgcs(self.h, known), (inner / energy / own).mean(1),
                                   rtol=1e-5)
        mean = (np.abs(self.h) ** 2).mean((1, 2))[:, None]
        want = np.log2(1 + 100 * inner / own / mean).mean(1)
        np.testing.assert_allclose(csilink.rate(self.h, known, 20), want, rtol=1e-5)
        self.assertTrue((csilink.rate(self.h, self.h, 20) > want).all())
        with self.assertRaisesRegex(csilink.InvalidError, "one shape"):
            csilink.sgcs(self.h, known[:2])
        with self.assertRaisesRegex(csilink.InvalidError, "not finite"):
            csilink.nmse(self.h, self.h * np.nan)


class Codecs(unittest.TestCase):
    def setUp(self):
        self.a = csilink.channel("cost2100-indoor").sample(12, domain="angle-delay")

    def test_chain(self):
        """the parts, put together, give the figures of evaluate() and of `csilink eval`"""
        c = csilink.codec(PAIR)
        received, arrivals = csilink.uplink("analog:r4", c).transmit(c.encode(self.a), snr=10)
        nmse = db(csilink.nmse(self.a, c.decode(received)))
        f = csilink.evaluate(PAIR, snr=10, uplink="analog:r4", samples=12, estimation=False)
        self.assertAlmostEqual(nmse, f["nmse_db"][0], delta=1e-9)
        self.assertAlmostEqual(arrivals["channel_uses"][0], f["channel_uses"][0], delta=1e-9)
        program = os.environ.get("CSILINK_PROGRAM", os.path.join(ROOT, "build/bin/csilink"))
        if os.access(program, os.X_OK):
            import json
            out = subprocess.run([program, "eval", "--json", "--codec", "onnx:" + PAIR, "--uplink",
                                  "analog:r4", "--channel", "cost2100-indoor", "--samples", "12",
                                  "--estimation", "none", "--snr", "10"], cwd=ROOT, check=True,
                                 capture_output=True, text=True).stdout
            self.assertIn(repr(float(f["nmse_db"][0])), repr(json.loads(out)))

    def test_payloads(self):
        """payloads are arrays; slices share them, copies do not"""
        c = csilink.codec(PAIR)
        p = c.encode(self.a)
        self.assertEqual((len(p), p.values.shape), (12, (12, c.values_max)))
        whole = c.decode(p)
        np.testing.assert_array_equal(whole[3:5], c.decode(p[3:5]))
        other = p.copy()
        p[0:1].values[...] = 0
        self.assertTrue((p.values[0] == 0).all() and (other.values[0] != 0).any())
        np.testing.assert_array_equal(c.decode(other), whole)
        self.assertNotIn("bit", p.records.dtype.names)
        for again in (copy.deepcopy(other), copy.copy(other), pickle.loads(pickle.dumps(other))):
            self.assertNotEqual(again._raw["value"][0], other._raw["value"][0])
            np.testing.assert_array_equal(c.decode(again), whole)

    def test_in_place(self):
        """encode(out=) and transmit(out=) work in the arrays that they are given"""
        c, room = csilink.codec(PAIR), None
        room = c.payloads(12)
        self.assertIs(c.encode(self.a, out=room), room)
        u = csilink.uplink("analog", c)
        new, _ = u.transmit(room, 5)
        u.transmit(room, 5, out=room)
        np.testing.assert_array_equal(new.values, room.values)
        with self.assertRaisesRegex(csilink.InvalidError, "11 payloads"):
            c.encode(self.a, out=c.payloads(11))

    def test_hostile(self):
        """payloads that no encoder sends are refused, and arrays of the wrong shape"""
        c, other = csilink.codec(PAIR), csilink.codec("transform:bits=256")
        p = c.encode(self.a)
        p.values[1, 5] = np.inf
        with self.assertRaisesRegex(csilink.FormatError, "value 5 of payload 1"):
            c.decode(p)
        p.records["values"] = 10**6
        with self.assertRaisesRegex(csilink.FormatError, "1000000 values"):
            c.decode(p)
        with self.assertRaises(csilink.FormatError):
            other.decode(c.encode(self.a))
        with self.assertRaisesRegex(csilink.InvalidError, "are needed"):
            c.encode(self.a, out=other.payloads(12))
        with self.assertRaisesRegex(csilink.InvalidError, "must have the shape"):
            c.encode(self.a[:, :, :5])
        with self.assertRaises(csilink.InvalidError):
            csilink.codec("klt:klt-indoor", sides="neither")

    def test_bits(self):
        """a codec of bits sends them, and over an uplink that fails it says so"""
        c = csilink.codec("transform:bits=256")
        p = c.encode(self.a)
        self.assertTrue((p.sent_bits == 256).all() and p.values.shape == (12, 0))
        u = csilink.uplink("digital:qpsk,uses=256", c)
        received, arrivals = u.transmit(p, 20)
        self.assertTrue(arrivals["intact"].all() and u.can_fail)
        np.testing.assert_array_equal(received.bits, p.bits)
        self.assertFalse(u.transmit(p, -15)[1]["intact"].any())

    def test_memory(self):
        """a codec with memory builds on the payload before, and a clone has its own"""
        s = csilink.channel("rayleigh:speed=1").sequence(4, 0.001, domain="angle-delay")[0]
        c = csilink.codec("dpcm")
        p = c.encode(s)
        self.assertEqual(list(p.records["builds_on"]), [0, 1, 2, 3])
        c.decode(p)
        with self.assertRaisesRegex(csilink.StateError, "reset the encoder"):
            c.clone().decode(p[2:3])
        c.reset()
        self.assertEqual(c.encode(s[:1]).records["builds_on"][0], 0)

    def test_directions(self):
        """precoders stand for channels in SGCS and rate"""
        h = csilink.frequency(self.a)
        c = csilink.codec("beams")
        w = c.decode(c.encode(h))
        self.assertEqual(w.shape, (12, c.subbands, 32))
        self.assertTrue(c.gives_directions)
        self.assertGreater(csilink.sgcs(h, csilink.directions_expand(w)).mean(), 0.5)

    def test_threads(self):
        """clones encode at once"""
        c, out = csilink.codec(PAIR), {}
        want = c.encode(self.a).values

        def work(k, mine):
            out[k] = mine.encode(self.a).values
        threads = [threading.Thread(target=work, args=(k, c.clone())) for k in range(3)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        for k in range(3):
            np.testing.assert_array_equal(out[k], want)


class Signs(csilink.OwnCodec):
    """Signs of one row: bits and one value."""
    values_max, bits_max, bits_min = 1, 64, 64

    def encode(self, a):
        return [np.abs(a[16]).mean()], (a[16].view(np.float32) < 0)

    def decode(self, values, bits, snr_db):
        a = np.zeros((32, 32), np.complex64)
        a[16] = (values[0] * (1.0 - 2.0 * bits)).astype(np.float32).view(np.complex64)
        return a


class Own(unittest.TestCase):
    def test_own(self):
        """a codec in Python goes through the chain, and may be replaced"""
        csilink.register("signs", Signs)
        f = csilink.evaluate("signs", snr=[np.inf, 0], samples=10)
        self.assertTrue((f["samples"] == 10).all() and np.isfinite(f["nmse_db"]).all())

        class Wrong(Signs):
            def decode(self, values, bits, snr_db):
                raise RuntimeError("not today")
        csilink.register("signs", Wrong)
        with self.assertRaisesRegex(csilink.Error, "signs: RuntimeError: not today"):
            csilink.evaluate("signs", samples=10)

        class Shape(Signs):
            def decode(self, values, bits, snr_db):
                return np.zeros((3, 3))
        csilink.register("signs", Shape)
        with self.assertRaisesRegex(csilink.Error, "shape"):
            csilink.evaluate("signs", samples=10)
        for kind in ("klt", "Signs", ""):
            with self.assertRaises(csilink.InvalidError):
                csilink.register(kind, Signs)
        with self.assertRaisesRegex(csilink.InvalidError, "takes no arguments"):
            csilink.codec("signs:5")
        with self.assertRaisesRegex(csilink.InvalidError, "derived"):
            csilink.register("dict", dict)


class Networks(unittest.TestCase):
    def test_network(self):
        """an ONNX file runs at any batch, and says what it takes"""
        n = csilink.onnx(os.path.join(ROOT, "models", PAIR + ".encoder.onnx"))
        self.assertEqual(n.inputs[0].shape, (None, 2, 32, 32))
        x = np.random.default_rng(1).random((3, 2, 32, 32), np.float32)
        s = n(x)
        np.testing.assert_allclose(s[1:2], n(x[1:2]), atol=1e-5)
        np.testing.assert_array_equal(n.run(**{n.inputs[0].name: x})[n.outputs[0].name], s)
        with self.assertRaises(csilink.Error):
            n(x[:, :1])
        with self.assertRaisesRegex(csilink.InvalidError, "takes x"):
            n()
        with self.assertRaises(csilink.FormatError):
            csilink.onnx(os.path.join(ROOT, "VERSION"))

    def test_library(self):
        """a library that is none is named in the error"""
        code = "import csilink; csilink.version()"
        for path in ("/nowhere/libcsilink.so", "libm.so.6"):
            done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True,
                                  env=dict(os.environ, CSILINK_LIBRARY=path))
            self.assertIn("ImportError", done.stderr)
            self.assertIn(path, done.stderr)
        self.assertEqual(csilink.version(), csilink.__version__)


class Page(unittest.TestCase):
    def test_page(self):
        """the examples of docs/python.md run, and name what there is"""
        with open(os.path.join(ROOT, "docs/python.md"), encoding="utf-8") as f:
            blocks = re.findall(r"^```python\n(.*?)^```", f.read(), re.S | re.M)
        self.assertGreater(len(blocks), 4)
        for name in re.findall(r"csilink\.(\w+)", "\n".join(blocks)):
            self.assertTrue(hasattr(csilink, name), name)
        space = {}
        before = os.getcwd()
        os.chdir(ROOT)  # its paths are from there
        try:
            for block in blocks:  # fewer samples, and no programs
                if "csilink.run" not in block and "read_record" not in block:
                    block = block.replace("sample(1000", "sample(6").replace("samples=200", "samples=9")
                    exec(block.replace("evaluate(", "evaluate(samples=9, codec=", 1)
                         if "klt:" in block else block, space)
        finally:
            os.chdir(before)
        self.assertEqual((space["got"].shape, space["s"].shape[0]), ((6, 32, 32), 6))
        self.assertEqual(space["walk"].shape, (8, 50, 32, 32))


if __name__ == "__main__":
    unittest.main()
