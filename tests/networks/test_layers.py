"""The networks' pieces against `jax.image`, plain NumPy and the formula."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from mezzotint.networks.layers import average_pool, sinusoidal_embedding, spread, upsample

SHAPES = [(2, 4, 6, 3), (1, 5, 3, 2), (1, 1, 4, 1), (2, 3, 1, 1), (1, 1, 1, 2)]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_upsample_and_its_gradient_are_bilinear_resize(shape: tuple[int, int, int, int]) -> None:
    """Within 1e-5, for values of order 1."""
    generator = np.random.default_rng(0)
    batch, height, width, channels = shape
    x = jnp.asarray(generator.standard_normal(shape), jnp.float32)
    doubled = (batch, 2 * height, 2 * width, channels)
    slope = jnp.asarray(generator.standard_normal(doubled), jnp.float32)

    @jax.jit
    def ours_and_jaxs(x: jax.Array) -> list:
        resize = (upsample, lambda x: jax.image.resize(x, doubled, "bilinear"))
        pairs = [jax.vjp(function, x) for function in resize]
        return [(y, back(slope)[0]) for y, back in pairs]

    (ours, our_gradient), (theirs, their_gradient) = ours_and_jaxs(x)
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-5)
    np.testing.assert_allclose(our_gradient, their_gradient, rtol=0, atol=1e-5)


def test_average_pool_is_the_mean_of_each_2x2_block() -> None:
    x = np.random.default_rng(0).standard_normal((2, 4, 6, 3)).astype(np.float32)
    expected = (x[:, ::2, ::2] + x[:, 1::2, ::2] + x[:, ::2, 1::2] + x[:, 1::2, 1::2]) / 4
    np.testing.assert_allclose(average_pool(jnp.asarray(x)), expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize(("dimensions", "highest"), [(32, 1000.0), (8, 100.0)])
def test_the_embedding_is_sines_then_cosines_of_log_spaced_frequencies(
    dimensions: int, highest: float
) -> None:
    """In float64 within 1e-9; in float32 an angle of 2 pi 1000 has lost all but 3 digits."""
    levels = np.array([0.0, 0.1, 0.123, 0.9, 1.0])
    frequencies = np.exp(np.linspace(0, np.log(highest), dimensions // 2))
    angles = 2 * np.pi * np.outer(levels, frequencies)
    expected = np.concatenate([np.sin(angles), np.cos(angles)], axis=1)
    for double, tolerance in ((True, 1e-9), (False, 2e-3)):
        with jax.enable_x64(double):
            found = sinusoidal_embedding(jnp.asarray(levels), dimensions, highest)
            assert found.shape == (5, dimensions)
            np.testing.assert_allclose(found, expected, rtol=0, atol=tolerance)


def test_spread_puts_the_same_vector_at_every_pixel() -> None:
    embedding = jnp.asarray(np.random.default_rng(0).standard_normal((2, 4)), jnp.float32)
    found = spread(embedding, jnp.full((2, 3, 5, 7), 9.0))
    assert found.shape == (2, 3, 5, 4)
    np.testing.assert_array_equal(found, np.broadcast_to(embedding[:, None, None], (2, 3, 5, 4)))
