"""The bound on a rounded picture's code against the Gaussian, of which the exact length is known."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import Array
from scipy.stats import norm

from mezzotint.core.bins import Bins, bins, log_mass, opened
from mezzotint.core.pixels import PixelStatistics, scale
from mezzotint.core.schedule import Cosine, Schedule
from mezzotint.sampling import loop
from mezzotint.sampling.bound import WIDTHS, lengths

from ..laws.members import both_precisions, every, precision
from .gaussian import Gaussian

GAUSSIAN = Gaussian()


def statistics() -> PixelStatistics:
    """Two channels of different spreads."""
    return PixelStatistics(jnp.array([0.45, 0.5]), jnp.array([0.01, 0.02]))


def pictures(count: int, gaussian: Gaussian = GAUSSIAN) -> Array:
    """Rounded draws of the Gaussian, in 8 bits."""
    image = gaussian.mean + gaussian.std * np.random.default_rng(0).standard_normal((count, 4, 4, 2))
    grey = 255 * (image * np.asarray(scale(statistics())) + np.asarray(statistics().mean))
    return jnp.asarray(np.clip(np.round(grey), 0, 255).astype(np.uint8))


@jax.jit
def mass(shown: Array, at: PixelStatistics, mean: Array, std: Array) -> Array:
    """The log of the mass of N(mean, std^2) in each pixel's bin, those of 0 and 255 open."""
    return log_mass(opened(bins(shown, at), shown), jnp.full(shown.shape, mean), std)


def exact(shown: Array, gaussian: Gaussian = GAUSSIAN) -> Array:
    """-log P of each picture: the Gaussian's mass in its bins."""
    mean, std = jnp.asarray(gaussian.mean), jnp.asarray(gaussian.std)
    return -mass(shown, statistics(), mean, std).sum((1, 2, 3))


def bound(schedule: Schedule, shown: Array, gaussian: Gaussian = GAUSSIAN) -> tuple[Array, int]:
    """The bound on each picture's length at the best width, and the place of that width."""
    denoise, keys = gaussian.denoiser(schedule), loop.keys(0, 0, len(shown))
    run = jax.jit(lambda steps: lengths(denoise, schedule, statistics(), shown, keys, steps, 1))
    found = run(jnp.asarray(20))
    best = int(found.last.sum(1).argmin())
    return found.noisy[0] + found.last[best], best


@every("schedule")
def test_the_bound_is_tight_on_the_gaussian(schedule: Schedule) -> None:
    """Its posterior is Gaussian, as the last noise is: 6.46 bits/dim are found to 0.5 %, from above.

    The best width is the posterior's: r std / hypot(r, std), to the nearest of those that there are.
    """
    shown = pictures(64)
    found, best = bound(schedule, shown)
    assert found.dtype == jnp.float32
    above = np.asarray(found - exact(shown))
    assert -4 * above.std(ddof=1) / 8 < above.mean() < 0.005 * float(exact(shown).mean())
    alpha, sigma = schedule(0.0)
    posterior = GAUSSIAN.std / jnp.hypot(sigma / alpha, GAUSSIAN.std)
    assert abs(np.log2(WIDTHS[best] / posterior)) < 0.25


def test_a_model_of_other_pictures_needs_the_bits_that_its_density_says() -> None:
    """The same pictures under a Gaussian of another mean and width: more bits, and how many is known."""
    with precision():
        shown, other = pictures(64), Gaussian(mean=-0.5, std=1.2)
        found, _ = bound(Cosine(), shown, other)
        assert float(exact(shown, other).mean()) > 1.1 * float(exact(shown).mean())
        np.testing.assert_allclose(found.mean(), exact(shown, other).mean(), rtol=5e-3)


def test_black_and_white_are_open_bins() -> None:
    """Pictures of 0 and 255 alone, under a Gaussian far beyond both ends, cost next to nothing."""
    for value, mean in ((0, -9.0), (255, 9.0)):
        shown = jnp.full((2, 4, 4, 2), value, jnp.uint8)
        assert float(exact(shown, Gaussian(mean, std=0.5)).max()) < 1e-6


@both_precisions
def test_the_masses_of_all_values_sum_to_1(double: bool) -> None:
    with precision(double):
        values = jnp.arange(256, dtype=jnp.uint8).reshape(1, 16, 16, 1)
        one = PixelStatistics(jnp.array([0.3]), jnp.array([0.05]))
        for mean, std in ((-2.0, 0.01), (0.0, 0.003), (0.5, 1.0), (3.0, 30.0)):
            total = jnp.exp(mass(values, one, jnp.asarray(mean), jnp.asarray(std))).sum()
            np.testing.assert_allclose(total, 1, rtol=1e-12 if double else 1e-4)


@pytest.mark.parametrize("middle", [-30.0, -3.0, 0.0, 0.01, 3.0, 30.0])
def test_a_mass_is_scipys_in_both_tails(middle: float) -> None:
    """scipy's cdf has all digits left of the mean, where a mass on the right is mirrored to."""
    low, high = middle - 0.1, middle + 0.1
    expected = np.log(norm.cdf(0.1 - abs(middle)) - norm.cdf(-0.1 - abs(middle)))
    with precision():
        ends = Bins(*(jnp.full((1, 1, 1, 1), end) for end in (low, high)))
        found = jax.jit(log_mass)(ends, jnp.zeros((1, 1, 1, 1)), jnp.asarray(1.0))
        np.testing.assert_allclose(found, expected, rtol=1e-10)
