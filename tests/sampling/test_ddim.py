"""DDIM's identities: DDPM's posterior, the noise that eta adds, Euler's method."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import Array

from mezzotint.core.grid import Uniform
from mezzotint.core.prediction import Estimate
from mezzotint.core.schedule import Rates, Schedule, Straight, log_snr
from mezzotint.sampling import loop
from mezzotint.sampling.ddim import Ddim, ancestral_std

from ..laws.members import every, precision
from .gaussian import Gaussian

GAUSSIAN = Gaussian()


def posterior(now: Rates, then: Rates, x: Array, image: Array) -> tuple[Array, Array]:
    """Mean and standard deviation of q(x_s | x_t, image), s < t: a product of two Gaussians.

    x_s is N(alpha_s image, sigma_s^2) before x_t = (alpha_t / alpha_s) x_s + N(0, beta) is known;
    Ho et al., arXiv:2006.11239, eq. 7, without their alpha^2 + sigma^2 = 1.
    """
    shrink = now.alpha / then.alpha
    beta = now.sigma**2 - shrink**2 * then.sigma**2
    precise = 1 / then.sigma**2 + shrink**2 / beta
    mean = (then.alpha * image / then.sigma**2 + shrink * x / beta) / precise
    return mean, 1 / jnp.sqrt(precise)


@pytest.mark.parametrize(("t", "s"), [(1.0, 0.9), (0.5, 0.1), (0.3, 0.0)])
@every("schedule")
def test_eta_1_is_ddpms_posterior(schedule: Schedule, t: float, s: float) -> None:
    with precision():
        keys = loop.keys(0, 0, 2)
        x, image, fresh = jnp.asarray(np.random.default_rng(0).standard_normal((3, 2, 2, 3, 1)))
        now, then = schedule(t), schedule(s)

        def stepped(x: Array, image: Array) -> Array:
            estimate = Estimate(image, (x - now.alpha * image) / now.sigma)
            times = jnp.asarray(t), jnp.asarray(s)
            return Ddim(eta=1.0).step(lambda *_: estimate, schedule, x, *times, (), keys)[0]

        mean, std = posterior(now, then, x, image)
        drawn = jax.vmap(lambda key: jax.random.normal(key, (2, 3, 1)))(keys)
        np.testing.assert_allclose(stepped(x, image), mean + std * drawn, rtol=1e-9, atol=1e-9)
        np.testing.assert_allclose(ancestral_std(now, then), std, rtol=1e-9)


@every("schedule")
def test_between_0_and_1_eta_scales_the_noise_and_keeps_the_variance(schedule: Schedule) -> None:
    """Kept and fresh noise are the legs of a right triangle whose hypotenuse is sigma."""
    with precision():
        keys = loop.keys(0, 0, 2)
        ones, zeros = jnp.ones((2, 2, 3, 1)), jnp.zeros((2, 2, 3, 1))
        t, s = jnp.asarray(0.6), jnp.asarray(0.4)
        sampler = Ddim(eta=0.5)

        def stepped(image: Array, noise: Array) -> Array:
            return sampler.step(lambda *_: Estimate(image, noise), schedule, zeros, t, s, (), keys)[0]

        fresh = stepped(zeros, zeros)
        kept = stepped(zeros, ones) - fresh
        drawn = jax.vmap(lambda key: jax.random.normal(key, (2, 3, 1)))(keys)
        added = 0.5 * ancestral_std(schedule(t), schedule(s))
        np.testing.assert_allclose(fresh, added * drawn, rtol=1e-12)
        np.testing.assert_allclose(kept**2 + added**2, schedule(s).sigma ** 2, rtol=1e-9)
        np.testing.assert_allclose(stepped(ones, zeros) - fresh, schedule(s).alpha, rtol=1e-9)


def test_on_the_straight_schedule_ddim_is_eulers_method() -> None:
    with precision():
        schedule, steps = Straight(), 7
        denoise, keys = GAUSSIAN.denoiser(schedule), loop.keys(0, 0, 2)
        x = jnp.asarray(np.random.default_rng(0).standard_normal((2, 2, 3, 1)))
        times = loop.times(Uniform(), schedule, steps)
        noisy, _ = loop.trajectory(denoise, schedule, Ddim(), times, x, keys, steps)
        for index in range(steps - 1):
            np.testing.assert_allclose(noisy[index], x, rtol=1e-10, atol=1e-12)
            estimate = denoise(x, jnp.full(2, times.values[index]))
            flow = (1 - 2 * schedule.epsilon) * (estimate.noise - estimate.image)
            x = x + (times.values[index + 1] - times.values[index]) * flow
        np.testing.assert_allclose(noisy[-1], x, rtol=1e-10, atol=1e-12)


@every("schedule")
def test_ancestral_noise_is_songs_where_variance_is_preserved(schedule: Schedule) -> None:
    """sigma_s / sigma_t sqrt(1 - alpha_t^2 / alpha_s^2): Song et al., arXiv:2010.02502, eq. 16.

    Rates of the same ratio on the unit circle stand in for those that are not there.
    """
    with precision():
        now, then = (
            Rates(*(jnp.asarray(rates) / jnp.hypot(*rates))) for rates in (schedule(0.7), schedule(0.3))
        )
        expected = then.sigma / now.sigma * jnp.sqrt(1 - (now.alpha / then.alpha) ** 2)
        np.testing.assert_allclose(ancestral_std(now, then), expected, rtol=1e-12)
        assert float(log_snr(now)) < float(log_snr(then))
