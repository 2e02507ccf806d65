"""A small TensorFlow.js graph model, written by hand, so that a page is tested without TensorFlow.

It is the best denoiser of pictures N(mean of the class, std^2) on the cosine schedule, whose rates it
computes from t, but for sigma squared, which is the noise level that it is told.
"""

import json
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from mezzotint.config.kinds import encode
from mezzotint.core.grid import Uniform
from mezzotint.core.level import Variance
from mezzotint.core.prediction import Denoiser, Estimate, with_image
from mezzotint.core.schedule import Cosine, Rates, per_image
from mezzotint.sampling import loop
from mezzotint.sampling.presets import preset

SHAPE = (12, 16, 3)
SCHEDULE = Cosine(max_signal=0.999)
STD = 0.35
CLASSES = 2
PIXELS = {"mean": [0.5, 0.45, 0.4], "scale": [0.25, 0.25, 0.3]}


SIGNATURE = {
    "inputs": {name: {"name": f"{name}:0"} for name in ("x", "t", "level", "label")},
    "outputs": {name: {"name": f"{name}:0"} for name in ("image", "noise")},
}


class Graph(NamedTuple):
    """What `web.build` is given.

    Attributes:
        topology: the nodes.
        weight_specs: of the constants.
        weights: their bytes.
    """

    topology: dict[str, Any]
    weight_specs: list[dict[str, Any]]
    weights: bytes


def means() -> np.ndarray:
    """A picture for each class, and their mean for none, as float16 holds them."""
    rows, columns = np.linspace(-1, 1, SHAPE[0])[:, None], np.linspace(-1, 1, SHAPE[1])
    disc, slope = rows**2 + columns**2 < 0.5, rows + columns
    each = [np.stack([disc * 2 - 1, slope, -slope], -1), np.stack([slope, 1 - 2 * disc, rows * columns], -1)]
    return np.stack([*each, np.mean(each, 0)]).astype(np.float16)


def denoiser(label: int) -> Denoiser:
    """The same in JAX."""

    def denoise(x: Array, t: Array) -> Estimate:
        alpha, sigma = (per_image(rate) for rate in SCHEDULE(t))
        mean = jnp.asarray(means()[label].astype(np.float32))
        image = mean + alpha * STD**2 / (alpha**2 * STD**2 + sigma**2) * (x - alpha * mean)
        return with_image(SCHEDULE(t), x, image)

    return denoise


def picture(noise: np.ndarray | Array, sampler: str, steps: int, label: int) -> np.ndarray:
    """JAX's picture of standard normal noise, in [0, 1]."""
    times, keys = loop.times(Uniform(), SCHEDULE, steps), loop.keys(0, 0, 1)
    x = jnp.hypot(*SCHEDULE(1.0)) * jnp.asarray(noise)
    made = jax.jit(loop.sample, static_argnums=(0, 1, 2))
    image = made(denoiser(label), SCHEDULE, preset(sampler), times, x, keys)
    return np.clip(np.asarray(image) * PIXELS["scale"] + PIXELS["mean"], 0, 1)


def write(folder: Path, steps: int) -> None:
    """The graph model as a folder, with its sidecar."""
    topology, specs, weights = graph()
    (folder / "weights.bin").write_bytes(weights)
    manifest = [{"paths": ["weights.bin"], "weights": specs}]
    model = {"format": "graph-model", "modelTopology": topology, "weightsManifest": manifest}
    (folder / "model.json").write_text(json.dumps(model | {"signature": SIGNATURE}))
    (folder / "mezzotint.json").write_text(json.dumps(sidecar(steps)))


def graph() -> Graph:
    """Constants and nodes; `means` travels as float16."""
    start, end = np.arccos([SCHEDULE.max_signal, SCHEDULE.min_signal])
    constants = {
        "start": np.float32(start),
        "range": np.float32(end - start),
        "variance": np.float32(STD**2),
        "classes": np.int32(CLASSES),
        "zero": np.int32(0),
        "means": means(),
    }
    nodes = [
        *(_node(name, "Placeholder") for name in ("x", "t", "level")),
        _node("label", "Placeholder", dtype=3),
        *(
            _node(name, "Const", dtype=3 if value.dtype == np.int32 else 1)
            for name, value in constants.items()
        ),
        _node("turned", "Mul", "t", "range"),
        _node("angle", "AddV2", "turned", "start"),
        _node("alpha", "Cos", "angle"),
        _node("sigma", "Sin", "angle"),
        _node("known", "GreaterEqual", "label", "zero"),
        _node("row", "SelectV2", "known", "label", "classes"),
        _node("mean", "GatherV2", "means", "row", "zero"),
        _node("clean", "Mul", "alpha", "mean"),
        _node("centred", "Sub", "x", "clean"),
        _node("covariance", "Mul", "alpha", "variance"),
        _node("signal", "Mul", "alpha", "covariance"),
        _node("spread", "AddV2", "signal", "level"),
        _node("gain", "RealDiv", "covariance", "spread"),
        _node("moved", "Mul", "gain", "centred"),
        _node("image", "AddV2", "mean", "moved"),
        _node("scaled", "Mul", "alpha", "image"),
        _node("rest", "Sub", "x", "scaled"),
        _node("noise", "RealDiv", "rest", "sigma"),
    ]
    specs = [_spec(name, value) for name, value in constants.items()]
    versions = {"producer": 1882, "min_consumer": 12}
    return Graph(
        {"node": nodes, "versions": versions}, specs, b"".join(v.tobytes() for v in constants.values())
    )


def sidecar(steps: int) -> dict[str, Any]:
    """What `mezzotint.json` says of it."""
    times = 1 - np.arange(steps) / steps
    alpha, sigma = SCHEDULE(times)
    named = {"times": times, "alpha": alpha, "sigma": sigma, "level": Variance()(Rates(alpha, sigma))}
    grid = {name: np.asarray(each).tolist() for name, each in named.items()}
    return {
        "inputs": {"x": {"shape": ["batch", *SHAPE], "dtype": "float32"}},
        "pixels": PIXELS,
        "schedule": encode(SCHEDULE),
        "level": encode(Variance()),
        "classes": CLASSES,
        "label_names": ["disc", "</script>"],
        "start": float(np.hypot(*SCHEDULE(1.0))),
        "sampling": {"sampler": "ddim", "steps": steps, **grid},
    }


def _node(name: str, op: str, *inputs: str, dtype: int = 1) -> dict[str, Any]:
    return {
        "name": name,
        "op": op,
        "input": list(inputs),
        "attr": {"T": {"type": dtype}, "dtype": {"type": dtype}},
    }


def _spec(name: str, value: np.ndarray) -> dict[str, Any]:
    half = (
        {"quantization": {"dtype": "float16", "original_dtype": "float32"}}
        if value.dtype == np.float16
        else {}
    )
    kind = "int32" if value.dtype == np.int32 else "float32"
    return {"name": name, "shape": list(value.shape), "dtype": kind, **half}
