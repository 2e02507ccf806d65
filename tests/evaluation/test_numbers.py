"""The table of numbers: which are there, what real pictures score, and when the score of classes is."""

import jax.numpy as jnp
import numpy as np
from jax import Array

from mezzotint.evaluation.numbers import floor, numbers

NAMES = ("FID", "KID", "precision", "recall", "density", "coverage")
PLAIN = {f"{name}[plain]" for name in NAMES}


class Plain:
    """An extractor of nothing."""

    name, version, dimensions = "plain", "1", 3

    def __call__(self, images: Array) -> Array:
        """(batch, 3)."""
        return jnp.zeros((len(images), 3))


class Classes(Plain):
    """One that knows classes."""

    def logits(self, features: Array) -> Array:
        """(count, 3): the features themselves."""
        return features


def normal(seed: int, count: int, mean: float = 0.0) -> np.ndarray:
    return np.random.default_rng(seed).normal(mean, 1, (count, 3)).astype(np.float32)


def test_two_draws_of_one_distribution_score_as_real_pictures_do() -> None:
    found = numbers(normal(0, 400), normal(1, 600), Plain(), 0)
    assert set(found) == PLAIN
    assert found["KID[plain]"].low < 0 < found["KID[plain]"].high
    assert 0 < found["FID[plain]"].value < 0.1
    worse = numbers(normal(0, 400, mean=1.0), normal(1, 600), Plain(), 0)
    for name in ("FID[plain]", "KID[plain]"):
        assert worse[name].low > found[name].high
    for name in ("precision[plain]", "recall[plain]", "coverage[plain]"):
        assert worse[name].value < found[name].value


def test_the_score_of_classes_is_there_for_those_that_know_any() -> None:
    found = numbers(normal(0, 100), normal(1, 100), Classes(), 0)
    assert set(found) == {*PLAIN, "IS[plain]"}
    assert 1 < found["IS[plain]"].value < 3


def test_floors_take_held_out_pictures_or_leave_training_ones_out() -> None:
    train, held_out = normal(0, 50), normal(1, 20)
    samples, others = floor(train, held_out, 15, 0)
    assert len(samples) == 15 and len(others) == 50
    assert all((held_out == each).all(1).any() for each in samples)
    for count, size in ((24, 24), (40, 25)):
        samples, others = floor(train, held_out, count, 0)
        assert len(samples) == size and len(samples) + len(others) == 50
        assert not any((others == each).all(1).any() for each in samples)
