"""Pictures from Python objects, torch's sets among them."""

import io
import threading
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PIL import Image

from mezzotint.data.fit import Fit
from mezzotint.data.objects import open_object
from mezzotint.data.open import split_origin
from mezzotint.data.source import Undecodable
from mezzotint.errors import UserError

from .pictures import encode, noise, quadrants


class Tensor:
    """What torch's tensors have that is looked at."""

    def __init__(self, array: np.ndarray) -> None:
        """Around an array."""
        self.array, self.shape = array, array.shape

    def detach(self) -> "Tensor":
        return self

    cpu = detach

    def numpy(self) -> np.ndarray:
        return self.array

    def item(self) -> Any:
        return self.array.item()


class Items:
    """A set that notices two threads at once."""

    def __init__(self, make: Callable[[int], Any], count: int = 20) -> None:
        """Items by position."""
        self.make, self.count, self.busy = make, count, threading.Lock()

    def __len__(self) -> int:
        """How many."""
        return self.count

    def __getitem__(self, row: int) -> Any:
        """One of them."""
        assert self.busy.acquire(blocking=False), "two threads at once"
        time.sleep(0.0001)
        try:
            return self.make(row)
        finally:
            self.busy.release()


def chw(row: int) -> np.ndarray:
    return np.moveaxis(noise(row), 2, 0)


PICTURES = {
    "numpy": noise,
    "pillow": lambda row: Image.fromarray(noise(row)),
    "bytes": lambda row: encode(noise(row)),
    "transparent": lambda row: Image.fromarray(noise(row)).convert("RGBA"),
    "tensor": lambda row: Tensor(chw(row)),
    "floats": lambda row: Tensor(chw(row).astype(np.float32) / 255),
    "channels last": lambda row: Tensor(noise(row)),
}
LABELS = {
    "int": lambda row: row % 3,
    "numpy": lambda row: np.int64(row % 3),
    "tensor": lambda row: Tensor(np.array(row % 3)),
    "word": lambda row: "abc"[row % 3],
}


@pytest.mark.parametrize("picture", PICTURES)
@pytest.mark.parametrize("shape", ["bare", "pair", "dict"])
def test_pictures(picture: str, shape: str) -> None:
    make = PICTURES[picture]
    items = {
        "bare": make,
        "pair": lambda row: (make(row), row),
        "dict": lambda row: {"image": make(row), "label": row},
    }
    opened = split_origin(open_object(Items(items[shape])), Fit((24, 24)))
    found = {
        side[row]["image"].tobytes(): side[row]["label"]
        for side in (opened.train, opened.validation)
        for row in range(len(side))
    }
    assert found == {noise(row).tobytes(): -1 if shape == "bare" else row for row in range(20)}


@pytest.mark.parametrize("label", LABELS)
def test_labels(label: str) -> None:
    origin = open_object(Items(lambda row: (noise(row), LABELS[label](row)), 6), name="mine")
    assert [entry.label for entry in origin.entries] == [0, 1, 2, 0, 1, 2]
    assert origin.label_names == (("a", "b", "c") if label == "word" else ())
    assert origin.entries[5].name == "mine 5"


def test_grey_and_turned_pictures() -> None:
    for grey in (noise(0, channels=1), noise(0, channels=1)[..., None], Tensor(noise(0, channels=1)[None])):
        assert split_origin(open_object([grey]), Fit((8, 8))).shape == (8, 8, 1)
    stream, exif = io.BytesIO(), Image.Exif()
    exif[0x0112] = 3
    Image.fromarray(quadrants()[::-1, ::-1].copy()).save(stream, "PNG", exif=exif)
    turned = split_origin(open_object([Image.open(stream)]), Fit((64, 64)))
    assert np.array_equal(turned.train[0]["image"], quadrants())


def test_an_array_is_a_set() -> None:
    assert len(split_origin(open_object(np.stack([noise(0), noise(1)])), Fit((8, 8))).train) == 1


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (3, "object is a int, not a set of pictures"),
        ("/some/folder", "object is a str, not"),
        ({"image": noise(0)}, "object is a dict, not"),
        (["a.png"], "item 0 cannot be used: it is a str; expected a Pillow image"),
        ([()], "it is a NoneType"),
        ([noise(0)[..., :2]], r"shape \(24, 24, 2\)"),
        ([noise(0).astype(np.int64)], "an array of int64"),
        ([Tensor(chw(0).astype(np.float32) / 127.5 - 1)], "leave out the step that normalises it"),
        ([np.full((8, 8), np.nan)], "leave out the step"),
        ([(noise(0), 0.5)], "the label of item 0 is 0.5"),
        ([(noise(0), np.zeros(3))], "a whole number or a word is wanted"),
    ],
)
def test_other_objects_are_refused(data: Any, said: str) -> None:
    with pytest.raises(UserError, match=said):
        open_object(data)


def test_an_item_that_fails_is_left_out() -> None:
    def make(row: int) -> Any:
        if row == 3:
            raise RuntimeError("oh")
        return noise(row), row

    opened = split_origin(open_object(Items(make)), Fit((8, 8)))
    assert [each.reason for each in opened.unusable] == ["it cannot be fetched (RuntimeError: oh)"]
    assert len(opened.train) + len(opened.validation) == 19
    with pytest.raises(Undecodable):
        open_object(Items(make)).entries[3].read()


def test_an_empty_object() -> None:
    with pytest.raises(UserError, match="is empty"):
        split_origin(open_object([]), Fit((8, 8)))
