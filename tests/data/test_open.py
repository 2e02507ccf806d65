"""Names of sources, folders good and bad, and the sides that pictures fall on."""

import hashlib
import os
import warnings
from pathlib import Path

import numpy as np
import pytest

from mezzotint.data.disk import OnDisk
from mezzotint.data.fit import Fit
from mezzotint.data.flowers import open_flowers
from mezzotint.data.memory import InMemory
from mezzotint.data.open import open_source
from mezzotint.data.source import DataSource, Splits
from mezzotint.data.split import held_out
from mezzotint.data.uri import Uri
from mezzotint.errors import UserError

from .pictures import BOMB, JPEG, PNG, encode, noise, png_claiming, write

FLOWERS = Path(__file__).parents[3] / "shared/data/flowers102-64"


def images(source: DataSource) -> list[bytes]:
    return [source[row]["image"].tobytes() for row in range(len(source))]


def names(splits: Splits) -> set[str]:
    return {Path(each.path).name for each in splits.unusable}


def test_fashion() -> None:
    splits = open_source("fashion", Fit((28, 28)))
    assert (len(splits.train), len(splits.validation)) == (9_000, 1_000)
    assert splits.shape == (28, 28, 1) and splits.in_memory and splits.threads == 1
    assert isinstance(splits.train, InMemory)
    labels = [splits.train[row]["label"] for row in range(9)]
    assert labels == [9, 2, 1, 1, 6, 1, 4, 6, 5]  # as published
    digest = hashlib.sha256(b"".join(images(splits.train) + images(splits.validation)))
    # of the pixels of t10k-images-idx3-ubyte.gz
    assert digest.hexdigest() == FASHION_SHA256
    with pytest.raises(ValueError, match="read-only"):
        splits.train[0]["image"][0] = 0


FASHION_SHA256 = "c867c93ff95360594e8ec3287995350b824dd110b11595c0e13d5423f621867a"


def test_fashion_at_another_size_in_colour() -> None:
    picture = open_source("fashion", Fit((16, 32), 3)).validation[0]["image"]
    assert picture.shape == (16, 32, 3) and picture.dtype == np.uint8
    assert np.array_equal(picture[..., 0], picture[..., 2])


@pytest.mark.parametrize(
    ("uri", "said"),
    [
        ("fashoin", "did you mean fashion?"),
        ("Flower:/x", "did you mean flowers?"),
        ("imagenet", "there are: fashion, emoji, folder"),
        ("folder", "write it as folder:PATH"),
        ("fashion:x", "write it as fashion"),
        ("folder:/no/such", "There is no folder '/no/such'"),
        ("flowers:/no/such", "There is no folder '/no/such'"),
        (f"folder:{__file__}", "is a file, not a folder"),
        (os.path.dirname(__file__), f"did you mean folder:{os.path.dirname(__file__)}"),
    ],
)
def test_wrong_names_are_mended(uri: str, said: str) -> None:
    with pytest.raises(UserError) as error:
        open_source(uri, Fit((8, 8)))
    assert said in str(error.value)


def test_wrong_shapes() -> None:
    for size, channels in (((0, 8), None), ((8, 8), 2)):
        with pytest.raises(UserError, match="1 or 3 channels"):
            Fit(size, channels)


BAD = {
    "empty.png": b"",
    "notes.txt": b"hello",
    "cut.jpg": JPEG[: len(JPEG) // 2],
    "cut.png": PNG[: len(PNG) // 2],
    "pixel.png": encode(noise(0, 1, 1)),
    "claims.png": png_claiming(100_000, 100_000),
    "bomb.png": BOMB,
}


@pytest.mark.parametrize("memory_limit", [2**30, 0])
def test_a_folder_with_everything_in_it(tmp_path: Path, memory_limit: int) -> None:
    outside = write(tmp_path / "outside", {"secret.png": PNG})
    good = {f"deep/er/{seed}.png": encode(noise(seed)) for seed in range(12)}
    hidden = {".hidden.png": PNG, ".git/x.png": PNG}
    root = write(tmp_path / "root", {**good, **BAD, **hidden})
    (root / "link.png").symlink_to(outside / "secret.png")
    (root / "links").symlink_to(outside, target_is_directory=True)
    (root / "nowhere.png").symlink_to(root / "gone")
    os.mkfifo(root / "pipe.png")
    os.truncate(write(root, {"huge.png": PNG}) / "huge.png", 256 * 2**20 + 1)  # a sparse file
    before = list(warnings.filters)
    splits = open_source(f"folder:{root}", Fit((24, 24)), memory_limit=memory_limit)
    assert warnings.filters == before
    assert splits.in_memory == (memory_limit > 0)
    assert names(splits) == {*BAD, "link.png", "nowhere.png", "pipe.png", "huge.png"}
    assert all(each.reason for each in splits.unusable)
    expected = {noise(seed).tobytes() for seed in range(12)}
    assert {*images(splits.train), *images(splits.validation)} == expected
    assert len(splits.train) + len(splits.validation) == 12
    assert len(splits.validation) >= 1 and splits.train[0]["label"] == -1


def test_a_folder_without_a_usable_picture(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="it has no files"):
        open_source(f"folder:{tmp_path}", Fit((8, 8)))
    write(tmp_path, {"a.txt": b"a", "b.txt": b"b", "c.png": b""})
    with pytest.raises(UserError, match="3 files were left out, 2 of them because it is not a picture"):
        open_source(f"folder:{tmp_path}", Fit((8, 8)))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_file_is_listed(tmp_path: Path) -> None:
    root = write(tmp_path, {"a.png": PNG, "b.png": PNG})
    (root / "b.png").chmod(0)
    assert names(open_source(f"folder:{root}", Fit((8, 8)))) == {"b.png"}


@pytest.mark.parametrize("memory_limit", [2**30, 0])
def test_greyscale_is_detected(tmp_path: Path, memory_limit: int) -> None:
    grey = {f"{seed}.png": encode(noise(seed, channels=1)) for seed in range(4)}
    root = write(tmp_path, grey | {"notes.txt": b"no colour either"})
    opened = open_source(f"folder:{root}", Fit((16, 16)), memory_limit=memory_limit)
    assert opened.shape == opened.validation[0]["image"].shape == (16, 16, 1)
    write(root, {"colour.png": encode(noise(9))})
    opened = open_source(f"folder:{root}", Fit((16, 16)), memory_limit=memory_limit)
    assert opened.shape == (16, 16, 3)
    asked = open_source(f"folder:{root}", Fit((16, 16), 1), memory_limit=memory_limit)
    assert asked.shape == (16, 16, 1)


def test_memory_and_disk_give_the_same(tmp_path: Path) -> None:
    root = write(tmp_path, {f"{seed}.png": encode(noise(seed, 40, 60)) for seed in range(9)})
    kept = open_source(f"folder:{root}", Fit((8, 12)))
    read = open_source(f"folder:{root}", Fit((8, 12)), memory_limit=9 * 8 * 12 * 3 - 1)
    assert isinstance(kept.train, InMemory) and isinstance(read.train, OnDisk)
    assert images(kept.train) == images(read.train)
    assert images(kept.validation) == images(read.validation)


def test_a_file_that_goes_bad_is_named(tmp_path: Path) -> None:
    root = write(tmp_path, {f"{seed}.png": encode(noise(seed)) for seed in range(3)})
    splits = open_source(f"folder:{root}", Fit((8, 8)), memory_limit=0)
    for file in root.iterdir():
        file.write_bytes(b"")
    with pytest.raises(UserError, match=r"\d\.png cannot be used: the file is empty"):
        splits.train[0]


def test_duplicates_stay_together_and_additions_move_none(tmp_path: Path) -> None:
    few = {f"{seed}.png": encode(noise(seed, 8, 8)) for seed in range(80)}
    first = open_source(f"folder:{write(tmp_path, few)}", Fit((8, 8)))
    assert 2 <= len(first.validation) <= 20
    copies = {f"copy/{name}": content for name, content in few.items()}
    more = {f"a{seed}.png": encode(noise(seed, 8, 8)) for seed in range(100, 160)}
    then = open_source(f"folder:{write(tmp_path, copies | more)}", Fit((8, 8)))
    train, validation = images(then.train), images(then.validation)
    assert not set(train) & set(validation)
    assert set(images(first.train)) <= set(train)
    assert set(images(first.validation)) <= set(validation)
    assert all(train.count(image) == 2 for image in images(first.train))


def test_each_side_has_one_where_two_are_distinct() -> None:
    low, middle, high = bytes(16), b"\x80" * 16, b"\xff" * 16
    assert held_out([middle, high, high]) == {middle}
    assert held_out([middle, high, low]) == {low}
    assert held_out([low, low[:-1] + b"\x01"]) == {low}
    assert held_out([low, low]) == held_out([]) == frozenset()
    digests = [hashlib.blake2b(bytes([n, m]), digest_size=16).digest() for n in range(99) for m in range(99)]
    assert abs(len(held_out(digests)) / len(digests) - 0.1) < 0.01


def test_one_picture_is_trained_on(tmp_path: Path) -> None:
    splits = open_source(f"folder:{write(tmp_path, {'a.png': PNG, 'b.png': PNG})}", Fit((8, 8)))
    assert (len(splits.train), len(splits.validation)) == (2, 0)


def test_flowers_that_lack_a_file_or_are_damaged(tmp_path: Path) -> None:
    write(tmp_path, {"102flowers.tgz": b"x", "setid.mat": b"x"})
    with pytest.raises(UserError, match=r"lacks imagelabels\.mat"):
        open_flowers(Uri("", "flowers", str(tmp_path)))
    write(tmp_path, {"imagelabels.mat": b"x"})
    with pytest.raises(UserError, match=r"imagelabels\.mat is damaged"):
        open_flowers(Uri("", "flowers", str(tmp_path)))


@pytest.mark.skipif(not FLOWERS.is_dir(), reason="the shared flowers are not here")
def test_flowers() -> None:
    splits = open_source(f"flowers:{FLOWERS}", Fit((32, 32)))
    assert len(splits.train) + len(splits.validation) == 7_243
    assert len(splits.validation) == 204 + 204 + 1_041
    assert splits.shape == (32, 32, 3) and not splits.unusable
    assert isinstance(splits.train, InMemory)
    counts = [
        np.bincount([side[row]["label"] for row in range(len(side))], minlength=102)
        for side in (splits.train, splits.validation)
    ]
    assert counts[0].min() > 0 and (counts[1] > 0).sum() >= 100
    first = open_flowers(Uri("", "flowers", str(FLOWERS))).entries[:3]
    assert [entry.label for entry in first] == [72, 84, 70]  # as TensorFlow Datasets begins
    assert first[0].name == "jpg/image_00297.jpg"
