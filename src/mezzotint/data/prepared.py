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
from typing import Any, cast

import numpy as np

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
    """

    labels: np.ndarray
    splits: np.ndarray
    channels: np.ndarray


def open_prepared(uri: Uri) -> Origin:
    """The pictures that `mezzotint data prepare` wrote.

    Raises:
        UserError: there is no such set, it is not finished, or it is of another version.
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
        unusable=tuple(Unusable(*each) for each in description["unusable"]),
        label_names=tuple(description["label_names"]),
        fit=fit_of(description),
    )


def fit_of(description: dict[str, Any]) -> Fit:
    """The shape in which a set was prepared."""
    shape = description["fit"]
    return Fit(tuple(shape["size"]), shape["channels"], shape["crop"], shape["background"])


def record(picture: np.ndarray) -> bytes:
    """A picture, uint8 (H, W, C), as it is written."""
    return np.array(picture.shape, "<u2").tobytes() + picture.tobytes()


def _picture(source: Sequence[bytes], row: int) -> Content:
    content = source[row]
    shape = np.frombuffer(content, "<u2", count=3)
    return np.frombuffer(content, np.uint8, offset=shape.nbytes).reshape(shape)


def _description(folder: Path) -> dict[str, Any]:
    path = folder / DESCRIPTION
    if not path.is_file():
        raise UserError(f"{folder} is no prepared set, or not finished: `mezzotint data prepare` makes one")
    try:
        description = json.loads(path.read_text())
        version = description["version"]
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(f"{path} is damaged ({error!r}): prepare the set again") from None
    if version != VERSION:
        raise UserError(f"{path} has version {version}; this program reads {VERSION}: prepare the set again")
    return description


def _index(folder: Path) -> Index:
    path = folder / INDEX
    try:
        with np.load(path, allow_pickle=False) as arrays:
            return Index(arrays["labels"], arrays["splits"], arrays["channels"])
    except (OSError, ValueError, KeyError) as error:
        raise UserError(f"{path} is damaged ({error}): prepare the set again") from None
