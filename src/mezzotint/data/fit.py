"""The shape that pictures are brought to: cropped or padded, and resized with antialiasing."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal, NamedTuple

from PIL import Image, ImageColor

from mezzotint.errors import UserError

Box = tuple[float, float, float, float]  # left, top, right, bottom
LEAST_REDUCED = 3  # times the target: at twice, the error comes close to 1/255 (tests/data/test_parity.py)


class Loaded(NamedTuple):
    """A decoded picture, perhaps smaller than the file says.

    The whole need not be a multiple of the reduction: then the last row and column are partly filled, and
    a crop that forgot it would be shifted, which costs more than all else together.

    Attributes:
        image: of mode L or RGB, as it is stored.
        extent: (height, width) of the whole.
        reduction: how many of the whole's pixels one of the image's stands for, along a side.
    """

    image: Image.Image
    extent: tuple[int, int]
    reduction: float = 1.0


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
        return LEAST_REDUCED * max(self.size), LEAST_REDUCED * max(self.size)

    @property
    def sideways(self) -> "Fit":
        """The same for pictures that are stored on their side."""
        return replace(self, size=self.size[::-1])

    def __call__(self, loaded: Loaded) -> Image.Image:
        """Crop or pad, and resize.

        Returns:
            The picture at `size`, in the same mode; for a random crop, the whole picture at the scale at
            which it just covers `size`.
        """
        return {"centre": self._cover, "random": self._scale, "pad": self._contain}[self.crop](loaded)

    def _cover(self, loaded: Loaded) -> Image.Image:
        return resize(loaded, self.size, centre_crop(loaded.extent, self.size))

    def _scale(self, loaded: Loaded) -> Image.Image:
        height, width = _scaled(loaded.extent, self.size, max)
        return resize(loaded, (max(height, self.size[0]), max(width, self.size[1])))

    def _contain(self, loaded: Loaded) -> Image.Image:
        height, width = self.size
        small = resize(loaded, _scaled(loaded.extent, self.size, min))
        canvas = Image.new("RGB", (width, height), self.colour).convert(small.mode)
        canvas.paste(small, ((width - small.width) // 2, (height - small.height) // 2))
        return canvas


def _scaled(extent: tuple[int, int], size: tuple[int, int], choose: Callable[..., float]) -> tuple[int, int]:
    """An extent (height, width) in its own ratio, at the greater or smaller of the scales to `size`."""
    scale = choose(size[0] / extent[0], size[1] / extent[1])
    return max(1, round(extent[0] * scale)), max(1, round(extent[1] * scale))


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


def resize(loaded: Loaded, size: tuple[int, int], box: Box | None = None) -> Image.Image:
    """A part of a picture, in pixels of the whole, at (height, width) `size`.

    Pillow's bilinear filter widens with the reduction, so it is antialiased; `reducing_gap` first
    shrinks by whole factors, which is quicker. Mean distance from TensorFlow's antialiased resize, in
    1/255: 0.29 without (rounding to 8 bits alone costs 0.25), 0.30 at a gap of 3, 0.43 at a gap of 2.
    """
    image, extent, reduction = loaded
    target = (size[1], size[0])
    if image.size == target and reduction == 1:
        return image
    left, top, right, bottom = (side / reduction for side in box or (0, 0, extent[1], extent[0]))
    return image.resize(
        target, Image.Resampling.BILINEAR, box=(left, top, right, bottom), reducing_gap=LEAST_REDUCED
    )
