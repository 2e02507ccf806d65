"""Inversion on the Gaussian and the mixture: the picture comes back, and its noise is the flow's.

A sampler compiles once for every schedule x prediction x distribution (`tests/sampling/problems.py`).
"""

from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import Array

from mezzotint.core.grid import Uniform
from mezzotint.core.schedule import Cosine, Rates
from mezzotint.editing.invert import Reversed, inverted, rising
from mezzotint.editing.plan import Plan
from mezzotint.editing.sound import can_be_undone
from mezzotint.errors import UserError
from mezzotint.sampling import loop
from mezzotint.sampling.ddim import Ddim
from mezzotint.sampling.method import Sampler
from mezzotint.sampling.presets import PRESETS

from ..laws.members import precision
from ..sampling.mixture import TWO
from ..sampling.problems import Problem, problems

UNDONE = {name: sampler for name, sampler in PRESETS.items() if can_be_undone(sampler)}
each_undone = pytest.mark.parametrize("sampler", UNDONE.values(), ids=UNDONE)


@cache
def program(sampler: Sampler):  # noqa: ANN201
    """Problem and picture -> (its noise, the picture that is made of it), in all lanes."""

    def there_and_back(problem: Problem, picture: Array) -> tuple[Array, Array]:
        keys = loop.keys(0, 0, len(picture))
        plan = Plan(problem.denoise, problem.schedule, sampler, problem.times, jnp.zeros_like(picture), keys)
        noise = inverted(plan, picture)
        return noise, loop.sample(*plan._replace(x=noise))

    return jax.jit(jax.vmap(there_and_back))


@jax.jit
@jax.vmap
def drawn(problem: Problem) -> Array:
    """Pictures of the distribution itself, from its lower to its upper end."""
    shares = jnp.linspace(0.01, 0.99, 8).reshape(2, 2, 2, 1)
    return problem.mixture.quantile(Rates(jnp.asarray(1.0), jnp.asarray(1e-4)), shares)


@each_undone
@pytest.mark.parametrize(("steps", "bound"), [(20, 2e-4), (200, 1e-7)])
def test_the_picture_comes_back(sampler: Sampler, steps: int, bound: float) -> None:
    """In float64; the pixels' standard deviation is 0.7."""
    with precision():
        problem = problems(steps)
        picture = drawn(problem)
        _, again = program(sampler)(problem, picture)
    assert np.abs(again - picture).max() < bound


@each_undone
def test_the_noise_is_where_the_exact_flow_leads(sampler: Sampler) -> None:
    """With an error of the sampler's order: with 201 steps 3.1 % of the noise's spread, 0.1 % for order 2."""
    with precision():
        found = []
        for steps in (101, 201):
            problem = problems(steps)
            noise, _ = program(sampler)(problem, problem.exact)
            spread = jnp.hypot(*(rate[:, :1] for rate in problem.schedule.rates))[..., None, None, None]
            found.append(np.abs((noise - problem.start) / spread).max())
    assert found[0] / found[1] > 0.9 * 2**sampler.order
    assert found[1] < (0.035, 0.0015)[sampler.order - 1]


def test_times_rise_and_are_padded_as_before() -> None:
    times = loop.times(Uniform(), Cosine(), 4)
    np.testing.assert_allclose(rising(times).values[:4], [0.25, 0.5, 0.75, 1], rtol=1e-6)
    assert int(rising(times).number) == 4 and rising(times).values.shape == times.values.shape


def test_a_picture_is_inverted_alike_in_every_batch() -> None:
    """The step lengths of the fixed points are each picture's own."""
    schedule = Cosine()

    @jax.jit
    def noise(picture: Array) -> Array:
        keys, times = loop.keys(0, 0, len(picture)), loop.times(Uniform(), schedule, 5)
        return inverted(Plan(TWO.denoiser(schedule), schedule, Ddim(), times, picture, keys), picture)

    with precision():
        picture = jnp.asarray(np.random.default_rng(0).normal(0, 1, (4, 2, 2, 1)))
        np.testing.assert_allclose(noise(picture)[2:], noise(picture[2:]), rtol=1e-9)


@pytest.mark.parametrize("name", sorted(set(PRESETS) - set(UNDONE)))
def test_a_sampler_whose_steps_cannot_be_undone_is_refused_by_name(name: str) -> None:
    with pytest.raises(UserError, match=f"inversion needs a sampler .* such as ddim or heun: {name} "):
        Reversed(PRESETS[name])


def test_what_can_be_undone() -> None:
    assert set(UNDONE) == {"ddim", "heun"}
