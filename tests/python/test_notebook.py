"""The notebook of examples/: run whole, with a short training."""
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import unittest

ROOT = os.path.realpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))
NOTEBOOK = os.path.join(ROOT, "examples/channels-to-link.ipynb")


def has(*modules):
    return all(importlib.util.find_spec(name) for name in modules)


def cells():
    with open(NOTEBOOK, encoding="utf-8") as f:
        return json.load(f)["cells"]


class Notebook(unittest.TestCase):
    def test_clean(self):
        """the notebook is kept without outputs"""
        for cell in cells():
            if cell["cell_type"] == "code":
                self.assertEqual((cell["outputs"], cell["execution_count"]), ([], None))

    @unittest.skipUnless(has("torch", "onnx"), "python3-torch and python3-onnx are not installed")
    def test_runs(self):
        """the notebook runs from channels to the link, under nbconvert where that is installed"""
        with tempfile.TemporaryDirectory() as folder:
            environment = dict(os.environ, NOTEBOOK_SAMPLES="1000", NOTEBOOK_EPOCHS="2",
                               NOTEBOOK_FOLDER=folder)
            if has("nbconvert", "ipykernel"):
                command = [sys.executable, "-m", "nbconvert", "--to", "notebook", "--execute",
                           "--stdout", NOTEBOOK]
            else:  # the same cells, one after the other
                script = os.path.join(folder, "cells.py")
                with open(script, "w", encoding="utf-8") as f:
                    f.writelines("".join(c["source"]) + "\n" for c in cells()
                                 if c["cell_type"] == "code")
                command = [sys.executable, script]
            done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True,
                                  timeout=600)
            self.assertEqual(done.returncode, 0, done.stderr[-2000:])
            self.assertIn("without any noise", done.stdout)
            self.assertRegex(done.stdout, r"\d+ reports, -?\d+\.\d\d dB")
            self.assertTrue(os.path.exists(os.path.join(folder, "notebook-cr8-cdl.decoder.onnx")))
