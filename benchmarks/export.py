"""Every format of an export beside JAX: error, size, seconds to load, milliseconds, and a whole picture.

    python benchmarks/export.py RUN [--cores 1] [--repeats 30] [--formats onnx tflite]

Each file is run by its own runtime in a fresh process on so many cores, one process after the other, and
JAX's jitted denoiser likewise, first and last, so that a machine whose speed moves shows it. Times are
medians on one picture. The last column is the mean error of a picture by DDIM in ten steps, in grey levels of
255.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from statistics import median
from typing import NamedTuple

import jax
import numpy as np

import mezzotint
from mezzotint.core.pixels import scale
from mezzotint.export import sidecar
from mezzotint.export.check import Found, calls, check
from mezzotint.export.formats import FORMATS, writer
from mezzotint.export.program import Program, denoise
from mezzotint.export.quantize import Quantize
from mezzotint.export.runners import Arrays
from mezzotint.model import Model
from mezzotint.sampling.ddim import Ddim

STEPS = 10
HEADS = ("format", "weights", "largest error", "mean error", "MB", "load s", "ms", "of JAX", "picture")


class Row(NamedTuple):
    """A format's figures."""

    kind: str
    quantize: Quantize
    size: int
    found: Found
    picture: float


def main() -> None:
    """Prints the table, or the baseline's time where a process of this file is asked for it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("run")
    parser.add_argument("--cores", type=int, default=1)
    parser.add_argument("--repeats", type=int, default=30)
    parser.add_argument("--formats", nargs="*", default=list(FORMATS))
    parser.add_argument("--baseline", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    os.sched_setaffinity(0, range(options.cores))
    if options.baseline:
        print(milliseconds(options.run, options.repeats))
        return
    first = baseline(options)
    rows = list(measured(options))
    last = baseline(options)
    print(f"JAX: {first:.1f} ms before, {last:.1f} after; {options.cores} cores")
    print("".join(f"| {' | '.join(line)} |\n" for line in table(rows, (first + last) / 2)))


def baseline(options: argparse.Namespace) -> float:
    """Milliseconds of JAX's jitted denoiser in a process of its own."""
    words = [options.run, "--cores", str(options.cores), "--repeats", str(options.repeats), "--baseline"]
    command = [sys.executable, __file__, *words]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return float(done.stdout.split()[-1])


def milliseconds(run: str, repeats: int) -> float:
    """The median of so many calls."""
    program = denoise(mezzotint.load(run))
    given = calls(program, 1)[0].inputs
    inputs = [jax.device_put(given[name]) for name in program.inputs]
    function = jax.jit(program.function)
    jax.block_until_ready(function(*inputs))
    return median(_timed(lambda: jax.block_until_ready(function(*inputs))) for _ in range(repeats))


def _timed(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return 1000 * (time.perf_counter() - began)


def measured(options: argparse.Namespace) -> Iterator[Row]:
    """A row for each format and each way of keeping the weights."""
    program = denoise(mezzotint.load(options.run))
    asked = calls(program, 1)
    for kind in options.formats:
        for quantize in FORMATS[kind].quantize:
            with tempfile.TemporaryDirectory() as place:
                folder = Path(place)
                file = writer(kind)(program, folder, quantize)
                sidecar.write(folder, sidecar.sidecar(program, kind, file.name, FORMATS[kind].batch))
                found = check(kind, folder, asked, options.cores, options.repeats)
                size = sum(each.stat().st_size for each in folder.rglob("*") if each.is_file())
                yield Row(kind, quantize, size, found, picture_error(program, kind, folder))


def picture_error(program: Program, kind: str, folder: Path) -> float:
    """The mean error of a picture in ten steps, in grey levels."""
    os.environ.update(FORMATS[kind].environment())
    run = import_module(f"mezzotint.export.runners.{kind}").load(folder, 0)
    function = jax.jit(program.function)
    by_jax = lambda given: dict(zip(program.outputs, function(*given.values()), strict=True))  # noqa: E731
    noise = calls(program, 1)[0].inputs
    pictures = [ddim(program.model, each, noise) for each in (run, by_jax)]
    return 255 * float(np.abs(pictures[0] - pictures[1]).mean())


def ddim(model: Model, run: Callable[[Arrays], Arrays], inputs: Arrays) -> np.ndarray:
    """The picture of some start noise by a denoiser of named arrays."""
    times = model.grid(Ddim(), STEPS)(model.config.schedule, STEPS)
    rates = model.config.schedule(times)
    alpha, sigma = map(np.asarray, rates)
    x, image = inputs["x"], inputs["x"]
    for step, moment in enumerate(zip(times.tolist(), model.config.level(rates).tolist(), strict=True)):
        t, level = (np.full(len(x), value, np.float32) for value in moment)
        found = run(inputs | {"x": x, "t": t, "level": level})
        image = np.asarray(found["image"])
        if step + 1 < STEPS:
            x = alpha[step + 1] * image + sigma[step + 1] * np.asarray(found["noise"])
    return np.clip(image * np.asarray(scale(model.pixels)) + np.asarray(model.pixels.mean), 0, 1)


def table(rows: list[Row], base: float) -> Iterator[list[str]]:
    """Its lines."""
    yield list(HEADS)
    yield ["---"] * len(HEADS)
    for row in rows:
        found, taken = row.found, median(row.found.milliseconds)
        figures = [f"{found.largest:.1g}", f"{found.mean:.1g}", f"{row.size / 1e6:.2f}", f"{found.load:.2f}"]
        yield [row.kind, row.quantize, *figures, f"{taken:.1f}", f"{taken / base:.2f}", f"{row.picture:.3f}"]


if __name__ == "__main__":
    main()
