"""A look at a source: what is counted, which doubles are found, and which pictures are not doubles."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageEnhance

from mezzotint.data.contact import sheet, spread
from mezzotint.data.duplicates import Looks, _close, components, difference_hash, near
from mezzotint.data.fit import Fit
from mezzotint.data.inspect import inspect
from mezzotint.data.open import open_origin
from mezzotint.data.report import VERSION, Group, Report
from mezzotint.data.source import Entry, Origin
from mezzotint.errors import UserError

from .pictures import encode, noise, rotated, write

FLOWERS = Path(__file__).parents[3] / "shared/data/flowers102-64"
SIZE = Fit((16, 16))


def scene(seed: int, width: int = 96, height: int = 64) -> Image.Image:
    """A soft picture in colour, as different from any other seed's as photos are."""
    small = Image.fromarray(noise(seed, 7, 9))
    return small.resize((width, height), Image.Resampling.BICUBIC)


def look(folder: Path, **options: object) -> Report:
    return inspect(open_origin(f"folder:{folder}"), SIZE, **options)  # pyright: ignore


def origin(contents: list[np.ndarray | bytes], **fields: list) -> Origin:
    """An origin of some contents, with labels and splits."""
    entries = [
        Entry(f"picture {row}", lambda content=content: content, **{k: v[row] for k, v in fields.items()})
        for row, content in enumerate(contents)
    ]
    return Origin("planted", tuple(entries), label_names=("cat", "dog"))


def stems(group: Group) -> list[str]:
    return sorted(Path(picture.name).stem for picture in group.pictures)


PLANTED: dict[str, Callable[[Image.Image], bytes]] = {
    "re-encoded": lambda image: encode(image, "JPEG", quality=40),
    "halved": lambda image: encode(image.resize((48, 32), Image.Resampling.LANCZOS)),
    "enlarged": lambda image: encode(image.resize((288, 192), Image.Resampling.BICUBIC)),
    "brighter": lambda image: encode(ImageEnhance.Brightness(image).enhance(1.15)),
    "darker": lambda image: encode(ImageEnhance.Brightness(image).enhance(0.6)),
    "grey": lambda image: encode(image.convert("L")),
    "mirrored": lambda image: encode(image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)),
    "mirrored and re-encoded": lambda image: encode(
        image.transpose(Image.Transpose.FLIP_LEFT_RIGHT), "JPEG", quality=60
    ),
}


@pytest.mark.parametrize("make", PLANTED.values(), ids=PLANTED)
def test_planted_near_duplicates_are_found_and_nothing_else(
    tmp_path: Path, make: Callable[[Image.Image], bytes]
) -> None:
    for seed in range(60):
        write(tmp_path, {f"{seed}.png": encode(scene(seed))})
    for seed in range(10):
        write(tmp_path, {f"{seed}-again.png": make(scene(seed))})
    found = look(tmp_path)
    assert sorted(map(stems, found.near)) == sorted([f"{seed}", f"{seed}-again"] for seed in range(10))
    assert len(found.pairs) == 10 and found.exact == ()
    assert {pair.mirrored for pair in found.pairs} == {make in list(PLANTED.values())[-2:]}


def test_exact_duplicates_and_contradicting_labels() -> None:
    contents = [encode(scene(seed)) for seed in (0, 1, 0, 2, 1, 0)]
    found = inspect(origin(contents, label=[0, 1, 0, -1, 0, 0]), SIZE)
    assert [[each.row for each in group.pictures] for group in found.exact] == [[0, 2, 5], [1, 4]]
    assert [group.labels for group in found.exact] == [("cat",), ("cat", "dog")]
    assert found.near == found.pairs == () and found.leaked == 0
    assert found.labels == {"cat": 4, "dog": 1}


def test_doubles_across_the_splits_are_leaks() -> None:
    contents = [
        encode(scene(0)),
        encode(scene(0)),
        encode(scene(1)),
        encode(scene(1), "JPEG"),
        encode(scene(1), "JPEG"),
        encode(scene(2)),
        encode(scene(3)),
    ]
    splits = ["train", "validation", "train", "validation", "test", "validation", "train"]
    found = inspect(origin(contents, split=splits), SIZE)
    assert found.splits == {"train": 3, "validation": 3, "test": 1}
    assert found.leaked == 3  # 1, 3 and 4
    assert [group.leaks for group in found.exact] == [True, False]
    assert [pair.leaks for pair in found.pairs] == [True]
    assert [[each.row for each in group.pictures] for group in found.near] == [[2, 3, 4]]


def test_one_split_alone_is_split_as_training_would() -> None:
    contents = [encode(scene(seed)) for seed in range(20)]
    found = inspect(origin(contents, split=["train"] * 12 + ["test"] * 8), SIZE, split="train")
    assert set(found.rows) == set(range(12)) and sum(found.splits.values()) == 12
    assert found.splits["validation"] >= 1


def test_sizes_formats_labels_and_what_is_left_out(tmp_path: Path) -> None:
    files = {
        "a.jpg": encode(scene(0, 96, 64), "JPEG"),
        "b.jpg": rotated(6),  # 96 wide once upright
        "c.png": encode(scene(2, 30, 60).convert("RGBA")),
        "d.png": encode(scene(3, 100, 100).convert("L")),
        "e.gif": encode(scene(4, 96, 64).convert("P"), "GIF"),
        "f.txt": b"not a picture",
        "g.png": b"",
        "h.png": b"",
    }
    found = look(write(tmp_path, files))
    assert found.kinds == {"GIF P": 1, "JPEG RGB": 2, "PNG L": 1, "PNG RGBA": 1}
    assert (found.sizes.width, found.sizes.height) == ((30, 96.0, 100), (60, 64.0, 100))
    assert found.sizes.frequent == {"96x64": 3, "100x100": 1, "30x60": 1}
    assert found.sizes.shapes == {"landscape": 3, "portrait": 1, "square": 1}
    assert found.sizes.below == {32: 1, 64: 1, 128: 5, 256: 5, 512: 5}
    assert [Path(each.path).name for each in found.unusable] == ["f.txt", "g.png", "h.png"]
    assert list(found.reasons.values()) == [2, 1] and "empty" in next(iter(found.reasons))
    assert found.labels == {} and len(found.channels.mean) == 3


def test_channels_are_those_of_the_fitted_pictures() -> None:
    pictures = [noise(seed, 16, 16) for seed in range(5)]
    found = inspect(origin(pictures), SIZE)
    levels = np.stack(pictures) / 255
    np.testing.assert_allclose(found.channels.mean, levels.mean(axis=(0, 1, 2)), atol=1e-9)
    np.testing.assert_allclose(found.channels.deviation, levels.std(axis=(0, 1, 2)), atol=1e-9)
    grey = inspect(origin([noise(seed, 16, 16, 1) for seed in range(5)]), SIZE)
    assert len(grey.channels.mean) == 1 and grey.kinds == {"raw L": 5}


def test_flat_pictures_are_counted_and_not_compared() -> None:
    flat = [np.full((16, 16, 3), level, np.uint8) for level in range(200)]
    found = inspect(origin([*flat, noise(0)]), SIZE)
    assert found.flat == 200 and found.near == found.pairs == found.exact == ()


def test_nothing_usable_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="is empty"):
        look(tmp_path)
    with pytest.raises(
        UserError, match="no usable picture: 1 files were left out, 1 of them because"
    ) as said:
        look(write(tmp_path, {"a.png": b"nothing"}))
    assert "\n" not in str(said.value)


def test_the_document_is_json_and_has_a_version() -> None:
    found = inspect(origin([encode(scene(0)), encode(scene(0), "JPEG"), b""]), SIZE)
    document = json.loads(json.dumps(found.document()))
    assert document["version"] == VERSION == 1
    assert document["usable"] == 2 and document["unusable"][0]["path"] == "picture 2"
    assert [each["name"] for each in document["pairs"][0]["pictures"]] == ["picture 0", "picture 1"]
    assert "rows" not in document


def test_progress_is_told_of_every_picture() -> None:
    told = []
    inspect(origin([noise(0), noise(1), b""]), SIZE, seen=lambda: told.append(1))
    assert len(told) == 3


@pytest.mark.parametrize("distance", range(9))
def test_the_bands_find_what_comparing_all_with_all_finds(distance: int) -> None:
    random = np.random.default_rng(distance)
    base = random.integers(0, 2**63, 40, dtype=np.uint64)
    flips = [random.choice(64, size=int(random.integers(0, 12)), replace=False) for _ in range(200)]
    bits = np.array([sum(1 << int(bit) for bit in flip) for flip in flips], np.uint64)
    hashes = base[random.integers(0, 40, 200)] ^ bits
    all_pairs = np.bitwise_count(hashes[:, None] ^ hashes) <= distance
    expected = {(int(a), int(b)) for a, b in np.argwhere(np.triu(all_pairs, 1))}
    found = [tuple(pair) for pairs in _close(hashes, distance) for pair in pairs.tolist()]
    assert len(found) == len(set(found)) and set(found) == expected


def test_the_hash_is_one_bit_for_each_pair_of_neighbours() -> None:
    ramp = np.tile(np.arange(9, dtype=np.uint8), (8, 1))
    assert difference_hash(ramp) == np.uint64(2**64 - 1) and difference_hash(ramp[:, ::-1]) == 0


def test_no_pictures_have_no_doubles() -> None:
    assert near(Looks.room(0)) == [] and near(Looks.room(3)) == []


def test_links_make_groups() -> None:
    assert components([(5, 3), (1, 2), (3, 1), (7, 8)]) == [[1, 2, 3, 5], [7, 8]]


def test_the_sheet_shows_pictures_and_below_them_pairs() -> None:
    planted = origin([encode(scene(seed)) for seed in range(9)] + [encode(scene(4), "JPEG")])
    found = inspect(planted, SIZE)
    without = sheet(planted, inspect(origin([encode(scene(0))]), SIZE), SIZE)
    assert without.shape == (16, 16, 3)
    drawn = sheet(planted, found, SIZE, count=9)
    assert drawn.shape == (3 * 18 - 2 + 12 + 16, 3 * 18 - 2, 3) and drawn.dtype == np.uint8
    pair = drawn[-16:, :32].astype(int)
    assert np.abs(pair[:, :16] - pair[:, 16:]).mean() < 8
    assert spread(range(100), 4) == [0, 25, 50, 75] and spread([3, 4], 9) == [3, 4]


@pytest.mark.skipif(not FLOWERS.is_dir(), reason="the flowers are not here")
def test_the_flowers_as_they_were_looked_through_by_eye() -> None:
    found = inspect(open_origin(f"flowers:{FLOWERS}"), Fit((64, 64)))
    assert (len(found.rows), len(found.exact), len(found.pairs), found.leaked) == (7243, 5, 16, 7)
    assert [pair.labels for pair in found.pairs if len(pair.labels) > 1] == [("92", "93")]
