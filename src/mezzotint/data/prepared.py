"""`prepared:PATH`: a set that was brought to one shape once, as raw pixels in ArrayRecord shards.

    prepared.json            the format's version, the shape, the names of labels, what was left out
    index.npz                labels, splits and channels of all pictures
    shards/00000.array_record ...

The records are the pixels of uint8 (H, W, C), preceded by H, W and C as little-endian uint16. They are
read at random, where they lie; nothing is decoded again.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, cast

import numpy as np

from mezzotint.data.arrays import UNREADABLE
from mezzotint.data.fit import Fit
from mezzotint.data.source import Content, Entry, Origin, Unusable
from mezzotint.data.uri import SPLITS, Uri
from mezzotint.errors import UserError

VERSION = 1
DESCRIPTION, INDEX, SHARDS = "prepared.json", "index.npz", "shards"


@dataclass(frozen=True)
class Index:
    """What is known of each picture.

    Attributes:
        labels: int32 (N,), -1 where there is none.
        splits: uint8 (N,), positions in `SPLITS`.
        channels: uint8 (N,), 1 or 3.

    Raises:
        ValueError: they are something else.
    """

    labels: np.ndarray
    splits: np.ndarray
    channels: np.ndarray

    def __post_init__(self) -> None:
        """Refuses arrays of different lengths or of none, and splits and channels that there are not."""
        alike = self.labels.shape == self.splits.shape == self.channels.shape and self.labels.ndim == 1
        if not alike or not len(self.labels):
            raise ValueError("its arrays are not of one length")
        if self.splits.max() >= len(SPLITS) or not np.isin(self.channels, (1, 3)).all():
            raise ValueError("its splits or channels make no sense")


class Description(NamedTuple):
    """What is known of the whole set.

    Attributes:
        fit: the shape in which it was prepared.
        label_names: what the labels are called.
        unusable: what was left out.
    """

    fit: Fit
    label_names: tuple[str, ...]
    unusable: tuple[Unusable, ...]


def open_prepared(uri: Uri) -> Origin:
    """The pictures that `mezzotint data prepare` wrote.

    Raises:
        UserError: there is no such set, it is not finished, damaged, or of another version.
    """
    folder = Path(uri.path).expanduser()
    import grain  # noqa: PLC0415  which loads JAX

    description = _description(folder)
    index = _index(folder)
    paths = sorted(str(path) for path in (folder / SHARDS).glob("*.array_record"))
    source = cast(Sequence[bytes], grain.sources.ArrayRecordDataSource(paths))
    if len(source) != len(index.labels):
        raise UserError(
            f"{folder} is damaged: {len(source)} pictures of {len(index.labels)} are there; prepare it again"
        )
    entries = (
        Entry(f"{folder.name} {row}", partial(_picture, source, row), int(label), SPLITS[split])
        for row, (label, split) in enumerate(zip(index.labels, index.splits, strict=True))
    )
    return Origin(
        f"prepared:{uri.path}",
        tuple(entries),
        channels=int(index.channels.max()),
        unusable=description.unusable,
        label_names=description.label_names,
        fit=description.fit,
    )


def record(picture: np.ndarray) -> bytes:
    """A picture, uint8 (H, W, C), as it is written."""
    return np.array(picture.shape, "<u2").tobytes() + picture.tobytes()


def _picture(source: Sequence[bytes], row: int) -> Content:
    content = source[row]
    shape = np.frombuffer(content, "<u2", count=3)
    return np.frombuffer(content, np.uint8, offset=shape.nbytes).reshape(shape)


def _description(folder: Path) -> Description:
    path = folder / DESCRIPTION
    if not path.is_file():
        raise UserError(f"{folder} is no prepared set, or not finished: `mezzotint data prepare` makes one")
    try:
        document = json.loads(path.read_text())
        _demand_version(path, document["version"])
        return _described(document)
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(f"{path} is damaged ({error!r}): prepare the set again") from None


def _demand_version(path: Path, version: int) -> None:
    if version != VERSION:
        raise UserError(f"{path} has version {version}; this program reads {VERSION}: prepare the set again")


def _described(document: dict[str, Any]) -> Description:
    fit = document["fit"]
    height, width = fit["size"]
    return Description(
        Fit((height, width), fit["channels"], fit["crop"], fit["background"]),
        tuple(document["label_names"]),
        tuple(Unusable(*each) for each in document["unusable"]),
    )


def _index(folder: Path) -> Index:
    path = folder / INDEX
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            return Index(arrays["labels"], arrays["splits"], arrays["channels"])
    except (*UNREADABLE, KeyError) as error:
        raise UserError(f"{path} is damaged ({error}): prepare the set again") from None
