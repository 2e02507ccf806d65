"""Text and pictures as HTML: everything that comes from a file passes through `escape`.

Pictures stand in the page itself, as base64 PNG at their own size; the page enlarges them by a
whole number, so that a pixel stays a sharp square. The gaps of a grid are transparent, which
suits dark pages as well.
"""

from base64 import b64encode
from html import escape

import numpy as np
from jaxtyping import Float

from mezzotint import pictures
from mezzotint.pictures import WHITE, Pixels

WIDTH = 700  # about how wide a grid is drawn, in CSS pixels

Pictures = Float[np.ndarray, "count height width channels"]


def image(sheet: Pixels, alt: str, scale: int = 1) -> str:
    """An <img> that carries its picture, each pixel drawn as a square of `scale`."""
    height, width = sheet.shape[0] * scale, sheet.shape[1] * scale
    data = b64encode(pictures.png(sheet)).decode()
    return f'<img src="data:image/png;base64,{data}" alt="{escape(alt)}" width="{width}" height="{height}">'


def sheet(images: Pictures, columns: int | None = None, period: int = 0) -> Pixels:
    """A grid of pictures with an alpha channel: nothing is drawn between them; see `pictures.grid`."""
    opaque = WHITE - pictures.grid(np.zeros_like(images[..., :1]), columns, period)
    return np.concatenate([pictures.grid(images, columns, period), opaque], axis=-1)


def scale(width: int, target: int = WIDTH) -> int:
    """By what whole number a picture is enlarged to be about `target` wide."""
    return max(1, round(target / width))


def figure(content: str, caption: str) -> str:
    """A <figure>; the caption is escaped, the content is markup already."""
    return f"<figure>{content}<figcaption>{escape(caption)}</figcaption></figure>"


def paragraph(text: str) -> str:
    """A <p> of escaped text."""
    return f"<p>{escape(text)}</p>"


def plural(count: int, noun: str) -> str:
    """'1 step', '2,000 steps'."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
