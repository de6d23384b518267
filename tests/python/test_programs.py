"""The running link from Python, and readers of what the programs leave."""
import math
import os
import tempfile
import unittest

import csilink
import numpy as np
from csilink import link

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../..")


class Running(unittest.TestCase):
    def test_link(self):
        """a run follows set_snr, tells how it goes, and stops with a summary and a record"""
        with tempfile.TemporaryDirectory() as runs:
            with csilink.run(ues=2, snr=20, runs=runs, record="full") as cell:
                with self.assertRaisesRegex(csilink.InvalidError, "snr"):
                    cell.set_snr("loud")
                cell.set_snr(0)
                for t in cell:
                    if t["acknowledged"] > 20:
                        break
                self.assertEqual(t["snr_db"], 0)
                summary = cell.stop()
                self.assertFalse(cell.running)
                with self.assertRaises(csilink.StateError):
                    cell.set_snr(3)
            r = summary["reports"]
            self.assertEqual(r["sent"], r["acked"] + r["lost_channel"] + r["timed_out"] +
                             r["refused"] + r["not_decoded"])
            record = csilink.read_record(cell.folder)
            self.assertEqual(record["summary"]["reports"], r)
            nmse = record["reports"]["nmse_db"]
            mean = 10 * math.log10(np.nanmean(10 ** (nmse / 10)))
            self.assertAlmostEqual(mean, summary["quality"]["nmse_db"], delta=1e-6)
            self.assertEqual(record["events"][0]["event"], "start")

    def test_refusal(self):
        """a run that does not start says why"""
        with self.assertRaisesRegex(csilink.Error, "--ues"):
            csilink.run(ues="many")
        with self.assertRaisesRegex(csilink.Error, "no-such-option"):
            csilink.run(no_such_option=1)

    def test_short(self):
        """a run of a fixed duration ends by itself"""
        summary = csilink.run(ues=1, snr=math.inf, duration=0.5).wait()
        self.assertTrue(summary["complete"] and summary["reports"]["acked"] > 0)

    def test_lines(self):
        """a line of telemetry is read whole, and anything else is none"""
        t = link._telemetry("    2 s  231 sent, 230 acknowledged, 0 lost, 1 timed out, 0 refused, 0 not "
                            "decoded  NMSE -15.92 dB  SNR inf dB  latency p50 6504 µs, p99 -\n")
        self.assertEqual((t["sent"], t["nmse_db"], t["snr_db"]), (231, -15.92, math.inf))
        self.assertTrue(math.isnan(t["latency_p99_us"]) and math.isnan(t["sgcs"]))
        self.assertIsNone(link._telemetry("12:00 csilink run warning: 1 s  2 sent"))


class Readers(unittest.TestCase):
    def write(self, text):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        path = os.path.join(self.folder.name, "sweep.csv")
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        return path

    def test_tables(self):
        """columns of numbers are floats, an empty cell is NaN, words stay words"""
        path = self.write('model,snr_db,note\n"a,b",inf,\nc,-3.5,x\n')
        for where in (path, os.path.dirname(path)):
            t = csilink.read_sweep(where)
            self.assertEqual(list(t["model"]), ["a,b", "c"])
            self.assertEqual(list(t["snr_db"]), [math.inf, -3.5])
            self.assertEqual(list(t["note"]), ["", "x"])
        league = csilink.read_league(os.path.join(ROOT, "docs"))
        self.assertIn("nmse_db", league)
        self.assertEqual(len(league["codec"]), len(league["nmse_db"]))

    def test_hostile(self):
        """files that are none of csilink's are errors"""
        for text in ("", "a,a\n1,2\n", "a,b\n1\n"):
            with self.assertRaises(csilink.FormatError):
                csilink.read_csv(self.write(text))
        with self.assertRaises(csilink.InputError):
            csilink.read_csv("/nowhere.csv")
        with self.assertRaises(csilink.InputError):
            csilink.read_record("/nowhere")
        path = self.write("x")
        with open(os.path.join(os.path.dirname(path), "summary.json"), "w") as f:
            f.write("[" * 100000)
        with self.assertRaises(csilink.FormatError):
            csilink.read_record(os.path.dirname(path))


if __name__ == "__main__":
    unittest.main()
