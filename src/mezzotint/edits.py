"""Edits of pictures: each function gives what `Model.sample` and `Model.trajectory` take as `edits`.

    model = mezzotint.load("runs/flowers")
    painted = model.sample(4, steps=50, edits=edits.inpaint(model, picture, mask))

Pictures are float arrays (height, width, channels) in [0, 1]; start noise is normalised, with a batch of 1.
An edit is a pytree of its arrays: with another picture, mask or strength nothing is compiled again.
"""

from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jax.tree_util import Partial
from jaxtyping import Array, Bool, Float

from mezzotint.arrays import Images
from mezzotint.core.pixels import encode, scale
from mezzotint.editing.img2img import start_near
from mezzotint.editing.inpaint import keep, match, resample
from mezzotint.editing.measure import BlockMeans, WeightedChannels
from mezzotint.editing.noise import slerp, start_from, turn
from mezzotint.editing.plan import Edits
from mezzotint.editing.restore import agree
from mezzotint.errors import UserError
from mezzotint.model import Model
from mezzotint.sampling import loop

LUMA = np.array([0.299, 0.587, 0.114], np.float32)  # of red, green and blue: ITU-R BT.601
STD = 0.01  # of what is measured, in [0, 1]

Picture = Float[np.ndarray | Array, "height width channels"]
Noise = Float[Array, "1 height width channels"]


def inpaint(
    model: Model, picture: Picture, mask: Bool[np.ndarray | Array, "height width"], repeats: int = 1
) -> Edits:
    """Paints a part of a picture and keeps the rest of it.

    What is painted is made to go with what is known by its measurement, and what is known is kept to the bit.

    Args:
        model: the model.
        picture: what is there.
        mask: true where there is something to paint.
        repeats: how often each step is taken, as RePaint does. Above 1 the sampler must have single steps.

    Raises:
        UserError: a picture or a mask of another shape, or no repeats.
    """
    if mask.shape != picture.shape[:2]:
        raise UserError(f"the mask is {_size(mask)}, and the picture {_size(picture)}")
    if repeats < 1:
        raise UserError(f"the repeats must be at least 1, not {repeats}")
    encoded, painted = _encoded(model, picture), jnp.asarray(mask)[None, ..., None]
    near = Partial(match, picture=encoded, mask=painted, std=STD / scale(model.pixels))
    kept = Partial(keep, picture=encoded, mask=painted)
    return (near, kept, Partial(resample, repeats=repeats)) if repeats > 1 else (near, kept)


def img2img(model: Model, picture: Picture, strength: float) -> Edits:
    """Makes another picture like this one.

    Args:
        model: the model.
        picture: where it starts from.
        strength: from 0, which gives the picture back, to 1, which knows nothing of it: the share of a right
            angle that arctan(sigma / alpha) of the noise is.

    Raises:
        UserError: a picture of another shape, or a strength out of range.
    """
    _demand_share("strength", strength)
    return (Partial(start_near, picture=_encoded(model, picture), strength=strength),)


def variations(start: Noise, amount: float) -> Edits:
    """Makes neighbours of the picture that starts from some noise.

    Args:
        start: the noise, from `noise` or `Model.invert`.
        amount: from 0, which is that picture, to 1, which knows nothing of it.

    Raises:
        UserError: an amount out of range.
    """
    _demand_share("amount", amount)
    return (Partial(turn, x=start, amount=amount),)


def interpolate(first: Noise, last: Noise, count: int) -> Edits:
    """Makes the pictures from one to another, both included; for one batch of `count` pictures.

    Args:
        first: the start noise of the first picture, from `noise` or `Model.invert`.
        last: the start noise of the last.
        count: how many pictures, 2 or more.

    Raises:
        UserError: fewer than 2 pictures.
    """
    if count < 2:
        raise UserError(f"an interpolation has at least 2 pictures, not {count}")
    return (Partial(start_from, x=slerp(first, last, jnp.linspace(0, 1, count))),)


def upscale(model: Model, picture: Picture) -> Edits:
    """Makes pictures whose blocks of pixels have the colours of a smaller picture's pixels.

    Args:
        model: the model.
        picture: smaller than the model's by a whole factor.

    Raises:
        UserError: the factor is not a whole number above 1, or there are other channels.
    """
    height, width, channels = model.config.picture_shape
    factor = height // picture.shape[0]
    if factor < 2 or picture.shape != (height / factor, width / factor, channels):
        raise UserError(
            f"the picture is {_size(picture)}, and the model's {width}x{height}: upscaling makes both sides "
            "longer by the same whole factor"
        )
    measured = encode(jnp.asarray(picture)[None], model.pixels)
    return (Partial(agree, measurement=BlockMeans(factor), measured=measured, std=STD / scale(model.pixels)),)


def colorize(model: Model, picture: Float[np.ndarray | Array, "height width 1"]) -> Edits:
    """Makes pictures in colour whose luma is a picture in grey.

    Args:
        model: of pictures in colour.
        picture: the luma.

    Raises:
        UserError: the model's pictures are grey, or the picture has another shape.
    """
    demand_colour(model)
    height, width, _ = model.config.picture_shape
    _demand_shape(picture, (height, width, 1))
    measured = jnp.asarray(picture)[None] - LUMA @ model.pixels.mean
    measurement = WeightedChannels(jnp.asarray(LUMA) * scale(model.pixels))
    return (Partial(agree, measurement=measurement, measured=measured, std=STD),)


def demand_colour(model: Model) -> None:
    """Raises a `UserError` where the model's pictures are grey."""
    if model.config.channels != 3:
        raise UserError("there are no colours to add: the model's pictures are grey")


class Distance(NamedTuple):
    """How far a picture is from another.

    Attributes:
        mean_absolute: of all values' differences, in 1/255.
        psnr: peak signal-to-noise ratio, -10 log10 of the mean squared difference in [0, 1], in decibels.
    """

    mean_absolute: float
    psnr: float


def distance(picture: Picture, other: Picture) -> Distance:
    """The distance of a picture, or of many, from another or as many."""
    difference = np.asarray(picture, np.float64) - np.asarray(other, np.float64)
    with np.errstate(divide="ignore"):
        return Distance(255 * np.abs(difference).mean(), -10 * np.log10(np.square(difference).mean()))


def noise(model: Model, seed: int, index: int = 0) -> Noise:
    """The noise from which `Model.sample` makes a seed's picture.

    Raises:
        UserError: a seed or an index out of range.
    """
    return loop.initial_noise(model.config.schedule, loop.keys(seed, index, 1), model.config.picture_shape)


def _encoded(model: Model, picture: Picture) -> Images:
    """A picture of the model's shape, normalised, as a batch of one."""
    _demand_shape(picture, model.config.picture_shape)
    return encode(jnp.asarray(picture)[None], model.pixels)


def _demand_shape(picture: Picture, asked: tuple[int, int, int]) -> None:
    height, width, channels = asked
    if picture.shape != asked:
        raise UserError(
            f"the picture is {_size(picture)} of {picture.shape[-1]} channels, "
            f"and {width}x{height} of {channels} is asked"
        )


def _demand_share(name: str, value: float) -> None:
    if not 0 <= value <= 1:
        raise UserError(f"the {name} must be from 0 to 1, not {value:g}")


def _size(picture: Array | np.ndarray) -> str:
    return f"{picture.shape[1]}x{picture.shape[0]}"
