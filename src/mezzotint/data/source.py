"""The nouns of this room: what origins yield, and what training reads.

    Origin --(survey: decode, crop, resize, once)--> Splits of DataSources --(pipeline)--> batches

An origin only says where its pictures are and how to get at each one's content: an encoded file's
bytes, or raw uint8 pixels. What cannot be used is listed with the reason, in words for people.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from mezzotint.data.fit import Fit

NO_LABEL = -1
MAX_THREADS = 8
MAX_SHOWN = 300  # characters of a name in messages

Content = bytes | np.ndarray  # an encoded picture, or raw pixels: uint8 (H, W), (H, W, 1) or (H, W, 3)


class DataSource(Protocol):
    """Pictures by position: what Grain needs; a map-style torch `Dataset` fits."""

    def __len__(self) -> int:
        """The number of pictures."""
        ...

    def __getitem__(self, index: int, /) -> dict[str, Any]:
        """`image`, uint8 (H, W, C), and `label`, an int, -1 where there is none.

        Pictures to be cropped at random (`Fit.crop`) are larger than asked along one side.
        """
        ...


class Undecodable(Exception):
    """One picture cannot be used; the message is the reason. Counted and listed, never fatal."""


@dataclass(frozen=True)
class Unusable:
    """A file that was left out."""

    path: str
    reason: str


@dataclass(frozen=True)
class Entry:
    """One picture before it is decoded.

    Attributes:
        name: what messages call it, such as its path.
        read: its content; raises `Undecodable` where there is none.
        label: its class, or -1.
        split: the origin's own, `train`, `validation` or `test`; empty leaves it to the content
            (see `split.py`).
    """

    name: str
    read: Callable[[], Content]
    label: int = NO_LABEL
    split: str = ""


@dataclass(frozen=True)
class Origin:
    """Where pictures come from.

    Attributes:
        name: what messages call it.
        entries: its pictures, in an order that is always the same.
        channels: 1 or 3; None where only the pictures can tell.
        unusable: what was left out already.
        label_names: what the labels 0, 1, ... are called; empty where they have no names.
        fit: the shape in which the pictures are already, all of them usable; None where that is not
            known.
        ordered: whether reading the pictures in another order than theirs is slow: they are then read in
            that order, one at a time, once.
    """

    name: str
    entries: tuple[Entry, ...]
    channels: int | None = None
    unusable: tuple[Unusable, ...] = ()
    label_names: tuple[str, ...] = ()
    fit: Fit | None = None
    ordered: bool = False


@dataclass(frozen=True)
class Splits:
    """An opened source.

    Attributes:
        name: what messages call it.
        train: the pictures to learn from.
        validation: the pictures held out; empty only where there is a single distinct picture.
        unusable: the files that were left out.
        shape: (height, width, channels) of every picture.
        in_memory: whether the pictures are decoded already; otherwise each access decodes one.
        label_names: what the labels are called.
        classes: how many labels there are, 0 where no picture has one.
    """

    name: str
    train: DataSource
    validation: DataSource
    unusable: tuple[Unusable, ...]
    shape: tuple[int, int, int]
    in_memory: bool
    label_names: tuple[str, ...] = ()
    classes: int = 0

    @property
    def place(self) -> str:
        """Where the pictures are, for people."""
        return "in memory" if self.in_memory else "on disk"

    @property
    def threads(self) -> int:
        """How many reading threads suit it: one where reading is only copying."""
        return 1 if self.in_memory else decoding_threads()


def printable(name: str) -> str:
    """A name as one short line that any terminal shows as it is, whatever it holds."""
    shown = "".join(character if character.isprintable() else "\ufffd" for character in name)
    return shown if len(shown) <= MAX_SHOWN else f"...{shown[-MAX_SHOWN:]}"


def decoding_threads() -> int:
    """One for each processor, 8 at most: Pillow decodes and resizes outside Python's lock."""
    return min(MAX_THREADS, os.cpu_count() or 1)
