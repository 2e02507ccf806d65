"""The packaged emoji: what is in the file, and on which side of the split."""

import hashlib
from collections import Counter
from importlib import resources

import numpy as np
import pytest

from mezzotint.data.fit import Fit
from mezzotint.data.memory import InMemory
from mezzotint.data.open import open_source
from mezzotint.data.packaged import open_emoji
from mezzotint.data.source import Entry, Splits
from mezzotint.data.uri import Uri

FOLDER = resources.files("mezzotint.data").joinpath("packaged")
LABELS = ["face", "animal", "plant", "food", "drink"]
PIXELS_SHA256 = "be0828521a0d63abfdb3c7a1e60a8dd5afd1aee4ebd3bb7ee32dc4aff3338cb0"


@pytest.fixture(scope="module")
def splits() -> Splits:
    return open_source("emoji", Fit((64, 64)))


@pytest.fixture(scope="module")
def entries() -> tuple[Entry, ...]:
    return open_emoji(Uri("emoji", "emoji")).entries


@pytest.fixture(scope="module")
def images(splits: Splits) -> np.ndarray:
    """Those to train on, then those held out."""
    sides = (splits.train, splits.validation)
    return np.stack([side[row]["image"] for side in sides for row in range(len(side))])


def code(entry: Entry) -> str:
    return entry.name.split()[2]


def test_shapes_and_counts(splits: Splits, images: np.ndarray) -> None:
    assert (len(splits.train), len(splits.validation)) == (733, 80)
    assert splits.shape == (64, 64, 3) and splits.in_memory and not splits.unusable
    assert isinstance(splits.train, InMemory)
    assert images.shape == (813, 64, 64, 3) and images.dtype == np.uint8


def test_pixels(images: np.ndarray) -> None:
    assert hashlib.sha256(images.tobytes()).hexdigest() == PIXELS_SHA256
    assert len({image.tobytes() for image in images}) == len(images)
    assert (images[:, [0, 0, -1, -1], [0, -1, 0, -1]] == 255).all()  # the corners
    assert images.std((1, 2, 3)).min() > 15  # none is blank
    assert (images.max(-1) != images.min(-1)).any((1, 2)).mean() > 0.95  # nearly all have colour


def test_styles_and_labels(entries: tuple[Entry, ...]) -> None:
    counts = Counter((entry.name.split()[1], entry.label) for entry in entries)
    assert [counts["noto", label] for label in range(5)] == [117, 142, 28, 104, 20]
    assert [counts["fluent", label] for label in range(5)] == [114, 140, 27, 101, 20]
    assert len({entry.name for entry in entries}) == len(entries) == 813
    assert entries[0].name == "emoji noto 1f600" and entries[1].name == "emoji fluent 1f600"


@pytest.mark.parametrize(
    ("point", "label"),
    [("1f600", "face"), ("1f63a", "animal"), ("1f412", "animal"), ("1f335", "plant"), ("1f355", "food")],
)
def test_known_emoji_have_their_label(entries: tuple[Entry, ...], point: str, label: str) -> None:
    assert [LABELS[entry.label] for entry in entries if code(entry) == point] == [label, label]


def test_sides(entries: tuple[Entry, ...]) -> None:
    trained = [entry for entry in entries if entry.split == "train"]
    held_out = [entry for entry in entries if entry.split == "validation"]
    assert len(trained) + len(held_out) == len(entries)
    assert not {code(entry) for entry in trained} & {code(entry) for entry in held_out}
    assert {entry.label for entry in trained} == {entry.label for entry in held_out} == set(range(5))


def test_held_out_are_the_lowest_digests_of_each_label(entries: tuple[Entry, ...]) -> None:
    for label in range(5):
        codes = {code(entry): entry.split == "validation" for entry in entries if entry.label == label}
        ordered = sorted(codes, key=lambda point: hashlib.sha256(point.encode()).digest())
        sides = [codes[point] for point in ordered]
        assert sides == sorted(sides, reverse=True) and sum(map(bool, sides)) == round(len(sides) / 10)


def test_no_skin_tones(entries: tuple[Entry, ...]) -> None:
    tones = {f"{0x1F3FB + tone:x}" for tone in range(5)}
    assert not [entry.name for entry in entries if tones & set(code(entry).split("-"))]


def test_at_another_size_and_in_grey() -> None:
    opened = open_source("emoji", Fit((16, 24), 1), memory_limit=0)
    assert opened.shape == (16, 24, 1) and not opened.in_memory


def test_the_file_names_its_labels_without_pickles() -> None:
    with FOLDER.joinpath("emoji.npz").open("rb") as stream, np.load(stream, allow_pickle=False) as arrays:
        assert arrays["label_names"].tolist() == LABELS
        assert all(array.dtype.kind in "uibU" for array in arrays.values())


def test_licences_and_sizes() -> None:
    files = {file.name: len(file.read_bytes()) for file in FOLDER.iterdir()}
    assert files["emoji.npz"] < 3_000_000 and sum(files.values()) < 8_000_000
    needed = {"emoji.SOURCE", "emoji.LICENSE-noto", "emoji.LICENSE-fluent", "emoji.LICENSE-metadata"}
    assert needed | {"fashion.SOURCE", "fashion.LICENSE"} < set(files)
    assert "Version 2.0, January 2004" in FOLDER.joinpath("emoji.LICENSE-noto").read_text()
    for name in ("emoji.LICENSE-fluent", "emoji.LICENSE-metadata", "fashion.LICENSE"):
        assert "Permission is hereby granted" in FOLDER.joinpath(name).read_text()
