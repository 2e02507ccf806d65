"""mezzotint.json beside every exported file: all that a sampler in any language needs to know of it.

With it DDIM is ten lines:

    x = start * standard normal noise
    for i: image, noise = denoise(x, times[i], level[i]); x = alpha[i + 1] * image + sigma[i + 1] * noise
    picture = clip(image * scale + mean, 0, 1)
"""

import json
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np

from mezzotint.config import encode
from mezzotint.core.pixels import scale
from mezzotint.core.schedule import Schedule
from mezzotint.export.program import Program
from mezzotint.model import Model
from mezzotint.sampling.ddim import Ddim

FILE = "mezzotint.json"
VERSION = 1


def sidecar(program: Program, kind: str, file: str, batch: int | None) -> dict[str, Any]:
    """What is known of an exported program, as plain JSON.

    Args:
        program: what was exported.
        kind: the format's name.
        file: the exported file's name.
        batch: the one size of a batch that the file takes; None for any.
    """
    model, config = program.model, program.model.config
    outputs = {name: _described(program.inputs["x"].shape, "float32") for name in program.outputs}
    return {
        "version": VERSION,
        "format": kind,
        "program": program.name,
        "file": file,
        "inputs": {name: _described(each.shape, str(each.dtype)) for name, each in program.inputs.items()},
        "outputs": outputs,
        "batch": batch,
        "pixels": {"mean": _listed(model.pixels.mean), "scale": _listed(scale(model.pixels))},
        "schedule": encode(config.schedule),
        "prediction": encode(config.prediction),
        "level": encode(config.level),
        "classes": config.classes or 0,
        "label_names": list(config.label_names),
        "start": start(config.schedule),
        "sampling": ddim(model),
    }


def start(schedule: Schedule) -> float:
    """Standard deviation of x where sampling starts, for images of unit variance."""
    return float(jnp.hypot(*schedule(1.0)))


def ddim(model: Model) -> dict[str, Any]:
    """The times of the model's own number of steps for DDIM, with their rates; and its grid, for others."""
    steps = model.config.sampling_steps
    times = model.grid(Ddim(), steps)(model.config.schedule, steps)
    alpha, sigma = model.config.schedule(times)
    level = model.config.level(model.config.schedule(times))
    named = {"times": times, "alpha": alpha, "sigma": sigma, "level": level}
    listed = {name: _listed(each) for name, each in named.items()}
    return {"sampler": "ddim", "steps": steps, "grid": encode(model.config.grid), **listed}


def write(folder: Path, content: dict[str, Any]) -> None:
    """Writes mezzotint.json."""
    (folder / FILE).write_text(json.dumps(content, indent=1) + "\n")


def _described(shape: tuple[int, ...], dtype: str) -> dict[str, Any]:
    return {"shape": ["batch", *shape], "dtype": dtype}


def _listed(values: Any) -> list[float]:
    return np.asarray(values, np.float64).tolist()
