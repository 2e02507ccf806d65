"""Any picture's content -> upright sRGB pixels, uint8 (height, width, 1 or 3), in the shape asked.

Large JPEGs are decoded at a fraction of their size, at least twice the target. 16 bits are scaled
to 8, transparency is laid over the background, CMYK becomes RGB, an animation gives its first frame,
and the camera's orientation and the colour profile are obeyed. Whatever fails, fails as
`Undecodable`, with a reason for people.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import NamedTuple

import numpy as np
from PIL import Image, UnidentifiedImageError

from mezzotint.data.colour import to_srgb
from mezzotint.data.fit import Fit
from mezzotint.data.source import Content, Undecodable

MAX_PIXELS = 100_000_000
MIN_SIDE = 8  # pixels
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "PPM", "AVIF", "JPEG2000")
GREY_MODES = frozenset({"1", "L", "LA", "La", "I", "I;16", "I;16L", "I;16B", "I;16N", "F"})
ORIENTATION_TAG = 0x0112
UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
TOO_MANY_PIXELS = "it has more than 100 million pixels"
CUT_SHORT = "the file is cut short"


def decode(content: Content, fit: Fit) -> np.ndarray:
    """The picture, upright, in the shape asked.

    Args:
        content: an encoded file, or raw pixels.
        fit: the shape; where it leaves the channels open, a greyscale file gives 1 and any other 3.

    Returns:
        uint8 (height, width, channels).

    Raises:
        Undecodable: the picture cannot be used.
    """
    with _plainly_said():
        return fit(_whole(_opened(content), fit))


class Seen(NamedTuple):
    """A picture and what its header says.

    Attributes:
        kind: format and mode, such as `JPEG RGB`; `raw L` or `raw RGB` for raw pixels.
        size: (width, height) of the whole picture, upright.
        whole: the upright picture, in mode L or RGB; a large JPEG's at a fraction of its size.
        fitted: uint8 (height, width, channels), what `decode` gives.
    """

    kind: str
    size: tuple[int, int]
    whole: Image.Image
    fitted: np.ndarray


def see(content: Content, fit: Fit) -> Seen:
    """The picture as `decode` gives it, and what it was before.

    Raises:
        Undecodable: the picture cannot be used.
    """
    with _plainly_said():
        image = _opened(content)
        kind = f"{image.format or 'raw'} {image.mode}"
        turned = _orientation(image) > 4  # the camera lay on its side
        size = (image.height, image.width) if turned else (image.width, image.height)
        whole = _whole(image, fit)
        return Seen(kind, size, whole, fit(whole))


def check(content: Content) -> int:
    """Look for faults without decoding: the header, a PNG's checksums, a JPEG's end.

    Returns:
        1 for a greyscale picture, 3 for any other.

    Raises:
        Undecodable: the picture cannot be used. Damage deeper inside is found by `decode` alone.
    """
    with _plainly_said():
        image = _opened(content)
        channels = _channels(image)
        if image.format == "PNG":
            image.verify()
        if image.format in ("JPEG", "MPO") and isinstance(content, bytes):
            _demand_jpeg_end(content)
        return channels


@contextmanager
def _plainly_said() -> Iterator[None]:
    """Turn whatever Pillow raises (nearly anything, for a broken file) into `Undecodable`."""
    try:
        yield
    except Undecodable:
        raise
    except UnidentifiedImageError:
        raise Undecodable("it is not a picture, or not in a format that can be read") from None
    except Image.DecompressionBombError:
        raise Undecodable(TOO_MANY_PIXELS) from None
    except MemoryError:
        raise Undecodable("decoding it takes more memory than there is") from None
    except Exception as error:
        cut = "truncated" in str(error).lower()
        raise Undecodable(CUT_SHORT if cut else f"it is damaged ({error})") from error


def _opened(content: Content) -> Image.Image:
    """The picture with its header read and its limits checked; pixels are not decoded yet."""
    if isinstance(content, np.ndarray):
        return Image.fromarray(content[..., 0] if content.shape[2:] == (1,) else content)
    if not content:
        raise Undecodable("the file is empty")
    image = Image.open(BytesIO(content), formats=FORMATS)
    if image.width * image.height > MAX_PIXELS:
        raise Undecodable(TOO_MANY_PIXELS)
    if min(image.size) < MIN_SIDE:
        raise Undecodable(f"it has a side under {MIN_SIDE} pixels")
    return image


def _whole(image: Image.Image, fit: Fit) -> Image.Image:
    """All of an opened picture, upright, of 8 bits in sRGB."""
    image.draft(None, fit.draft)  # no-op for all but JPEG
    image.load()
    mode = "L" if (fit.channels or _channels(image)) == 1 else "RGB"
    return _eight_bit(to_srgb(_upright(image)), mode, fit.colour)


def _channels(image: Image.Image) -> int:
    return 1 if image.mode in GREY_MODES else 3


def _demand_jpeg_end(content: bytes) -> None:
    """Neither marker occurs within coded pixels; a thumbnail's end comes before the last start."""
    start_of_scan, end_of_image = b"\xff\xda", b"\xff\xd9"
    if content.rfind(end_of_image) < content.rfind(start_of_scan):
        raise Undecodable(CUT_SHORT)


def _upright(image: Image.Image) -> Image.Image:
    """Obey the orientation tag of a loaded picture (loading a TIFF obeys and removes it)."""
    orientation = _orientation(image)
    return image.transpose(UPRIGHT[orientation]) if orientation in UPRIGHT else image


def _orientation(image: Image.Image) -> int:
    """The camera's, 1 to 8, where 1 is upright; above 4 width and height are swapped."""
    try:
        orientation = image.getexif().get(ORIENTATION_TAG, 1)
    except Exception:  # noqa: BLE001  a broken tag block says nothing about the pixels
        return 1
    return orientation if orientation in UPRIGHT else 1


def _eight_bit(image: Image.Image, mode: str, background: tuple[int, int, int]) -> Image.Image:
    """The picture in mode L or RGB, over the background where it is transparent."""
    if image.mode == "F" or image.mode.startswith("I"):
        image = _narrowed(image)
    if image.has_transparency_data:
        return _over(background, image.convert("RGBA"), mode)
    return image if image.mode == mode else image.convert(mode)


def _narrowed(image: Image.Image) -> Image.Image:
    """Scale 16 bits, or floats in [0, 1], to 8 bits: Pillow's own conversion clips them."""
    values = np.asarray(image).astype(np.float32)
    full = 1.0 if image.mode == "F" else 65535.0
    if not (values.min() >= 0 and values.max() <= full):
        raise Undecodable("its values are neither 8 nor 16 bits, nor floats in [0, 1]")
    return Image.fromarray(np.rint(values * (255.0 / full)).astype(np.uint8))


def _over(background: tuple[int, int, int], image: Image.Image, mode: str) -> Image.Image:
    under = Image.new("RGBA", image.size, background)
    return Image.alpha_composite(under, image).convert(mode)
