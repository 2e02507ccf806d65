"""Does an exported file say what the model says? It is run by its own runtime, in a process of its own."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

import jax
import numpy as np

from mezzotint.errors import UserError
from mezzotint.export.formats import FORMATS
from mezzotint.export.program import DENOISE, Program
from mezzotint.export.runners import Arrays
from mezzotint.export.serve import taken_apart
from mezzotint.export.sidecar import ddim, start

BOUND = 1e-4  # greatest error of a float32 export
SEED = 0


class Call(NamedTuple):
    """Inputs, and what JAX makes of them."""

    inputs: Arrays
    outputs: Arrays


class Found(NamedTuple):
    """What a run of an exported file showed.

    Attributes:
        largest: the largest error, as a share of the output's root mean square where that is above 1.
        mean: the mean error, likewise.
        load: seconds until the file could be run.
        first: seconds of the first call.
        milliseconds: of each repeated call.
        modules: which of jax, tensorflow and torch the process had to import.
    """

    largest: float
    mean: float
    load: float
    first: float
    milliseconds: np.ndarray
    modules: list[str]


def calls(program: Program, batch: int) -> list[Call]:
    """What a sampling of pictures asks of the program: each step of DDIM, or one batch of start noise."""
    model, rng = program.model, np.random.default_rng(SEED)
    x = rng.standard_normal((batch, *model.config.picture_shape), np.float32)
    label = {"label": np.arange(batch, dtype=np.int32) % model.config.classes} if model.config.classes else {}
    run = jax.jit(program.function)
    if program.name != DENOISE:
        return [_call(program, run, {"x": x, **label})]
    grid = ddim(model)
    x, made = start(model.config.schedule) * x, []
    for step, moment in enumerate(zip(grid["times"], grid["level"], strict=True)):
        t, level = (np.full(batch, value, np.float32) for value in moment)
        made.append(_call(program, run, {"x": x, "t": t, "level": level, **label}))
        alpha, sigma = (np.float32([*grid[name], 1][step + 1]) for name in ("alpha", "sigma"))
        x = alpha * made[-1].outputs["image"] + sigma * made[-1].outputs["noise"]
    return made


def _call(program: Program, run: jax.stages.Wrapped, inputs: Arrays) -> Call:
    found = run(*(inputs[name] for name in program.inputs))
    return Call(inputs, dict(zip(program.outputs, map(np.asarray, found), strict=True)))


def check(kind: str, folder: Path, asked: list[Call], threads: int = 0, repeats: int = 0) -> Found:
    """Runs an exported file and holds its answers against JAX's.

    Args:
        kind: the format.
        folder: that it was written to, with its sidecar.
        asked: what it is asked, and JAX's answers.
        threads: of its runtime; 0 for its own choice.
        repeats: how often the first call is made again, to be timed.

    Raises:
        UserError: its runtime fails; the last line that it said is named.
    """
    with tempfile.TemporaryDirectory() as place:
        given, out = Path(place, "in.npz"), Path(place, "out.npz")
        named = {f"{at}/{name}": each for at, call in enumerate(asked) for name, each in call.inputs.items()}
        np.savez(given, **named)  # pyright: ignore[reportArgumentType]
        words = [kind, *map(str, (folder, given, out, threads, repeats))]
        environment = {**os.environ, **FORMATS[kind].environment()}
        command = [sys.executable, "-m", "mezzotint.export.serve", *words]
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
        if done.returncode:
            said = (done.stderr.strip() or "nothing").splitlines()[-1]
            raise UserError(f"the {kind} export does not run: {said}")
        with np.load(out) as found:
            arrays = dict(found)
    measured = [arrays.pop(name) for name in ("load", "first", "milliseconds", "modules")]
    load, first, milliseconds, modules = measured
    largest, mean = errors(asked, taken_apart(arrays))
    return Found(largest, mean, float(load), float(first), milliseconds, modules.tolist())


def errors(asked: list[Call], answers: list[Arrays]) -> tuple[float, float]:
    """The largest and the mean error over all outputs of all calls."""
    pairs = [
        (answer[name], wanted)
        for call, answer in zip(asked, answers, strict=True)
        for name, wanted in call.outputs.items()
    ]
    found = [np.abs(got - wanted) / max(1.0, np.sqrt(np.mean(wanted**2))) for got, wanted in pairs]
    return max(float(each.max()) for each in found), float(np.mean([each.mean() for each in found]))
