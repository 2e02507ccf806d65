"""Pixels: there and back, and the article's BatchNorm."""

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import Array

from mezzotint.core.pixels import (
    BatchPixels,
    DatasetPixels,
    FixedPixels,
    Pixels,
    PixelStatistics,
    decode,
    encode,
    from_bytes,
    measure,
)

from .members import both_precisions, every, precision

DATASET = PixelStatistics(jnp.array([0.3, 0.4, 0.5]), jnp.array([0.05, 0.06, 0.07]))


def batch(seed: int) -> Array:
    """Pixels in [0, 1], each channel with its own mean and variance."""
    return jnp.asarray(np.random.default_rng(seed).random((4, 3, 5, 3)) * [1.0, 0.5, 0.1])


@both_precisions
@every("pixels")
def test_decode_undoes_encode(pixels: Pixels, double: bool) -> None:
    with precision(double):
        images = batch(0)
        running = pixels.initial(jax.tree.map(jnp.asarray, DATASET))
        used, running = pixels.in_training(running, images)
        for statistics in (used, running):
            back = decode(encode(images, statistics), statistics)
            np.testing.assert_allclose(back, images, rtol=0, atol=1e-14 if double else 1e-6)


@every("pixels")
def test_decoded_pixels_stay_in_the_unit_interval(pixels: Pixels) -> None:
    wild = 100 * (batch(0) - batch(1))
    decoded = decode(wild, pixels.initial(DATASET))
    assert float(decoded.min()) == 0 and float(decoded.max()) == 1


@every("pixels")
def test_statistics_have_one_entry_a_channel(pixels: Pixels) -> None:
    for statistics in pixels.in_training(pixels.initial(DATASET), batch(0)):
        assert statistics.mean.shape == statistics.variance.shape == (3,)


def test_batch_pixels_are_flaxs_batch_norm() -> None:
    """Output within 5e-6 and statistics within 1e-6 (flax's fast variance) over three batches."""
    norm = nn.BatchNorm(use_running_average=False, use_scale=False, use_bias=False)
    variables = norm.init(jax.random.key(0), batch(0))
    running = BatchPixels().initial(DATASET)
    for seed in range(3):
        expected, variables = norm.apply(variables, batch(seed), mutable=["batch_stats"])
        used, running = BatchPixels().in_training(running, batch(seed))
        np.testing.assert_allclose(encode(batch(seed), used), expected, rtol=0, atol=5e-6)
        theirs = variables["batch_stats"]
        np.testing.assert_allclose(running.mean, theirs["mean"], rtol=0, atol=1e-6)
        np.testing.assert_allclose(running.variance, theirs["var"], rtol=0, atol=1e-6)
    frozen = norm.clone(use_running_average=True).apply(variables, batch(9))
    np.testing.assert_allclose(encode(batch(9), running), frozen, rtol=0, atol=5e-6)


def test_dataset_pixels_never_change() -> None:
    running = DatasetPixels().initial(DATASET)
    assert running is DATASET
    assert DatasetPixels().in_training(running, batch(0)) == (DATASET, DATASET)


@both_precisions
def test_fixed_pixels_are_from_minus_1_to_1(double: bool) -> None:
    with precision(double):
        running = FixedPixels().initial(jax.tree.map(jnp.asarray, DATASET))
        used, after = FixedPixels().in_training(running, batch(0))
        assert used is running and after is running
        ends = jnp.broadcast_to(jnp.array([0.0, 0.25, 1.0])[:, None], (1, 1, 3, 3))
        expected = np.broadcast_to(np.array([-1, -0.5, 1])[:, None], (1, 1, 3, 3))
        np.testing.assert_allclose(encode(ends, used), expected, atol=2e-7)


def test_measure_is_the_biased_mean_and_variance_of_a_channel() -> None:
    images = np.asarray(batch(0), np.float64)
    mean = images.reshape(-1, 3).sum(0) / 60
    variance = ((images.reshape(-1, 3) - mean) ** 2).sum(0) / 60
    found = measure(batch(0))
    np.testing.assert_allclose(found.mean, mean, rtol=1e-5)
    np.testing.assert_allclose(found.variance, variance, rtol=1e-5)


@pytest.mark.parametrize(("byte", "value"), [(0, 0.0), (51, 0.2), (255, 1.0)])
def test_bytes_are_255ths(byte: int, value: float) -> None:
    found = from_bytes(jnp.full((1, 1, 1, 1), byte, jnp.uint8))
    assert found.dtype == jnp.float32
    np.testing.assert_allclose(found, value, rtol=1e-7)
