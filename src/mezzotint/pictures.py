"""Pictures for people: float arrays in [0, 1] as PNG, one each or many in a grid."""

import io
import math
from pathlib import Path

import numpy as np
from einops import rearrange
from jaxtyping import Float, UInt8
from PIL import Image

from mezzotint.files import write_whole

GAP = 2  # pixels between the pictures of a grid
WHITE = 255

Pixels = UInt8[np.ndarray, "height width channels"]


def to_bytes(images: Float[np.ndarray, "..."]) -> UInt8[np.ndarray, "..."]:
    """[0, 1] -> 0..255, rounded to the nearest."""
    return np.round(np.clip(images, 0, 1) * WHITE).astype(np.uint8)


def grid(
    images: Float[np.ndarray, "count height width channels"], columns: int | None = None, period: int = 0
) -> UInt8[np.ndarray, "sheet_height sheet_width channels"]:
    """One picture of many, row by row, as square as may be; empty places are white.

    Args:
        images: the pictures.
        columns: how many stand in a row.
        period: after how many pictures the first kind comes again: each kind has a row of its own, where
            there are two pictures or more of it; 0 or 1 for pictures of one kind.
    """
    count, height, width, channels = images.shape
    by_kind = has_row_for_each(period, count)
    columns = math.ceil(count / period) if by_kind else columns or math.ceil(math.sqrt(count))
    rows = period if by_kind else math.ceil(count / columns)
    cells = np.full((rows * columns, height + GAP, width + GAP, channels), WHITE, np.uint8)
    cells[:count, :height, :width] = to_bytes(images)
    order = "(c r)" if by_kind else "(r c)"
    sheet = rearrange(cells, f"{order} h w d -> (r h) (c w) d", r=rows)
    return sheet[:-GAP, :-GAP]


def cells(
    sheet: UInt8[np.ndarray, "sheet_height sheet_width channels"],
    size: tuple[int, int],
    count: int,
    period: int = 0,
) -> UInt8[np.ndarray, "{count} height width channels"]:
    """The pictures of a grid, in their order: `grid` undone.

    Args:
        sheet: what `grid` gave.
        size: height and width of a picture.
        count: how many there are; the places after them are empty.
        period: as it was given to `grid`.

    Raises:
        ValueError: the sheet is no grid of so many pictures of this size.
    """
    height, width = size
    padded = np.pad(sheet, ((0, GAP), (0, GAP), (0, 0)))
    if padded.shape[0] % (height + GAP) or padded.shape[1] % (width + GAP):
        raise ValueError(f"a sheet of {sheet.shape} holds no pictures of {height}x{width}")
    order = "(c r)" if has_row_for_each(period, count) else "(r c)"
    places = rearrange(padded, f"(r h) (c w) d -> {order} h w d", h=height + GAP, w=width + GAP)
    if len(places) < count:
        raise ValueError(f"a grid with {len(places)} places does not hold {count} pictures")
    return places[:count, :height, :width]


def has_row_for_each(period: int, count: int) -> bool:
    """Whether a grid of `count` pictures, whose kinds come again after `period`, has a row for each kind."""
    return 1 < period <= count // 2


def png(picture: Pixels, scale: int = 1) -> bytes:
    """The bytes of a PNG file, each pixel drawn as a square of `scale`."""
    squeezed = picture[..., 0] if picture.shape[-1] == 1 else picture
    enlarged = squeezed.repeat(scale, axis=0).repeat(scale, axis=1)
    file = io.BytesIO()
    Image.fromarray(enlarged).save(file, format="PNG", optimize=True)
    return file.getvalue()


def save_png(picture: Pixels, path: Path, scale: int = 1) -> None:
    """Writes a PNG file whole or not at all; raises `OSError` where the disk does not take it."""
    write_whole(path, png(picture, scale))
