"""Preprocessing agrees with TensorFlow's on 50 photos of odd sizes, to 1/255 on average.

Golden values: `scripts/make_tf_image_golden.py`. `exact` is TensorFlow with the JPEG decoder that rounds:
each photo must agree. `article` is TensorFlow as the article runs it, with a decoder that truncates, and is
itself 0.85/255 away from `exact`: the photos must agree with it as a whole.
"""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mezzotint.data.decode import ORIENTATION_TAG, UPRIGHT, decode
from mezzotint.data.fit import Fit, Loaded

from .pictures import encode

DATA = Path(__file__).parent
SMALL = Fit((64, 64))
BOUND = 1.0  # of 255 levels


@pytest.fixture(scope="module")
def golden() -> dict[str, np.ndarray]:
    with np.load(DATA / "tf_image.npz") as arrays:
        return dict(arrays)


@pytest.fixture(scope="module")
def ours(golden: dict[str, np.ndarray]) -> np.ndarray:
    photos = [(DATA / "photos" / name).read_bytes() for name in golden["names"]]
    return np.stack([decode(content, Fit((64, 64), 3)) for content in photos]).astype(np.float64)


def errors(ours: np.ndarray, theirs: np.ndarray) -> np.ndarray:
    """Mean absolute error of each photo, in levels of 255."""
    return np.abs(ours - 255 * theirs.astype(np.float64)).mean(axis=(1, 2, 3))


def test_the_photos_are_those_of_the_golden_values(golden: dict[str, np.ndarray]) -> None:
    assert sorted(path.name for path in (DATA / "photos").glob("*.jpg")) == golden["names"].tolist()
    assert len(golden["names"]) == 50


def test_every_photo_agrees_with_tensorflow(golden: dict[str, np.ndarray], ours: np.ndarray) -> None:
    found = errors(ours, golden["exact"])
    worst = int(found.argmax())
    assert found[worst] < BOUND, f"{golden['names'][worst]} is {found[worst]:.3f}/255 away"
    assert found.mean() < BOUND / 2


def test_the_photos_agree_with_the_articles_decoder(golden: dict[str, np.ndarray], ours: np.ndarray) -> None:
    found = errors(ours, golden["article"])
    assert found.mean() < BOUND, f"{found.mean():.3f}/255 away"


@pytest.mark.parametrize("orientation", UPRIGHT)
def test_a_reduced_jpeg_is_cropped_alike_however_it_lies(orientation: int) -> None:
    whole = Image.open(DATA / "photos/24-wine-1031x777.jpg").convert("RGB")  # neither side is even
    back = {6: Image.Transpose.ROTATE_90, 8: Image.Transpose.ROTATE_270}
    exif = Image.Exif()
    exif[ORIENTATION_TAG] = orientation
    turned = whole.transpose(back.get(orientation, UPRIGHT[orientation]))
    content = encode(turned, "JPEG", quality=95, exif=exif)
    found = np.abs(decode(content, SMALL).astype(int) - np.asarray(SMALL(Loaded(whole, (777, 1031))))).mean()
    assert found < BOUND  # a crop that forgot the partly filled last row and column is 1.6 to 2.2 away
