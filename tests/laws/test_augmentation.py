"""Augmentation: nine numbers say all that was done, and nothing is done where they are 0."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from mezzotint.core.augmentation import LABELS, augment, matrix, transformed

KEY = jax.random.key(0)
IMAGES = jax.random.uniform(KEY, (64, 16, 16, 3))


def labels(**numbers: float) -> jax.Array:
    names = ("flip_x", "flip_y", "scale", "cosine", "sine", "along", "across", "right", "down")
    return jnp.array([numbers.get(name, 0.0) for name in names])


def test_nothing_happens_at_probability_0() -> None:
    images, found = augment(KEY, IMAGES, 0.0)
    assert not found.any()
    np.testing.assert_allclose(images, IMAGES, atol=1e-5)


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        (labels(), IMAGES[0]),
        (labels(flip_x=1), IMAGES[0, :, ::-1]),
        (labels(flip_y=1), IMAGES[0, ::-1]),
        (labels(cosine=-2), IMAGES[0, ::-1, ::-1]),
        (labels(cosine=-1, sine=1), jnp.rot90(IMAGES[0], k=-1)),
        (labels(flip_x=1, cosine=-2), IMAGES[0, ::-1]),
    ],
    ids=["nothing", "mirrored", "upside down", "half a turn", "a quarter", "mirrored and turned"],
)
def test_exact_transformations(label: jax.Array, expected: jax.Array) -> None:
    np.testing.assert_allclose(transformed(IMAGES[0], label), expected, atol=1e-5)


def test_shifts_are_shares_of_the_side() -> None:
    moved = transformed(IMAGES[0], labels(right=1, down=-2))  # 2 pixels right, 4 up
    np.testing.assert_allclose(moved[:12, 2:], IMAGES[0, 4:, :14], atol=1e-5)


def test_areas() -> None:
    assert jnp.linalg.det(matrix(labels(scale=1), 16, 16)) == pytest.approx(2**0.4, rel=1e-5)
    stretched = matrix(labels(along=0.6, across=0.8), 16, 16)
    assert jnp.linalg.det(stretched) == pytest.approx(1, rel=1e-5)
    lengths = jnp.linalg.svd(stretched, compute_uv=False)
    assert lengths == pytest.approx([2**0.2, 1, 2**-0.2], rel=1e-4)


def test_the_numbers_say_what_was_done() -> None:
    images, found = augment(KEY, IMAGES, 0.5)
    assert found.shape == (64, LABELS)
    for image, label, original in zip(images, found, IMAGES, strict=True):
        np.testing.assert_allclose(image, transformed(original, label), atol=1e-5)
    same = jnp.abs(images - IMAGES).max((1, 2, 3)) < 1e-5
    assert (same == ~found.any(1)).all()


def test_each_transformation_has_its_probability() -> None:
    found = np.asarray(augment(jax.random.key(1), jnp.zeros((4000, 2, 2, 1)), 0.25).labels)
    shares = (found != 0).mean(0)
    expected = [0.125, 0.125, 0.25, 0.25, 0.25, 0.25, 0.25, 0.25, 0.25]
    assert shares == pytest.approx(expected, abs=0.03)
    assert found[:, 2].std() == pytest.approx(0.5, abs=0.05)  # normal in a quarter of the cases
