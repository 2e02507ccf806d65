"""Pictures from any Python object with a length and items, such as a map-style torch `Dataset`.

An item is a picture, a pair (picture, label), or a mapping with `image` and perhaps `label`. A picture is
a Pillow image, the bytes of a file, or an array: uint8 0 to 255 or floats 0 to 1, (H, W) or (H, W, C);
a tensor, which is what has `.numpy()`, may be (C, H, W). Torch is never imported.

Items are fetched under a lock, one at a time: few such sets bear threads. Where they have labels, these
take one pass over the set before the pictures are read.
"""

import io
import threading
from collections.abc import Mapping
from functools import partial
from typing import Any, Protocol

import numpy as np
from PIL import Image, ImageOps

from mezzotint.data.labels import numbered
from mezzotint.data.source import NO_LABEL, Content, Entry, Origin, Undecodable
from mezzotint.errors import UserError

AS_PNG = ("1", "LA", "P", "RGBA", "I", "I;16")  # what PNG keeps and pixels alone do not say
EXPECTED = "expected a Pillow image, bytes, or an array (H, W), (H, W, 1) or (H, W, 3), uint8 or 0 to 1"


class Items(Protocol):
    """An object with pictures by position."""

    def __len__(self) -> int:
        """The number of items."""
        ...

    def __getitem__(self, index: int, /) -> Any:
        """One item."""
        ...


def open_object(data: Items, name: str = "object") -> Origin:
    """The pictures of an object.

    Args:
        data: the pictures; `len(data)` items, fetched as `data[0]` and so on. Normalised pictures are
            refused: they must be as they are to look.
        name: what messages call it.

    Returns:
        An origin. Whole numbers as labels stay what they are, below 0 for none; words are numbered in
        their order.

    Raises:
        UserError: the object has no length or items, or its first item is not a picture.
    """
    if isinstance(data, str | bytes | Mapping) or not all(
        hasattr(data, method) for method in ("__len__", "__getitem__")
    ):
        raise UserError(f"{name} is a {type(data).__name__}, not a set of pictures by position: data[0] ...")
    items = _Locked(data)
    count = len(data)
    labelled = count > 0 and _probe(items, name) is not None
    labels, names = _labels(items, name, count) if labelled else ([NO_LABEL] * count, ())
    entries = (Entry(f"{name} {row}", partial(_read, items, row), labels[row]) for row in range(count))
    return Origin(name, tuple(entries), label_names=names)


class _Locked:
    """Items, fetched by one thread at a time."""

    def __init__(self, data: Items) -> None:
        self._data = data
        self._lock = threading.Lock()

    def __getitem__(self, row: int) -> tuple[Any, Any]:
        """The picture and the label of an item; no label is None."""
        with self._lock:
            try:
                item = self._data[row]
            except Exception as error:  # the user's own code
                raise Undecodable(f"it cannot be fetched ({type(error).__name__}: {error})") from error
        if isinstance(item, Mapping):
            return item.get("image"), item.get("label")
        if isinstance(item, tuple | list):
            return item[0] if item else None, item[1] if len(item) > 1 else None
        return item, None


def _probe(items: _Locked, name: str) -> Any:
    """The label of the first item, whose picture must do."""
    try:
        picture, label = items[0]
        _content(picture)
    except Undecodable as reason:
        raise UserError(f"{name}: item 0 cannot be used: {reason}") from reason
    return label


def _labels(items: _Locked, name: str, count: int) -> tuple[list[int], tuple[str, ...]]:
    values = [_label(items, name, row) for row in range(count)]
    if any(isinstance(value, str) for value in values):
        return numbered(values)
    return [NO_LABEL if value is None else max(int(value), NO_LABEL) for value in values], ()


def _label(items: _Locked, name: str, row: int) -> int | str | None:
    try:
        label = items[row][1]
    except Undecodable:
        return None  # which reading it says
    if not isinstance(label, str) and getattr(label, "shape", None) in ((), (1,)):
        label = label.item()
    if label is None or isinstance(label, str | int):
        return label
    raise UserError(
        f"{name}: the label of item {row} is {label!r:.60}: a whole number or a word is wanted, or None"
    )


def _read(items: _Locked, row: int) -> Content:
    return _content(items[row][0])


def _content(picture: Any) -> Content:
    """A picture as bytes of a file, or as uint8 pixels.

    Raises:
        Undecodable: it is none.
    """
    if isinstance(picture, Image.Image):
        return _from_pillow(picture)
    if isinstance(picture, bytes | bytearray | memoryview):
        return bytes(picture)
    if callable(getattr(picture, "numpy", None)):
        picture = picture.detach().cpu() if hasattr(picture, "detach") else picture
        return _from_array(_channels_last(np.asarray(picture.numpy())))
    if hasattr(picture, "__array__"):
        return _from_array(np.asarray(picture))
    raise Undecodable(f"it is a {type(picture).__name__}; {EXPECTED}")


def _from_pillow(image: Image.Image) -> Content:
    image = ImageOps.exif_transpose(image)
    if image.mode in ("L", "RGB") and not {"icc_profile", "transparency"} & image.info.keys():
        return np.array(image)
    stream = io.BytesIO()
    kept = image if image.mode in (*AS_PNG, "L", "RGB") else image.convert("RGB")
    kept.save(stream, "PNG", compress_level=1)
    return stream.getvalue()


def _channels_last(array: np.ndarray) -> np.ndarray:
    """A tensor's pixels with the channels last, which come first unless only the last can be they."""
    if array.ndim == 3 and (array.shape[0] in (1, 3) or array.shape[2] not in (1, 3)):
        return np.moveaxis(array, 0, 2)
    return array


def _from_array(array: np.ndarray) -> np.ndarray:
    if array.ndim not in (2, 3) or array.shape[2:] not in ((), (1,), (3,)) or 0 in array.shape:
        raise Undecodable(f"it is an array of shape {array.shape}; {EXPECTED}")
    if array.dtype == np.uint8:
        return np.array(array)  # what the set hands out may be overwritten
    if array.dtype.kind != "f":
        raise Undecodable(f"it is an array of {array.dtype}; {EXPECTED}")
    if not (array.min() >= 0 and array.max() <= 1):
        raise Undecodable("its values leave [0, 1]: leave out the step that normalises it")
    return np.rint(array.astype(np.float32) * 255).astype(np.uint8)
