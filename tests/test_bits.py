"""Bits per dimension of a whole model: one whose bits are known, and what is refused."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from mezzotint.bits import WIDTHS, Bits, Pictures, bits_per_dimension
from mezzotint.core.bins import bins, log_mass, opened
from mezzotint.core.pixels import PixelStatistics, decode
from mezzotint.core.prediction import Velocity
from mezzotint.errors import UserError
from mezzotint.model import Model

from .model import conditional

STATISTICS = PixelStatistics(jnp.array([0.4, 0.5, 0.6]), jnp.array([0.01, 0.02, 0.03]))
CLASSES = conditional.model()


@pytest.fixture(scope="module")
def normal() -> Model:
    """A model of N(0, I): its velocity is 0, and nothing flows."""
    config = replace(CLASSES.config, prediction=Velocity())
    return Model(config, jax.tree.map(jnp.zeros_like, CLASSES.variables), STATISTICS)


@pytest.fixture(scope="module")
def pictures() -> Pictures:
    """Eight draws of N(0, I), rounded to 8 bits."""
    drawn = jax.random.normal(jax.random.key(1), (8, 4, 4, 3))
    return np.asarray(jnp.round(255 * decode(drawn, STATISTICS)).astype(jnp.uint8))


@pytest.fixture(scope="module")
def found(normal: Model, pictures: Pictures) -> Bits:
    """What is measured, all pictures at once."""
    return bits_per_dimension(normal, pictures, steps=4)


def test_a_model_of_standard_normal_pictures_needs_their_entropy(found: Bits, pictures: Pictures) -> None:
    """The normal's mass in their bins, to 0.5 %, each picture's to 2 %, and some bits to name a width."""
    shown = jnp.asarray(pictures)
    mass = log_mass(opened(bins(shown, STATISTICS), shown), jnp.zeros(shown.shape), jnp.asarray(1.0))
    exact = np.asarray(-mass.sum((1, 2, 3))) / (48 * np.log(2))
    named = np.log2(len(WIDTHS)) / (8 * 48)
    np.testing.assert_allclose(found.noisy + found.last - named, exact, rtol=0.02)
    np.testing.assert_allclose(found.mean - named, exact.mean(), rtol=0.005)
    assert found.evaluations == 17
    np.testing.assert_allclose(found.error, (found.noisy + found.last).std(ddof=1) / np.sqrt(8), rtol=1e-6)


def test_a_picture_takes_the_same_bits_whatever_the_batch(
    normal: Model, pictures: Pictures, found: Bits
) -> None:
    seen: list[int] = []
    parts = bits_per_dimension(normal, pictures, steps=4, batch_size=3, seen=seen.append)
    np.testing.assert_allclose(parts.noisy, found.noisy, rtol=1e-5)
    np.testing.assert_allclose(parts.last, found.last, rtol=1e-5)
    assert seen == [3, 3, 2]
    other = bits_per_dimension(normal, pictures, steps=4, batch_size=3, seed=4)
    assert np.abs(other.noisy - found.noisy).min() > 0


def test_a_picture_takes_other_bits_by_its_label(pictures: Pictures) -> None:
    """Each by its own, and one that is not said is none."""
    rose, tulip, mixed, unsaid, none = (
        bits_per_dimension(CLASSES, pictures, labels, steps=2).noisy
        for labels in ("rose", 2, [1, 2] * 4, None, -1)
    )
    assert min(np.abs(rose - tulip).min(), np.abs(rose - none).min()) > 1e-4
    np.testing.assert_array_equal(mixed, np.where(np.arange(8) % 2 == 0, rose, tulip))
    np.testing.assert_array_equal(unsaid, none)


def test_what_cannot_be_measured_is_refused(normal: Model, pictures: Pictures) -> None:
    for wrong, said in (
        ({"pictures": pictures[:1]}, "at least 2 pictures, not 1"),
        ({"pictures": pictures[:, :2]}, r"are uint8 \(4, 4, 3\), not uint8 \(2, 4, 3\)"),
        ({"pictures": pictures / 255}, "not float64"),
        ({"pictures": pictures, "steps": 0}, "at least 1"),
        ({"pictures": pictures, "probes": 0}, "at least 1"),
        ({"pictures": pictures, "seed": -1}, "seed must be from 0"),
        ({"pictures": pictures, "labels": "lily"}, "there is no class 'lily'"),
        ({"pictures": pictures, "labels": [0]}, "8 pictures need 8 labels"),
    ):
        with pytest.raises(UserError, match=said):
            bits_per_dimension(normal, **wrong)
