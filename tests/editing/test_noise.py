"""Start noises: neighbours of one, and the arc between two."""

import jax.numpy as jnp
import numpy as np
import pytest

from mezzotint.core.grid import Uniform
from mezzotint.core.schedule import Cosine
from mezzotint.editing.noise import slerp, start_from, turn
from mezzotint.editing.plan import Plan
from mezzotint.errors import UserError
from mezzotint.sampling import loop
from mezzotint.sampling.presets import PRESETS

from ..sampling.mixture import TWO

SHAPE = (16, 16, 3)
ONE, OTHER = (loop.initial_noise(Cosine(), loop.keys(seed, 0, 1), SHAPE) for seed in (1, 2))


def plan(name: str = "ddim", count: int = 40) -> Plan:
    keys, schedule = loop.keys(3, 0, count), Cosine()
    x, times = loop.initial_noise(schedule, keys, SHAPE), loop.times(Uniform(), schedule, 4)
    return Plan(TWO.denoiser(schedule), schedule, PRESETS[name], times, x, keys)


@pytest.mark.parametrize("amount", [0.0, 0.3, 0.7, 1.0])
def test_turned_noise_is_noise_at_an_angle(amount: float) -> None:
    """Of 30,720 values: the variance within 5 standard errors, 4 %; the correlation with each end, 3 %."""
    before = plan()
    x = np.asarray(turn(before, ONE, amount).x)
    np.testing.assert_allclose(x.var(), 1, atol=0.04)
    angle = amount * np.pi / 2
    for end, expected in ((np.broadcast_to(ONE, x.shape), np.cos(angle)), (before.x, np.sin(angle))):
        np.testing.assert_allclose(np.corrcoef(x.ravel(), np.ravel(end))[0, 1], expected, atol=0.03)


def test_the_ends_of_a_turn_are_exact() -> None:
    before = plan()
    np.testing.assert_array_equal(turn(before, ONE, 0.0).x, np.broadcast_to(ONE, before.x.shape))
    np.testing.assert_allclose(turn(before, ONE, 1.0).x, before.x, atol=1e-6)


def test_the_arc_goes_evenly_from_end_to_end_and_keeps_the_length() -> None:
    """Lengths between those of the ends, which are 4 % apart, and equal angles but for that."""
    shares = jnp.linspace(0, 1, 9)
    arc = np.asarray(slerp(ONE, OTHER, shares)).reshape(9, -1)
    np.testing.assert_allclose(arc[0], np.ravel(ONE), atol=1e-5)
    np.testing.assert_allclose(arc[-1], np.ravel(OTHER), atol=1e-5)
    lengths = np.linalg.norm(arc, axis=1)
    assert {int(lengths.argmin()), int(lengths.argmax())} == {0, 8}
    angles = np.arccos(np.sum(arc[1:] * arc[:-1], 1) / (lengths[1:] * lengths[:-1]))
    np.testing.assert_allclose(angles, angles.mean(), rtol=0.05)
    assert np.linalg.norm(arc.mean(0)) < 0.95 * lengths.min(), (
        "a straight way would be as short in its middle"
    )


def test_the_arc_from_a_noise_to_itself_stays_there() -> None:
    np.testing.assert_allclose(slerp(ONE, ONE, jnp.linspace(0, 1, 3)), jnp.repeat(ONE, 3, 0), rtol=1e-6)


@pytest.mark.parametrize("name", [name for name, sampler in PRESETS.items() if not sampler.deterministic])
def test_a_sampler_that_adds_noise_is_refused_by_name(name: str) -> None:
    with pytest.raises(UserError, match=f"needs a sampler that adds no noise, .*: {name} does"):
        start_from(plan(name), ONE)


def test_samplers_that_add_none_start_from_what_is_given() -> None:
    assert {name for name, sampler in PRESETS.items() if not sampler.deterministic} == {
        "ddpm",
        "dpmpp-2m-sde",
    }
    np.testing.assert_array_equal(start_from(plan("unipc", 3), ONE).x, np.repeat(ONE, 3, 0))
