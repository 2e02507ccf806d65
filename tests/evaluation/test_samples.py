"""Generated pictures on disk: the same however often the generation is cut off, and never mixed."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from mezzotint.errors import UserError
from mezzotint.evaluation.samples import BLOCK, Pictures, generated
from mezzotint.pictures import to_bytes

OF = {"weights": "abc", "seed": 0, "guiding": {"label": ()}}


def make(first: int) -> np.ndarray:
    """64 pictures, each of its place alone."""
    places = range(first, first + BLOCK)
    return np.stack([np.full((2, 3, 1), place % 256 / 255, np.float32) for place in places])


def whole(folder: Path, count: int, make: Callable = make, of: dict = OF) -> Pictures:
    return generated(folder, count, of, make, lambda count: None)


def test_an_interrupted_generation_goes_on_where_it_was(tmp_path: Path) -> None:
    asked = []

    def cut_off(first: int) -> np.ndarray:
        asked.append(first)
        if first == 2 * BLOCK and asked.count(first) == 1:
            raise KeyboardInterrupt
        return make(first)

    with pytest.raises(KeyboardInterrupt):
        whole(tmp_path, 150, cut_off)
    made = whole(tmp_path, 150, cut_off)
    assert asked == [0, BLOCK, 2 * BLOCK, 2 * BLOCK]
    np.testing.assert_array_equal(made[:, 0, 0, 0], np.arange(150))
    assert (made.shape, made.dtype) == ((150, 2, 3, 1), np.uint8)


def test_more_pictures_add_to_those_that_are_there(tmp_path: Path) -> None:
    few, asked = whole(tmp_path, 10), []
    many = whole(tmp_path, 70, lambda first: asked.append(first) or make(first))
    assert asked == [BLOCK]
    np.testing.assert_array_equal(many[:10], few)
    np.testing.assert_array_equal(many, to_bytes(np.concatenate([make(0), make(BLOCK)])[:70]))


def test_all_that_is_done_is_counted(tmp_path: Path) -> None:
    seen: list[int] = []
    for _ in range(2):
        generated(tmp_path, 100, OF, make, seen.append)
    assert seen == [64, 36, 64, 36]


def test_pictures_made_otherwise_are_refused_and_left_alone(tmp_path: Path) -> None:
    before = whole(tmp_path, 10)
    with pytest.raises(UserError, match=r"made otherwise \(seed, weights differ\): delete it, or"):
        whole(tmp_path, 10, of={**OF, "seed": 1, "weights": "other"})
    np.testing.assert_array_equal(whole(tmp_path, 10), before)


def test_a_folder_without_pictures_takes_any(tmp_path: Path) -> None:
    """What was refused before its first picture can be asked for otherwise."""

    def refused(first: int) -> np.ndarray:
        raise UserError("a run without classes")

    with pytest.raises(UserError, match="without classes"):
        whole(tmp_path, 10, refused, {**OF, "seed": 1})
    assert len(whole(tmp_path, 10)) == 10


@pytest.mark.parametrize("name", ["00000.npz", "made.json"])
def test_a_damaged_file_is_named(tmp_path: Path, name: str) -> None:
    whole(tmp_path, 10)
    file = tmp_path / name
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 255
    file.write_bytes(content)
    with pytest.raises(UserError, match=name):
        whole(tmp_path, 10)
