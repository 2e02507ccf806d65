"""Every format of an export side by side with JAX: error, size, time to load, milliseconds a denoise.

    python benchmarks/export.py RUN [--threads 1] [--repeats 30]

Each file is run by its own runtime in a fresh process, JAX's jitted denoiser likewise, one after the other, on
one picture; figures are medians. The picture's error is that of a whole DDIM sampling in ten steps.
"""

import argparse
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import NamedTuple

import jax
import numpy as np

import mezzotint
from mezzotint.export.check import Call, Found, calls, check
from mezzotint.export.formats import FORMATS, writer
from mezzotint.export.program import denoise
from mezzotint.export.quantize import Quantize
from mezzotint.export import sidecar

STEPS = 10


class Row(NamedTuple):
    """A format's figures."""

    name: str
    size: int
    found: Found
    grey_levels: float


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--repeats", type=int, default=30)
    parser.add_argument("--formats", nargs="*", default=list(FORMATS))
    options = parser.parse_args()
    rows = list(measured(options))
    base = median(rows[0].found.milliseconds)
    print("| format | largest error | mean | MB | load s | ms | of JAX | mean error of a picture |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for row in rows:
        print(line(row, base))
