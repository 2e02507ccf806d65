"""Real photos: worse ones score worse, copies are found, and held-out photos are no copies."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import jax
import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from mezzotint.data.fit import Fit
from mezzotint.data.open import open_source
from mezzotint.data.source import DataSource
from mezzotint.metrics import efficientnet_weights
from mezzotint.metrics.features import features
from mezzotint.metrics.frechet import frechet, gaussian
from mezzotint.metrics.kernel import kid
from mezzotint.metrics.manifold import manifold
from mezzotint.metrics.memorisation import Memorisation, Views, copies, memorisation, pixels

FLOWERS = Path(__file__).parents[3] / "shared/data/flowers102-64"
pytestmark = pytest.mark.skipif(not FLOWERS.is_dir(), reason="the shared flowers are not here")

REAL, OTHERS, SOME, AT_ONCE = 70, 20, 10, 5  # features take 50 ms a picture
LEVELS = (0.5, 1.0)


class Photos(NamedTuple):
    """Float32 (count, 32, 32, 3) in [0, 1], in a random order."""

    train: np.ndarray
    held_out: np.ndarray


Vectors = Callable[[np.ndarray], np.ndarray]


@pytest.fixture(scope="module")
def photos() -> Photos:
    splits = open_source(f"flowers:{FLOWERS}", Fit((32, 32)))

    def some(side: DataSource, count: int) -> np.ndarray:
        rows = np.random.default_rng(0).permutation(len(side))[:count]
        return np.stack([side[int(row)]["image"] for row in rows]).astype(np.float32) / 255

    return Photos(some(splits.train, 2000), some(splits.validation, 400))


@pytest.fixture(scope="module")
def vectors() -> Vectors:
    """Features, by a program of this file's own: as tests compile, a picture would take ten times as long."""
    extractor, tests = efficientnet_weights.load(), jax.config.read("jax_disable_most_optimizations")
    jax.config.update("jax_disable_most_optimizations", False)
    features(extractor, np.zeros((1, 32, 32, 3), np.float32), AT_ONCE)
    jax.config.update("jax_disable_most_optimizations", tests)
    return lambda pictures: features(extractor, pictures, AT_ONCE)


@pytest.fixture(scope="module")
def real(photos: Photos, vectors: Vectors) -> np.ndarray:
    """Features of the first training photos."""
    return vectors(photos.train[:REAL])


@pytest.fixture(scope="module")
def others(photos: Photos, vectors: Vectors) -> np.ndarray:
    """Features of the first held-out photos."""
    return vectors(photos.held_out[:OTHERS])


def blurred(pictures: np.ndarray, level: float) -> np.ndarray:
    return gaussian_filter(pictures, (0, 1.5 * level, 1.5 * level, 0))


def noisy(pictures: np.ndarray, level: float) -> np.ndarray:
    noise = np.random.default_rng(0).standard_normal(pictures.shape).astype(np.float32)
    return np.clip(pictures + 0.15 * level * noise, 0, 1)


def tinted(pictures: np.ndarray, level: float) -> np.ndarray:
    return np.clip(pictures + 0.4 * level * np.array([1, -0.5, 0.5], np.float32), 0, 1)


@pytest.mark.parametrize("spoil", [blurred, noisy, tinted])
def test_worse_pictures_score_worse(
    photos: Photos, vectors: Vectors, real: np.ndarray, others: np.ndarray, spoil: Callable[..., np.ndarray]
) -> None:
    """FID and KID rise and density falls, from level to level."""
    spoilt = [others, *(vectors(spoil(photos.held_out[:OTHERS], level)) for level in LEVELS)]
    fid = [frechet(gaussian(each), gaussian(real)) for each in spoilt]
    distance = [kid(each, real).value for each in spoilt]
    density = [manifold(real, each).density.value for each in spoilt]
    assert fid == sorted(fid) and distance == sorted(distance)
    assert density == sorted(density, reverse=True) and density[0] > 2 * density[-1]


def test_two_halves_are_0_apart(real: np.ndarray) -> None:
    found = kid(real[::2], real[1::2])
    assert abs(found.value) < found.error


def test_repeated_photos_have_precision_and_no_recall(real: np.ndarray, others: np.ndarray) -> None:
    few, honest = manifold(real, real[:3].repeat(8, axis=0)), manifold(real, others)
    assert few.precision.value == 1 and few.recall.high < honest.recall.value
    assert few.coverage.value < 0.5 * honest.coverage.value


def measured(photos: Photos, samples: np.ndarray) -> Memorisation:
    return memorisation(pixels(samples), pixels(photos.train).upright, pixels(photos.held_out[200:]))


@pytest.mark.parametrize("flip", [1, -1])
def test_training_photos_are_copies_in_pixels(photos: Photos, flip: int) -> None:
    """As they are, noisy by 2 levels of 255, or mirrored; one of them repeated, too."""
    noise = np.random.default_rng(0).normal(0, 2 / 255, (100, 32, 32, 3)).astype(np.float32)
    samples = np.round(255 * np.clip(photos.train[:100] + noise, 0, 1)[:, :, ::flip]) / np.float32(255)
    for each in (samples, samples[:1].repeat(20, axis=0)):
        found = copies(measured(photos, each))
        assert found.share.value == 1 and found.share.low > 0.8 and found.of_held_out.value < 0.02


def test_held_out_photos_are_no_copies_in_pixels(photos: Photos) -> None:
    """But for what the set has twice: 4 of its 1,449 held-out photos."""
    found = measured(photos, photos.held_out[:200])
    assert copies(found).share.value < 0.02
    assert abs(np.median(found.ratio) - 1) < 0.05 and abs(found.trend) < 3


def test_copies_in_features(photos: Photos, vectors: Vectors, real: np.ndarray, others: np.ndarray) -> None:
    """Mirrored training photos are copies, held-out ones are not."""
    flipped = vectors(photos.held_out[:SOME, :, ::-1])
    held_out = Views(others[:SOME], flipped)
    same = Views(vectors(photos.train[:SOME, :, ::-1]), real[:SOME])
    assert copies(memorisation(same, real, held_out)).share.value == 1
    assert copies(memorisation(held_out, real, held_out)).share.value == 0
