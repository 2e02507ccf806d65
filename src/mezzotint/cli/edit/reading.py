"""Pictures and masks from files, in the shape that a run asks for."""

from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, UInt8

from mezzotint.config import Config
from mezzotint.data.decode import decode, see
from mezzotint.data.fit import Fit
from mezzotint.data.source import Undecodable
from mezzotint.errors import UserError
from mezzotint.pictures import WHITE

HALF = 128
COLOUR = {1: "in grey", 3: "in colour"}

Box = tuple[int, int, int, int]
Mask = Bool[np.ndarray, "height width"]


class Given(NamedTuple):
    """A picture that was read.

    Attributes:
        pixels: in [0, 1], in the shape asked.
        size: (width, height) that it had.
        fit: how it was brought to its shape.
    """

    pixels: Float[np.ndarray, "height width channels"]
    size: tuple[int, int]
    fit: Fit


def shape_of(config: Config, factor: int = 1, channels: int | None = None) -> Fit:
    """The shape of a run's pictures, or of smaller ones; never cropped at random.

    Args:
        config: of the run.
        factor: how many times smaller; it divides both sides.
        channels: 1 or 3; None for the run's own.
    """
    height, width = config.image_size
    crop = "pad" if config.crop == "pad" else "centre"
    return replace(
        config.fit, size=(height // factor, width // factor), channels=channels or config.channels, crop=crop
    )


def read_picture(path: Path, fit: Fit, fitting: bool) -> Given:
    """A picture, upright and in sRGB, over the background where it is transparent.

    Args:
        path: any picture that training can read, of any size.
        fit: the shape asked. A grey picture goes for one in colour.
        fitting: whether a picture of another shape is cropped, resized and made grey as in training.

    Raises:
        UserError: it cannot be read, or has another shape.
        OSError: there is no such file.
    """
    content = path.read_bytes()
    try:
        seen = see(content, replace(fit, channels=None), smallest=1)
        channels, (height, width) = seen.fitted.shape[-1], fit.size
        if not fitting and (seen.size != (width, height) or channels > (fit.channels or 3)):
            raise UserError(
                f"{path} is {_size(seen.size)} {COLOUR[channels]}, and {_size((width, height))} "
                f"{COLOUR[fit.channels or 3]} is asked: --fit crops and resizes it as training does"
            )
        return Given(decode(content, fit, smallest=1) / np.float32(WHITE), seen.size, fit)
    except Undecodable as error:
        raise UserError(f"{path} cannot be used: {error}") from None


def read_mask(path: Path, given: Given) -> Mask:
    """Where a picture as large as the given one is white; it is cropped and resized as that one was.

    Raises:
        UserError: it cannot be read, has another size, or nothing in it is white.
        OSError: there is no such file.
    """
    try:
        seen = see(path.read_bytes(), replace(given.fit, channels=1, background="black"), smallest=1)
    except Undecodable as error:
        raise UserError(f"{path} cannot be used: {error}") from None
    if seen.size != given.size:
        raise UserError(
            f"{path} is {_size(seen.size)}, and the picture {_size(given.size)}: a mask is as large"
        )
    return _white(seen.fitted, f"{path} has nothing white, which is what is painted")


def mask_of(box: Box, given: Given) -> Mask:
    """The mask of a box: left, top, right, bottom in pixels of the picture's file, the last two excluded.

    Raises:
        UserError: the box is empty, or goes beyond the picture.
    """
    (left, top, right, bottom), (width, height) = box, given.size
    if not (0 <= left < right <= width and 0 <= top < bottom <= height):
        raise UserError(
            f"--box {' '.join(map(str, box))} is not in the picture, which is {_size(given.size)}: "
            "give LEFT TOP RIGHT BOTTOM in pixels, each from the left or the top"
        )
    mask = np.zeros((height, width), np.uint8)
    mask[top:bottom, left:right] = WHITE
    fitted = decode(mask, replace(given.fit, channels=1, background="black"), smallest=1)
    return _white(fitted, f"--box {' '.join(map(str, box))} is cropped away, or too small to be seen")


def _white(mask: UInt8[np.ndarray, "height width 1"], otherwise: str) -> Mask:
    white = mask[..., 0] >= HALF
    if not white.any():
        raise UserError(otherwise)
    return white


def _size(size: tuple[int, int]) -> str:
    return f"{size[0]}x{size[1]}"
