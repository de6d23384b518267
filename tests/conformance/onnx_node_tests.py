#!/usr/bin/env python3
"""Writes the ONNX project's own node tests (python3-onnx) into the folder given.

numpy has dropped the aliases that onnx 1.12 uses; they are put back first.
"""
import sys

import numpy

for name, kind in (("float", float), ("int", int), ("bool", bool), ("object", object), ("str", str)):
    setattr(numpy, name, kind)

from onnx.backend.test.cmd_tools import main

sys.argv = ["cmd_tools", "generate-data", "-o", sys.argv[1]]
main()
