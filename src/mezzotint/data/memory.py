"""Pictures that are decoded once, and stay in memory as uint8."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mezzotint.data.decode import decode
from mezzotint.data.fit import Fit
from mezzotint.data.source import Content, Entry, Unusable
from mezzotint.data.survey import Usable, survey

Store = np.ndarray | list[np.ndarray]


@dataclass(frozen=True)
class InMemory:
    """The pictures at some rows of a shared store, which must not be written to.

    Attributes:
        images: uint8 (N, H, W, C); a list of N arrays where each has its own extent.
        labels: int32 (N,), -1 where there is none.
        rows: (len,) positions in both.
    """

    images: Store
    labels: np.ndarray
    rows: np.ndarray

    def __len__(self) -> int:
        """The number of pictures."""
        return len(self.rows)

    def __getitem__(self, index: int) -> dict[str, Any]:
        """`image`, a read-only view, and `label`."""
        row = self.rows[index]
        return {"image": self.images[row], "label": int(self.labels[row])}

    def stacked(self) -> np.ndarray:
        """Its pictures, uint8 (len, H, W, C); they must have one extent."""
        assert isinstance(self.images, np.ndarray), "a random crop keeps each picture's own extent"
        return self.images[self.rows]

    def listed(self) -> np.ndarray:
        """Its labels, int32 (len,)."""
        return self.labels[self.rows]


def load(
    entries: Sequence[Entry], fit: Fit, ordered: bool = False
) -> tuple[Store, list[Usable], list[Unusable]]:
    """Decode every picture, in parallel.

    Args:
        entries: the pictures.
        fit: their shape; where it leaves the channels open, 1 where every usable picture is
            greyscale, otherwise 3.
        ordered: read them one after the other (`Origin.ordered`).

    Returns:
        Read-only uint8 (N, height, width, channels), a row for each entry (that of an unusable one
        is undefined), or a list for a random crop; the usable; the unusable.
    """
    images = _room(len(entries), fit)

    def keep(row: int, content: Content) -> int:
        picture = decode(content, fit)
        depth = picture.shape[-1]
        if isinstance(images, list):
            picture = np.broadcast_to(picture, (*picture.shape[:2], fit.channels or 3))
        images[row] = picture  # grey is spread over three channels
        return depth

    usable, unusable = survey(entries, keep, ordered)
    grey = fit.channels is None and all(found.channels == 1 for found in usable)
    return _sealed(images, grey), usable, unusable


def _room(count: int, fit: Fit) -> Store:
    if fit.crop == "random":
        return [np.empty((0, 0, 0), np.uint8)] * count
    return np.empty((count, *fit.size, fit.channels or 3), np.uint8)


def _sealed(images: Store, grey: bool) -> Store:
    """The store, with one channel where all is grey; nobody may write to it any more."""
    if isinstance(images, list):
        return [np.asarray(_sealed(image[None], grey))[0] for image in images]
    images = np.ascontiguousarray(images[..., :1]) if grey else images
    images.flags.writeable = False
    return images
