"""Clipping: image estimates in the range of pixels, and noise estimates that go with them."""

import jax.numpy as jnp
import numpy as np
import pytest
from jax import Array

from mezzotint.core.pixels import PixelStatistics, decode, encode, unclipped
from mezzotint.core.prediction import Denoiser, Estimate, with_image
from mezzotint.core.schedule import Cosine, Schedule, mix
from mezzotint.guidance.clip import Clip, Dynamic, Static, clipped

from ..laws.members import every, precision

PIXELS = PixelStatistics(np.array([0.4, 0.5, 0.6]), np.array([0.04, 0.09, 0.01]))
CLIPS = [Static(), Dynamic(), Dynamic(percentile=80)]
every_clip = pytest.mark.parametrize("clip", CLIPS, ids=repr)


def images(spread: float) -> Array:
    """Eleven normalised pictures, those of a spread above 1 far outside the range of pixels."""
    return jnp.asarray(spread * np.random.default_rng(0).standard_normal((11, 4, 6, 3)))


def estimating(schedule: Schedule, image: Array) -> Denoiser:
    """A denoiser whose image estimate is always the same."""

    def denoise(x: Array, t: Array) -> Estimate:
        return with_image(schedule(t), x, image)

    return denoise


@every_clip
@every("schedule")
def test_image_and_noise_still_make_up_x(schedule: Schedule, clip: Clip) -> None:
    with precision():
        x, t = images(1.0), jnp.linspace(0, 1, 11)
        found = clipped(estimating(schedule, images(4.0)), schedule, PIXELS, clip)(x, t)
        np.testing.assert_allclose(mix(schedule(t), *found), x, rtol=0, atol=1e-12 * np.abs(x).max())
        shown = np.asarray(unclipped(found.image, PIXELS))
        assert shown.min() > -1e-12 and shown.max() < 1 + 1e-12
        assert np.abs(found.image - images(4.0)).max() > 1


@every_clip
def test_pictures_within_the_range_stay_as_they_are(clip: Clip) -> None:
    with precision():
        image = encode(jnp.asarray(np.random.default_rng(1).random((11, 4, 6, 3))), PIXELS)
        denoise = clipped(estimating(Cosine(), image), Cosine(), PIXELS, clip)
        found = denoise(images(1.0), jnp.linspace(0, 1, 11))
        np.testing.assert_allclose(found.image, image, rtol=1e-12, atol=1e-12)


def test_static_clipping_is_what_showing_a_picture_does() -> None:
    image = jnp.float32(images(4.0))
    found = clipped(estimating(Cosine(), image), Cosine(), PIXELS, Static())(image, jnp.full(11, 0.5))
    np.testing.assert_allclose(unclipped(found.image, PIXELS), decode(image, PIXELS), atol=1e-6)


def test_dynamic_clipping_by_hand() -> None:
    """Of 0, 1, ..., 10 the 90th percentile is 9: all is clipped to 9 and divided by it."""
    signed = jnp.arange(11.0).reshape(1, 11, 1, 1)
    found = Dynamic(percentile=90)(signed)
    np.testing.assert_allclose(found[0, :, 0, 0], np.minimum(np.arange(11), 9) / 9, rtol=1e-6)
    np.testing.assert_allclose(Dynamic(percentile=90)(-signed), -found, rtol=1e-6)


def test_dynamic_clipping_looks_at_each_picture_by_itself() -> None:
    signed = jnp.stack([jnp.linspace(-0.5, 0.5, 12), jnp.linspace(-3, 3, 12)]).reshape(2, 4, 3, 1)
    found = Dynamic()(signed)
    np.testing.assert_array_equal(found[0], signed[0])
    np.testing.assert_array_equal(found[1], Dynamic()(signed[1:])[0])
    assert 0.9 < float(jnp.abs(found[1]).max()) <= 1
