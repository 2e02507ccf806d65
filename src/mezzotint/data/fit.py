"""The shape that pictures are brought to: cropped or padded, and resized with antialiasing."""

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from PIL import Image, ImageColor

from mezzotint.errors import UserError

Box = tuple[int, int, int, int]  # left, top, right, bottom


@dataclass(frozen=True)
class Fit:
    """What training wants of every picture.

    Attributes:
        size: (height, width).
        channels: 1 or 3; None for what the source has.
        crop: `centre` cuts the middle; `random` another part each time (in training); `pad` keeps all
            of the picture and fills the rest with the background.
        background: a colour's name or `#rrggbb`: what lies under transparency and around `pad`.

    Raises:
        UserError: a size below 1, channels other than 1 and 3, or an unknown colour.
    """

    size: tuple[int, int]
    channels: int | None = None
    crop: Literal["centre", "random", "pad"] = "centre"
    background: str = "white"

    def __post_init__(self) -> None:
        """Refuses what no picture can be brought to."""
        if min(self.size) < 1 or self.channels not in (None, 1, 3):
            raise UserError(
                f"pictures need a height and width of 1 or more and 1 or 3 channels, "
                f"not {self.size} and {self.channels}"
            )
        try:
            self.colour  # noqa: B018  parsed once, and refused here
        except ValueError:
            raise UserError(
                f"--background {self.background!r} is not a colour: give a name, or #rrggbb"
            ) from None

    @cached_property
    def colour(self) -> tuple[int, int, int]:
        """The background in red, green and blue, 0 to 255."""
        return ImageColor.getrgb(self.background)[:3]

    @property
    def draft(self) -> tuple[int, int]:
        """(width, height) that a decoder may shrink a picture to, and no further."""
        return 2 * max(self.size), 2 * max(self.size)

    def __call__(self, image: Image.Image) -> np.ndarray:
        """Crop or pad, and resize, a picture of mode L or RGB.

        Returns:
            uint8 (height, width, 1 or 3); for a random crop, the whole picture at the scale at which
            it just covers `size`.
        """
        shaped = {"centre": self._cover, "random": self._scale, "pad": self._contain}[self.crop](image)
        return np.asarray(shaped).reshape(shaped.height, shaped.width, -1)

    def _cover(self, image: Image.Image) -> Image.Image:
        return resize(image, self.size, centre_crop((image.height, image.width), self.size))

    def _scale(self, image: Image.Image) -> Image.Image:
        scale = max(self.size[0] / image.height, self.size[1] / image.width)
        height, width = round(image.height * scale), round(image.width * scale)
        return resize(image, (max(height, self.size[0]), max(width, self.size[1])))

    def _contain(self, image: Image.Image) -> Image.Image:
        height, width = self.size
        scale = min(height / image.height, width / image.width)
        small = resize(image, (max(1, round(image.height * scale)), max(1, round(image.width * scale))))
        canvas = Image.new("RGB", (width, height), self.colour).convert(image.mode)
        canvas.paste(small, ((width - small.width) // 2, (height - small.height) // 2))
        return canvas


def centre_crop(extent: tuple[int, int], size: tuple[int, int]) -> Box:
    """The largest box in the middle of a picture with the target's ratio of sides.

    Args:
        extent: (height, width) of the picture.
        size: (height, width) of the target, of which only the ratio counts.
    """
    (height, width), (target_height, target_width) = extent, size
    crop_height = max(1, min(height, round(width * target_height / target_width)))
    crop_width = max(1, min(width, round(height * target_width / target_height)))
    left, top = (width - crop_width) // 2, (height - crop_height) // 2
    return left, top, left + crop_width, top + crop_height


def resize(image: Image.Image, size: tuple[int, int], box: Box | None = None) -> Image.Image:
    """A part of a picture at (height, width) `size`.

    Pillow's bilinear filter widens with the reduction, so it is antialiased; `reducing_gap` first
    shrinks by whole factors, which is quicker, and differs by under 1/255 on average.
    """
    height, width = size
    if image.size == (width, height):
        return image
    return image.resize((width, height), Image.Resampling.BILINEAR, box=box, reducing_gap=2.0)
