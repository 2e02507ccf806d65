"""Any picture's content -> upright sRGB pixels, uint8 (height, width, 1 or 3), in the shape asked.

Large JPEGs are decoded at a fraction of their size, at least three times the target. 16 bits are scaled
to 8, transparency is laid over the background, CMYK becomes RGB, an animation gives its first frame,
and the camera's orientation and the colour profile are obeyed. Decoding takes under 1 GiB: large pictures
take turns, and of what no decoder reads in so little, only smaller ones are read. Whatever fails, fails as
`Undecodable`, with a reason for people.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from io import BytesIO
from threading import Lock
from typing import NamedTuple

import numpy as np
from PIL import Image, UnidentifiedImageError

from mezzotint.data.colour import to_srgb
from mezzotint.data.fit import Fit, Loaded
from mezzotint.data.source import Content, Undecodable

MAX_PIXELS = 100_000_000
MAX_PIXELS_OF = {
    "WEBP": 40_000_000,
    "AVIF": 40_000_000,
    "JPEG2000": 40_000_000,
}  # 20 bytes a pixel
LARGE = 8_000_000  # pixels: those above are decoded one at a time
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
SIDEWAYS = frozenset(UPRIGHT[orientation] for orientation in (5, 6, 7, 8))
TOO_MANY_PIXELS = "it has more than {} million pixels"
_large = Lock()
QUICK_FORMATS = frozenset({"GIF", "BMP", "DIB", "TIFF", "PPM"})  # as quick to decode as to look at
START_OF_SCAN, END_OF_IMAGE = b"\xff\xda", b"\xff\xd9"
CUT_SHORT = "the file is cut short"


def decode(content: Content, fit: Fit, smallest: int = MIN_SIDE) -> np.ndarray:
    """The picture, upright, in the shape asked.

    Args:
        content: an encoded file, or raw pixels.
        fit: the shape; where it leaves the channels open, a greyscale file gives 1 and any other 3.
        smallest: pixels that each side of an encoded picture has at least.

    Returns:
        uint8 (height, width, channels).

    Raises:
        Undecodable: the picture cannot be used.
    """
    with _plainly_said():
        image = _opened(content, smallest)
        draft = _drafted(image, fit)
        with _waiting(image):
            return _shaped(_plain(image, draft, fit), _turn(image), fit)


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


def see(content: Content, fit: Fit, smallest: int = MIN_SIDE) -> Seen:
    """The picture as `decode` gives it, and what it was before.

    Raises:
        Undecodable: the picture cannot be used.
    """
    with _plainly_said():
        image = _opened(content, smallest)
        kind, (width, height) = f"{image.format or 'raw'} {image.mode}", image.size
        draft = _drafted(image, fit)
        with _waiting(image):
            plain, turn = _plain(image, draft, fit), _turn(image)
            whole = plain.image if turn is None else plain.image.transpose(turn)
            return Seen(
                kind,
                (height, width) if turn in SIDEWAYS else (width, height),
                whole,
                _shaped(plain, turn, fit),
            )


def extent(content: Content) -> tuple[int, int]:
    """(height, width) of the upright picture, by its header.

    Raises:
        Undecodable: it has none.
    """
    with _plainly_said():
        image = _opened(content)
        width, height = image.size
        return (width, height) if _turn(image) in SIDEWAYS else (height, width)


def check(content: Content) -> int:
    """Look for faults at little cost: the header, a PNG's checksums, a JPEG's end; others are decoded.

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
        if image.format in QUICK_FORMATS:
            with _waiting(image):
                image.load()
        if image.format == "JPEG2000" and isinstance(content, bytes) and END_OF_IMAGE not in content:
            raise Undecodable(CUT_SHORT)
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
        raise Undecodable(TOO_MANY_PIXELS.format(MAX_PIXELS // 1_000_000)) from None
    except MemoryError:
        raise Undecodable("decoding it takes more memory than there is") from None
    except Exception as error:
        cut = "truncated" in str(error).lower()
        raise Undecodable(CUT_SHORT if cut else f"it is damaged ({error})") from error


def _opened(content: Content, smallest: int = MIN_SIDE) -> Image.Image:
    """The picture with its header read and its limits checked; pixels are not decoded yet."""
    if isinstance(content, np.ndarray):
        return Image.fromarray(content[..., 0] if content.shape[2:] == (1,) else content)
    if not content:
        raise Undecodable("the file is empty")
    image = Image.open(BytesIO(content), formats=FORMATS)
    most = MAX_PIXELS_OF.get(image.format or "", MAX_PIXELS)
    if image.width * image.height > most:
        raise Undecodable(TOO_MANY_PIXELS.format(most // 1_000_000))
    if min(image.size) < smallest:
        raise Undecodable(f"it has a side under {smallest} pixels")
    return image


def _drafted(image: Image.Image, fit: Fit) -> tuple[tuple[int, int], float] | None:
    """Has a JPEG decoded at a fraction of its size: its whole (height, width), and the reduction."""
    width, height = image.size
    drafted = image.draft(None, fit.draft)  # None for all but JPEG
    return drafted and ((height, width), width / drafted[1][2])


def _plain(image: Image.Image, draft: tuple[tuple[int, int], float] | None, fit: Fit) -> Loaded:
    """An opened picture decoded, as it is stored, in sRGB and of 8 bits."""
    image.load()
    mode = "L" if (fit.channels or _channels(image)) == 1 else "RGB"
    extent, reduction = draft or ((image.height, image.width), 1.0)  # loading may have turned it
    return Loaded(_in_strips(image, mode, fit.colour), extent, reduction)


def _shaped(plain: Loaded, turn: Image.Transpose | None, fit: Fit) -> np.ndarray:
    """Uint8 (height, width, 1 or 3), upright."""
    shaped = (fit.sideways if turn in SIDEWAYS else fit)(plain)
    upright = shaped if turn is None else shaped.transpose(turn)
    return np.asarray(upright).reshape(upright.height, upright.width, -1)


def _channels(image: Image.Image) -> int:
    return 1 if image.mode in GREY_MODES else 3


def _demand_jpeg_end(content: bytes) -> None:
    """Neither marker occurs within coded pixels; a thumbnail's end comes before the last start."""
    if content.rfind(END_OF_IMAGE) < content.rfind(START_OF_SCAN):
        raise Undecodable(CUT_SHORT)


def _waiting(image: Image.Image) -> AbstractContextManager[object]:
    """Large pictures are decoded one at a time, so that several threads need no more memory than one."""
    return _large if image.width * image.height > LARGE else nullcontext()


def _in_strips(image: Image.Image, mode: str, background: tuple[int, int, int]) -> Image.Image:
    """The picture in sRGB and in mode L or RGB; a large one strip by strip, which takes less memory."""
    rows = max(1, LARGE // image.width)
    if rows >= image.height:
        return _eight_bit(to_srgb(image), mode, background)
    whole = Image.new(mode, image.size)
    for top in range(0, image.height, rows):
        strip = image.crop((0, top, image.width, min(top + rows, image.height)))
        whole.paste(_eight_bit(to_srgb(strip), mode, background), (0, top))
    return whole


def _turn(image: Image.Image) -> Image.Transpose | None:
    """What the orientation tag of a loaded picture asks (loading a TIFF obeys and removes it)."""
    try:
        return UPRIGHT.get(image.getexif().get(ORIENTATION_TAG, 1))
    except Exception:  # noqa: BLE001  a broken tag block says nothing about the pixels
        return None


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
