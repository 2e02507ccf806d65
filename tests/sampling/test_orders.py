"""Laws over every schedule x prediction x sampler, on a Gaussian and on a mixture (`problems.py`).

Each sampler compiles once, and every law here runs that program.
"""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from mezzotint.sampling.method import Sampler
from mezzotint.sampling.presets import PRESETS

from ..laws.members import precision
from .problems import errors, images, problems, program

SAMPLERS = {name: sampler for name, sampler in PRESETS.items() if name != "ab1"}  # which is ddim
# Where nothing is drawn, and an error against the flow says something about one run.
FLOWING = {name: sampler for name, sampler in SAMPLERS.items() if name not in ("ddpm", "dpmpp-2m-sde")}

each = pytest.mark.parametrize("sampler", SAMPLERS.values(), ids=SAMPLERS)
each_flowing = pytest.mark.parametrize("sampler", FLOWING.values(), ids=FLOWING)


@each_flowing
def test_halving_the_steps_divides_the_error_by_2_to_the_order(sampler: Sampler) -> None:
    """From 256 to 512 steps, in float64, within a tenth of the order, in every lane.

    A multistep method begins with steps of lower orders. On a grid of even steps the first of them, of order
    1, leaves an error of order 2, which would hide what comes after; here the first step is 512^2 times
    shorter than the average.
    """
    with precision():
        fewer, more = (errors(sampler, problems(steps + 1, power=3.0)) for steps in (256, 512))
    observed = np.log2(fewer / more)
    assert np.abs(observed - sampler.order).max() < 0.1 * sampler.order, observed
    assert fewer.max() < 0.02  # of pixels whose standard deviation is 0.7


@each_flowing
def test_on_even_steps_of_log_snr_the_order_is_2_at_least(sampler: Sampler) -> None:
    """From 256 to 512 steps: what the first step of a multistep method allows; 1 where 1 is stated.

    Or the error is below 1e-6, where parts of it cancel or cross 0.
    """
    with precision():
        fewer, more = (errors(sampler, problems(steps + 1)) for steps in (256, 512))
    allowed = fewer / 2 ** (min(sampler.order, 2) - 0.1)
    assert np.all((more < allowed) | (more < 1e-6)), np.log2(fewer / more)


@each
def test_a_picture_is_the_same_whatever_the_schedule_and_the_prediction(sampler: Sampler) -> None:
    """On one grid of log-SNRs, from starts that differ by alpha alone; with fresh noise as well."""
    with precision():
        problem = problems(21, ends=(-7.5, 2.0))
        found = images(sampler, problem)
    starts = np.asarray(problem.start) / np.asarray(problem.schedule.rates.alpha)[:, :1, None, None, None]
    for each in (starts.reshape(found.shape), found):
        np.testing.assert_allclose(each, np.broadcast_to(each[:1, :1], each.shape), rtol=1e-9, atol=1e-9)
    assert found.std(axis=-1).min() > 0.1


@each
def test_another_number_of_steps_compiles_nothing_again(sampler: Sampler) -> None:
    with precision():
        run, traces = program(sampler)
        run(problems(10))
        after_the_first = len(traces)
        for count in (20, 50):
            run(problems(count))
    assert len(traces) == after_the_first > 0


@each_flowing
def test_float32_is_close_to_float64(sampler: Sampler) -> None:
    """Within 5e-6 at 20 steps, of pixels in about [-2, 2], in every lane."""
    with precision():
        problem = problems(21)
        exact = images(sampler, problem)
    single = jax.tree.map(lambda leaf: jnp.asarray(np.asarray(leaf)), problem)
    found = images(sampler, single)
    assert (found.dtype, exact.dtype) == (np.float32, np.float64)
    assert np.abs(found - exact).max() < 5e-6
