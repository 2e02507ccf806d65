"""The pictures that are evaluated, and those that they are held against."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mezzotint.data.fit import Fit
from mezzotint.data.open import open_origin
from mezzotint.data.prepare import prepare
from mezzotint.errors import UserError
from mezzotint.evaluation.pictures_of import as_deep, everything, reference
from tests.data.pictures import encode, noise, write


def test_a_split_is_the_one_that_training_has() -> None:
    real = reference("fashion", Fit((20, 20)))
    assert (len(real.train), len(real.held_out)) == (9000, 1000)
    for name, expected in (("train", real.train), ("validation", real.held_out)):
        found = everything(f"fashion:{name}", (20, 20))
        rows = lambda each: sorted(picture.tobytes() for picture in each)  # noqa: E731
        assert rows(found) == rows(expected)


def test_a_folders_content_splits_as_in_training(pictures: Path) -> None:
    real = reference(f"folder:{pictures}", Fit((12, 12)))
    found = everything(f"folder:{pictures}:train")
    assert {each.tobytes() for each in found} == {each.tobytes() for each in real.train}
    assert len(everything(f"folder:{pictures}")) == len(real.train) + len(real.held_out) == 60


@pytest.mark.parametrize("run", [Fit((8, 8), 3), Fit((8, 8), 3, crop="random"), Fit((8, 8), 3, crop="pad")])
@pytest.mark.parametrize("crop", ["centre", "random", "pad"])
def test_a_prepared_source_keeps_its_own_crop(tmp_path: Path, crop: str, run: Fit) -> None:
    source = write(tmp_path / "source", {f"{seed}.png": encode(noise(seed, 8, 20)) for seed in range(20)})
    made = Fit((8, 8), crop=crop, background="red")  # type: ignore[arg-type]
    prepare(open_origin(f"folder:{source}"), made, tmp_path / "set")
    found, direct = reference(f"prepared:{tmp_path / 'set'}", run), reference(f"folder:{source}", made)
    np.testing.assert_array_equal(found.train, direct.train)
    np.testing.assert_array_equal(found.held_out, direct.held_out)
    assert len(everything(f"prepared:{tmp_path / 'set'}:train", (8, 8))) == len(found.train)


def test_pictures_of_their_own_size(pictures: Path, tmp_path: Path) -> None:
    assert everything(f"folder:{pictures}").shape == (60, 12, 12, 3)
    for name, size in (("a", (12, 12)), ("b", (9, 12))):
        Image.new("RGB", size).save(tmp_path / f"{name}.png")
    with pytest.raises(UserError, match="differ in size: .*a.png is 12x12, .*b.png 9x12: say --image-size"):
        everything(f"folder:{tmp_path}")
    assert everything(f"folder:{tmp_path}", (6, 6)).shape == (2, 6, 6, 3)


def test_no_pictures_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no picture")
    with pytest.raises(UserError, match="no usable picture"):
        everything(f"folder:{tmp_path}")


def test_a_picture_lying_on_its_side_counts_upright(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (8, 12)).save(tmp_path / "turned.jpg", exif=exif)
    Image.new("RGB", (12, 8)).save(tmp_path / "upright.png")
    assert everything(f"folder:{tmp_path}").shape == (2, 8, 12, 3)
    assert np.asarray(everything(f"folder:{tmp_path}")).dtype == np.uint8


def test_grey_pictures_are_held_against_colours(pictures: Path) -> None:
    real = reference(f"folder:{pictures}", Fit((12, 12), None))
    grey = np.random.default_rng(0).integers(0, 256, (5, 12, 12, 1), np.uint8)
    assert real.train.shape[-1] == 3
    np.testing.assert_array_equal(as_deep(grey, real), np.broadcast_to(grey, (5, 12, 12, 3)))
    np.testing.assert_array_equal(as_deep(real.train, real), real.train)
