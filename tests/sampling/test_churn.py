"""Churn: what it leaves alone, where it ends, and which samplers it refuses."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.typing import ArrayLike

from mezzotint.core.prediction import Estimate
from mezzotint.core.schedule import Cosine, Karras, LogSnr, Schedule, Straight, log_snr
from mezzotint.errors import UserError
from mezzotint.sampling import loop
from mezzotint.sampling.churn import Churned
from mezzotint.sampling.ddim import Ddim
from mezzotint.sampling.method import Sampler
from mezzotint.sampling.presets import PRESETS

from ..laws.members import every, precision
from .gaussian import Gaussian

KEYS = loop.keys(0, 0, 2)
X = np.random.default_rng(0).standard_normal((2, 2, 3, 1))


def stepped(sampler: Sampler, schedule: Schedule, x: ArrayLike, t: ArrayLike, s: ArrayLike) -> jax.Array:
    """One step on the Gaussian."""
    denoise = Gaussian().denoiser(schedule)
    return sampler.step(denoise, schedule, *map(jnp.asarray, (x, t, s)), (), KEYS)[0]


@pytest.mark.parametrize("churned", [Churned(gain=0.0), Churned(low=10.0), Churned(high=0.1)], ids=repr)
def test_without_gain_or_outside_its_range_there_is_no_churn(churned: Churned) -> None:
    """sigma / alpha is 1.2 at t = 0.5."""
    with precision():
        schedule = Cosine()
        expected = stepped(churned.sampler, schedule, X, 0.5, 0.4)
        np.testing.assert_allclose(stepped(churned, schedule, X, 0.5, 0.4), expected, rtol=1e-12)


@every("schedule")
def test_the_step_begins_where_sigma_over_alpha_has_grown_by_the_gain(schedule: Schedule) -> None:
    """But never before time 1."""
    asked: list[float] = []

    def denoise(x: jax.Array, t: jax.Array) -> Estimate:
        asked.append(float(t[0]))
        return Estimate(x, x)

    with precision():
        for time in (0.5, 1.0):
            arrays = map(jnp.asarray, (X, time, 0.4))
            Churned(Ddim(), gain=0.2).step(denoise, schedule, *arrays, (), KEYS)
        before, after = (jnp.exp(-log_snr(schedule(t)) / 2) for t in (0.5, asked[0]))
        np.testing.assert_allclose(after, 1.2 * before, rtol=1e-9)
        assert asked[1] == 1.0


def test_a_picture_is_the_same_whatever_the_schedule() -> None:
    """A step between the same log-SNRs on each, from x that differ by alpha alone."""
    with precision():
        found = []
        for schedule in (Cosine(), LogSnr(), Karras(), Straight()):
            t, s = schedule.time(jnp.array([-2.0, -1.0]))
            found.append(stepped(Churned(), schedule, schedule(t).alpha * X, t, s) / schedule(s).alpha)
        np.testing.assert_allclose(found, jnp.broadcast_to(found[0], (4, *X.shape)), rtol=1e-9)


@pytest.mark.parametrize("name", ["dpmpp-2m", "dpmpp-3m", "unipc", "ab2", "ab5"])
def test_multistep_samplers_are_refused(name: str) -> None:
    """What they remember is of an x without the fresh noise.

    On the Gaussian and the straight schedule, at 100 steps of even log-SNR, the variance of x under a gain of
    0.1 was up to 10 % wrong with dpmpp-2m, 22 % with ab3, 7 % with unipc, and 1.6 % with heun; at 200 steps,
    where the churn goes back as far as the step before, they divided by 0.
    """
    with pytest.raises(UserError, match="churn needs a sampler of single steps: ddim or heun, not "):
        Churned(PRESETS[name])
