"""The page's HTML: one template for all ways in which it reaches people.

Its sources lie in `page/`: the schedules, grids and samplers of `core/` and `sampling/` once more, in
JavaScript.
"""

import json
from collections.abc import Mapping
from html import escape
from importlib.resources import files
from string import Template
from typing import Any, NamedTuple

import jax
import numpy as np

from mezzotint.core.labels import NONE
from mezzotint.model import Model
from mezzotint.sampling import fresh, loop
from mezzotint.sampling.ddim import Ddim

Json = Mapping[str, Any]


class Way(NamedTuple):
    """How a page reaches people.

    Attributes:
        policy: what its Content-Security-Policy lets it load and run.
        promise: what its reader is told of that.
        runtime: what computes, with its licence and its makers.
        style: the element with its style sheet.
        scripts: the elements with its network, where that is inside, and with its script.
    """

    policy: str
    promise: str
    runtime: str
    style: str
    scripts: str


def markup(told: Json, reference: Json | None, way: Way, *, title: str, summary: str) -> str:
    """The page.

    Args:
        told: what `mezzotint.json` holds.
        reference: what the page is compared with, as `reference` gives it.
        way: how it reaches people.
        title: of the page.
        summary: one line below it.
    """
    _, height, width, _ = told["inputs"]["x"]["shape"]
    return Template(source("index.html")).substitute(
        way._asdict(),
        title=escape(title),
        summary=escape(summary),
        height=height,
        width=width,
        sidecar=inlined(told),
        reference=inlined(reference),
    )


def heading(model: Model) -> dict[str, str]:
    """The page's `title` and `summary`."""
    height, width, _ = model.config.picture_shape
    count = sum(leaf.size for leaf in jax.tree.leaves(model.variables["params"]))
    return {
        "title": model.config.recipe.replace("-", " ").capitalize(),
        "summary": f"{width}\u00d7{height} pixels, by a model of {count / 1e6:.1f} million parameters.",
    }


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


def inlined(value: Any) -> str:
    """JSON that no HTML parser takes for markup."""
    return json.dumps(value, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")


def source(name: str) -> str:
    """A file of `page/`."""
    return files("mezzotint.export").joinpath("page", name).read_text(encoding="utf-8")
