"""The one function that every format says again: a denoiser, or a whole sampler, with the weights inside.

    denoise: (x, t, level[, label]) -> (image, noise)        sample: (x[, label]) -> (picture,)

x are noisy images in normalised pixels, t their times in [0, 1], level what the network is told of the noise
at these times, label their classes, -1 for none; a model without classes has no such input. The estimates are
normalised as well; `sample` starts from standard normal noise and ends with pictures in [0, 1]. Inputs and
outputs are known by their names.

The level follows from the time, and yet is an input: the article's network sees sines of a thousand periods
of it, so that the last bit of a cosine, in which runtimes differ, moves its output by 1e-4.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import jax
import jax.numpy as jnp
from jax import export
from jax.extend.core import ClosedJaxpr
from jaxtyping import Array

from mezzotint.core.pixels import decode
from mezzotint.core.prediction import denoiser
from mezzotint.errors import UserError
from mezzotint.model import Model, network
from mezzotint.networks.ensemble import computing_in
from mezzotint.sampling import loop
from mezzotint.sampling.method import Sampler

DENOISE = "denoise"
SAMPLE = "sample"
ANY = None  # a batch of any size


@dataclass(frozen=True)
class Program:
    """A function of arrays, with names.

    Attributes:
        name: `denoise` or `sample`.
        model: that it is of.
        function: of the inputs in their order, gives a tuple of the outputs.
        inputs: shapes without the batch, and types.
        outputs: their names.
    """

    name: str
    model: Model
    function: Callable[..., tuple[Array, ...]]
    inputs: dict[str, jax.ShapeDtypeStruct]
    outputs: tuple[str, ...]


def denoise(model: Model) -> Program:
    """The model's denoiser, its computation in float32."""
    model = _in_float32(model)

    config = model.config

    def function(x: Array, t: Array, level: Array, *label: Array) -> tuple[Array, ...]:
        tell = network(config, model.variables, label[0] if label else None)
        at_level = denoiser(lambda scaled, _: tell(scaled, level), config.schedule, config.prediction)
        return tuple(at_level(x, t))

    inputs = {"x": _float(*config.picture_shape), "t": _float(), "level": _float(), **_label(model)}
    return Program(DENOISE, model, function, inputs, ("image", "noise"))


def whole_sampler(model: Model, sampler: Sampler, steps: int) -> Program:
    """Pictures from noise in a number of steps, as one program.

    Raises:
        UserError: the sampler adds noise of its own, which runtimes draw each in its own way.
    """
    if not sampler.deterministic:
        raise UserError(
            "a whole sampler must be one that adds no noise on its way: name one, such as --sampler ddim"
        )
    model, schedule = _in_float32(model), model.config.schedule
    times = loop.times(model.grid(sampler, steps), schedule, steps)

    def function(x: Array, *label: Array) -> tuple[Array, ...]:
        start = jnp.hypot(*schedule(1.0)) * x
        unused = jnp.broadcast_to(jax.random.key(0), x.shape[:1])
        found = loop.sample(
            model.denoiser(label[0] if label else None), schedule, sampler, times, start, unused
        )
        return (decode(found, model.pixels),)

    inputs = {"x": _float(*model.config.picture_shape), **_label(model)}
    return Program(SAMPLE, model, function, inputs, ("picture",))


def shapes(program: Program, batch: int | None = ANY) -> list[jax.ShapeDtypeStruct]:
    """The inputs' shapes for a batch of this size, or of any."""
    (size,) = export.symbolic_shape("batch") if batch is None else (batch,)
    return [jax.ShapeDtypeStruct((size, *each.shape), each.dtype) for each in program.inputs.values()]


def trace(program: Program, batch: int | None = ANY) -> ClosedJaxpr:
    """The program as a jaxpr, its weights among the constants."""
    return jax.jit(program.function).trace(*shapes(program, batch)).jaxpr


def _in_float32(model: Model) -> Model:
    network = computing_in(model.config.network, "float32")
    return replace(model, config=replace(model.config, network=network))


def _float(*shape: int) -> jax.ShapeDtypeStruct:
    return jax.ShapeDtypeStruct(shape, "float32")


def _label(model: Model) -> dict[str, jax.ShapeDtypeStruct]:
    return {"label": jax.ShapeDtypeStruct((), "int32")} if model.config.classes else {}
