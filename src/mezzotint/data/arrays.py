"""Pictures in one .npz file: uint8 arrays (N, H, W), (N, H, W, 1) or (N, H, W, 3).

`images` and `labels`; or `train_images`, `val_images`, `test_images` with their labels, as MedMNIST names
them, which are its splits; or a single array of such a shape under any name. Nothing is unpickled, and
the sizes are read before the data: a small file may unpack to more than there is room for.
"""

import math
import os
import zipfile
import zlib
from collections.abc import Mapping
from functools import partial
from io import BytesIO
from tokenize import TokenError
from typing import NamedTuple

import numpy as np

from mezzotint.data.labels import numbered
from mezzotint.data.source import NO_LABEL, Content, Entry, Origin
from mezzotint.data.uri import Uri
from mezzotint.errors import UserError, nearest

MAX_BYTES = 16 * 2**30
SUFFIX = ".npy"
START = 10_000  # bytes of a member that hold its header: numpy reads none that is longer
# What zipfile and numpy raise for a damaged file.
UNREADABLE = (OSError, ValueError, EOFError, RuntimeError, TokenError, zipfile.BadZipFile, zlib.error)
OPTIONS = {
    "images": "the array of pictures; otherwise `images`, or the only one of such a shape",
    "labels": "the array of labels; otherwise `labels`; empty for none",
}
SPLITS = {"train_": "train", "val_": "validation", "test_": "test"}  # MedMNIST's names, and ours


class Header(NamedTuple):
    """What a zipped array says of itself."""

    shape: tuple[int, ...]
    dtype: np.dtype

    @property
    def is_pictures(self) -> bool:
        """Whether it looks like pictures, of any type."""
        return len(self.shape) == 3 or (len(self.shape) == 4 and self.shape[-1] in (1, 3))


def open_npz(uri: Uri) -> Origin:
    """The pictures of an .npz file.

    Raises:
        UserError: it is no such file, is damaged or too large, or its arrays are not pictures.
    """
    title = f"npz:{uri.path}"
    file = os.path.expanduser(uri.path)
    if not os.path.isfile(file):
        raise UserError(f"there is no file {uri.path!r}")
    try:
        with zipfile.ZipFile(file) as archive:
            headers = _headers(archive)
            chosen = _chosen(title, headers, uri.options)
            names = [name for pair in chosen.values() for name in pair if name]
            _demand_room(title, [headers[name] for name in names])
            loaded = {name: _array(archive, name) for name in names}
    except UNREADABLE as error:
        raise UserError(f"{title} is not an .npz file, or damaged ({error}): save it again") from error
    return _origin(title, chosen, loaded)


def _origin(title: str, chosen: Mapping[str, tuple[str, str]], loaded: Mapping[str, np.ndarray]) -> Origin:
    _demand_fitting(title, chosen, loaded)
    rows = [
        (image, row, split, loaded[label].reshape(-1)[row].item() if label else None)
        for split, (image, label) in chosen.items()
        for row in range(len(loaded[image]))
    ]
    labels, names = _numbers([label for *_, label in rows])
    entries = tuple(
        Entry(f"{title}:{image} {row}", partial(_same, loaded[image][row]), label, split)
        for (image, row, split, _), label in zip(rows, labels, strict=True)
    )
    grey = all(loaded[image].shape[3:] in ((), (1,)) for image, _ in chosen.values())
    return Origin(title, entries, 1 if grey else 3, label_names=names)


def _same(picture: np.ndarray) -> Content:
    return picture


def _numbers(labels: list[int | str | None]) -> tuple[list[int], tuple[str, ...]]:
    """Whole numbers stay what they are, below 0 for none; words are numbered."""
    if any(isinstance(label, str) for label in labels):
        return numbered(labels)
    return [NO_LABEL if label is None else max(int(label), NO_LABEL) for label in labels], ()


def _headers(archive: zipfile.ZipFile) -> dict[str, Header]:
    """The arrays in the file by name; their data are not read."""
    members = [name for name in archive.namelist() if name.endswith(SUFFIX)]
    return {name.removesuffix(SUFFIX): _header(archive, name) for name in members}


def _header(archive: zipfile.ZipFile, member: str) -> Header:
    with archive.open(member) as stream:
        start = BytesIO(stream.read(START))
    version = np.lib.format.read_magic(start)
    read = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
    if version not in read:
        raise ValueError(f"{member} is of version {version}")
    shape, _, dtype = read[version](start)
    return Header(shape, dtype)


def _array(archive: zipfile.ZipFile, name: str) -> np.ndarray:
    """The array of that header: `np.load` would rather take a member without the suffix, of any size."""
    with archive.open(name + SUFFIX) as stream:
        return np.lib.format.read_array(stream, allow_pickle=False)


def _chosen(
    title: str, headers: Mapping[str, Header], options: Mapping[str, str]
) -> dict[str, tuple[str, str]]:
    """Split -> the names of its pictures and labels (empty for none)."""
    own = {split: start for start, split in SPLITS.items() if f"{start}images" in headers}
    if own and not options.get("images"):
        chosen = {split: (f"{start}images", f"{start}labels") for split, start in own.items()}
    else:
        chosen = {"": (_images(title, headers, options.get("images")), options.get("labels", "labels"))}
    if options.get("labels"):
        _demand_array(title, headers, options["labels"])
    without = options.get("labels") == ""
    chosen = {
        split: (image, "" if without or label not in headers else label)
        for split, (image, label) in chosen.items()
    }
    for image, label in chosen.values():
        _demand_pictures(title, image, headers[image])
        if label:
            _demand_labels(title, label, headers[label])
    return chosen


def _images(title: str, headers: Mapping[str, Header], asked: str | None) -> str:
    if asked is not None:
        _demand_array(title, headers, asked)
        return asked
    alike = [name for name, header in headers.items() if header.is_pictures]
    if "images" in headers or len(alike) == 1:
        return "images" if "images" in headers else alike[0]
    if alike:
        raise UserError(f"{title} could mean {' or '.join(alike)}: choose one with ?images=NAME")
    there = ", ".join(f"{name} {header.shape}" for name, header in headers.items()) or "no arrays"
    raise UserError(f"{title} has no array of shape (N, H, W), (N, H, W, 1) or (N, H, W, 3), but {there}")


def _demand_array(title: str, headers: Mapping[str, Header], name: str) -> None:
    if name not in headers:
        raise UserError(f"{title} has no array {name!r}{nearest(name, headers)}")


def _demand_pictures(title: str, name: str, header: Header) -> None:
    if not header.is_pictures:
        raise UserError(
            f"{title}: the array {name!r} has shape {header.shape}, "
            f"not (N, H, W), (N, H, W, 1) or (N, H, W, 3)"
        )
    if header.dtype != np.uint8:
        raise UserError(
            f"{title}: the array {name!r} holds {header.dtype}, not uint8: convert it, to 0 for black and "
            f"255 for white, and save it again"
        )


def _demand_labels(title: str, name: str, header: Header) -> None:
    flat = len(header.shape) == 1 or (len(header.shape) == 2 and header.shape[1] == 1)
    if not flat or header.dtype.kind not in "iubU":
        raise UserError(
            f"{title}: the array {name!r}, {header.dtype} {header.shape}, holds no labels: one whole number "
            f"or word is wanted for each picture; ?labels= leaves them out"
        )


def _demand_fitting(
    title: str, chosen: Mapping[str, tuple[str, str]], loaded: Mapping[str, np.ndarray]
) -> None:
    for image, label in chosen.values():
        if label and len(loaded[label]) != len(loaded[image]):
            raise UserError(f"{title} has {len(loaded[image])} {image}, but {len(loaded[label])} {label}")


def _demand_room(title: str, headers: list[Header]) -> None:
    size = sum(math.prod(header.shape) * header.dtype.itemsize for header in headers)
    room = min(MAX_BYTES, _free_memory())
    if size > room:
        raise UserError(
            f"{title} unpacks to {size / 2**30:.1f} GiB, more than the {room / 2**30:.1f} GiB that there is "
            f"room for: save the pictures as files in a folder instead"
        )


def _free_memory() -> int:
    """Bytes that can be had without swapping, where the system says it."""
    try:
        with open("/proc/meminfo") as lines:
            return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable"))
    except (OSError, StopIteration):
        return MAX_BYTES
