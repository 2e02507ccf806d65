"""A page that paints: one HTML file with the network, TensorFlow.js and the page's own scripts inside.

TensorFlow.js graph model, sidecar -> HTML

No request leaves it, and its Content-Security-Policy would let none leave. The page's own sources lie in
`page/`: the schedules, grids and samplers of `core/` and `sampling/` once more, in JavaScript.
"""

import json
from base64 import b64encode
from collections.abc import Mapping, Sequence
from html import escape
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Any

import jax
import numpy as np

from mezzotint.core.labels import NONE
from mezzotint.export import sidecar, tfjs
from mezzotint.export.bundle import bundle
from mezzotint.export.program import Program
from mezzotint.export.quantize import Quantize
from mezzotint.model import Model
from mezzotint.sampling import fresh, loop
from mezzotint.sampling.ddim import Ddim

FILE = "page.html"
BATCH = 1

Json = Mapping[str, Any]


def write(program: Program, folder: Path, quantize: Quantize = "none") -> Path:
    """Writes the page of a denoiser, its weights kept as `quantize` says.

    Raises:
        UserError: TensorFlow is not installed, TF.js has nothing for an operation, or there is no npm.
    """
    model, graph = program.model, tfjs.model(program, quantize, BATCH)
    height, width, _ = model.config.picture_shape
    count = sum(leaf.size for leaf in jax.tree.leaves(model.variables["params"]))
    page = build(
        graph.topology,
        graph.specs,
        graph.weights,
        sidecar.sidecar(program, "web", FILE, BATCH),
        reference(model),
        signature=graph.signature,
        title=model.config.recipe.replace("-", " ").capitalize(),
        summary=f"{width}\u00d7{height} pixels, by a model of {count / 1e6:.1f} million parameters.",
    )
    path = folder / FILE
    path.write_text(page, encoding="utf-8")
    return path


def build(
    topology: Json,
    weight_specs: Sequence[Json],
    weights: bytes,
    told: Json,
    reference: Json | None = None,
    *,
    signature: Json,
    title: str = "A page that paints",
    summary: str = "Pictures out of noise, by a diffusion model.",
) -> str:
    """The page.

    Args:
        topology: the `modelTopology` of a TensorFlow.js graph model that takes a batch of 1.
        weight_specs: the `weights` of its manifest, of all groups in order.
        weights: their bytes.
        told: what `mezzotint.json` holds.
        reference: what the page is compared with, as `reference` gives it.
        signature: the graph model's `signature`, which names the tensors x, t and, where there are classes,
            label among its inputs, image and noise among its outputs.
        title: of the page.
        summary: one line below it.

    Raises:
        UserError: the page's scripts could not be built.
    """
    _, height, width, _ = told["inputs"]["x"]["shape"]
    scripts = bundle()
    return Template(_source("index.html")).substitute(
        style=_source("style.css"),
        title=escape(title),
        summary=escape(summary),
        height=height,
        width=width,
        sidecar=_inlined(told),
        reference=_inlined(reference),
        network=_inlined({"topology": topology, "specs": weight_specs, "signature": signature}),
        weights=b64encode(weights).decode(),
        engine=scripts.engine,
        app=scripts.app,
    )


def reference(model: Model) -> dict[str, Any]:
    """A picture of JAX's, by DDIM in the model's own number of steps: the first of seed 0.

    Standard normal `noise` and a `picture` in [0, 1], both flat, with the `sampler`, the `steps` and the
    `label` that lead from one to the other.
    """
    steps = model.config.sampling_steps
    noise = fresh.noise(loop.keys(0, 0, 1), model.config.picture_shape)
    picture = model.sample(1, steps, seed=0, sampler=Ddim())
    told = {"sampler": "ddim", "steps": steps, "label": NONE}
    return {"noise": np.ravel(noise).tolist(), "picture": picture.ravel().tolist(), **told}


def _inlined(value: Any) -> str:
    """JSON that no HTML parser takes for markup."""
    return json.dumps(value, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")


def _source(name: str) -> str:
    return files("mezzotint.export").joinpath("page", name).read_text(encoding="utf-8")
