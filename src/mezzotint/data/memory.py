"""Pictures that are decoded once, and stay in memory as one uint8 array."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mezzotint.data.decode import decode
from mezzotint.data.source import Content, Entry, Unusable
from mezzotint.data.survey import Usable, survey


@dataclass(frozen=True)
class InMemory:
    """The pictures at some rows of a shared array, which must not be written to.

    Attributes:
        images: uint8 (N, H, W, C).
        labels: int32 (N,), -1 where there is none.
        rows: (len,) positions in both.
    """

    images: np.ndarray
    labels: np.ndarray
    rows: np.ndarray

    def __len__(self) -> int:
        """The number of pictures."""
        return len(self.rows)

    def __getitem__(self, index: int) -> dict[str, Any]:
        """`image`, a read-only view, and `label`."""
        row = self.rows[index]
        return {"image": self.images[row], "label": int(self.labels[row])}


def load(
    entries: Sequence[Entry], size: tuple[int, int], channels: int | None
) -> tuple[np.ndarray, list[Usable], list[Unusable]]:
    """Decode every picture, in parallel.

    Args:
        entries: the pictures.
        size: (height, width) to give them.
        channels: 1 or 3; None gives 1 where every usable picture is greyscale, otherwise 3.

    Returns:
        Read-only uint8 (N, height, width, channels), a row for each entry (that of an unusable one
        is undefined); the usable; the unusable.
    """
    images = np.empty((len(entries), *size, channels or 3), np.uint8)

    def keep(row: int, content: Content) -> int:
        picture = decode(content, size, channels)
        images[row] = picture  # grey is spread over three channels
        return picture.shape[-1]

    usable, unusable = survey(entries, keep)
    if all(found.channels == 1 for found in usable):
        images = np.ascontiguousarray(images[..., :1])
    images.flags.writeable = False
    return images, usable, unusable
