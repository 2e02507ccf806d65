"""What multistep methods share: the integrals of Lagrange polynomials, and their first and last members."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.integrate import quad

from mezzotint.core.prediction import Estimate
from mezzotint.core.schedule import Cosine, LogSnr
from mezzotint.sampling import loop
from mezzotint.sampling.ddim import Ddim
from mezzotint.sampling.exponential import integrals
from mezzotint.sampling.history import History, empty, newest, with_newest
from mezzotint.sampling.method import Sampler
from mezzotint.sampling.multistep import AdamsBashforth
from mezzotint.sampling.presets import PRESETS

from ..laws.members import precision
from .gaussian import Gaussian

GAUSSIAN, KEYS = Gaussian(), loop.keys(0, 0, 2)
X = np.random.default_rng(0).standard_normal((2, 2, 3, 1))


@pytest.mark.parametrize("known", range(5))
@pytest.mark.parametrize("length", [0.1, 5.0])
def test_weights_integrate_polynomials_through_what_is_known(length: float, known: int) -> None:
    """exp(-v) v^degree over a step, from values at irregular places; what is not known has no weight."""
    start, places = 0.3, np.array([0.1, -0.4, -0.5, -1.7])
    with precision():
        history = History(jnp.zeros((4, 1, 1, 1, 1)), jnp.asarray(places), jnp.asarray(known))
        ends = jnp.asarray(start), jnp.asarray(start + length)
        weights = np.asarray(integrals(lambda v: jnp.exp(-v), history, *ends))
    assert not weights[known:].any()
    for degree in range(known + 1):
        exact, _ = quad(lambda v, d=degree: np.exp(-v) * v**d, start, start + length, epsabs=1e-13)
        constant, _ = quad(lambda v: np.exp(-v), start, start + length, epsabs=1e-13)
        found = constant * start**degree + weights @ (places**degree - start**degree)
        np.testing.assert_allclose(found, exact, rtol=1e-8)


@pytest.mark.parametrize("order", [2, 3, 4, 5])
def test_adams_bashforth_is_exact_where_the_noise_is_a_polynomial_in_lambda(order: int) -> None:
    """On irregular times, once as many noises are known; LogSnr's lambda is 10 t - 5."""
    times = np.array([0.9, 0.82, 0.79, 0.7, 0.66, 0.5, 0.45])

    def noise(t: jax.Array) -> jax.Array:
        return jnp.full(X.shape, (10 * (0.6 - t)) ** (order - 1))

    def slope(t: float) -> float:
        """dr / dt of r = sigma / alpha, times the noise."""
        return float(10 * np.exp(10 * t - 5) * (10 * (0.6 - t)) ** (order - 1))

    with precision():
        schedule, sampler = LogSnr(), AdamsBashforth(order)
        x, memory = jnp.asarray(X), sampler.init(jnp.asarray(X))
        for index, (t, s) in enumerate(zip(times, times[1:], strict=False)):
            now, then = schedule(t), schedule(s)
            image = (x - now.sigma * noise(t)) / now.alpha
            stepped, memory = sampler.step(
                lambda *_, t=t, image=image: Estimate(image, noise(t)),
                *(schedule, x, jnp.asarray(t), jnp.asarray(s), memory, KEYS),
            )
            exact = then.alpha * (x / now.alpha + quad(slope, t, s, epsabs=1e-13)[0])
            if index >= order - 1:
                np.testing.assert_allclose(stepped, exact, rtol=1e-9, atol=1e-9)
            x = exact


def test_adams_bashforth_of_order_1_is_ddim_to_the_bit() -> None:
    with precision():
        schedule, sampler = Cosine(), AdamsBashforth(1)
        arrays = list(map(jnp.asarray, (X, 0.7, 0.3)))
        denoise, memory = GAUSSIAN.denoiser(schedule), sampler.init(arrays[0])
        ddim, _ = Ddim().step(denoise, schedule, *arrays, (), KEYS)
        found, _ = sampler.step(denoise, schedule, *arrays, memory, KEYS)
        np.testing.assert_array_equal(found, ddim)


@pytest.mark.parametrize("name", ["ddim", "heun", "dpmpp-2m", "dpmpp-3m", "unipc", "ab5"])
def test_times_may_rise(name: str) -> None:
    """Four short steps towards more noise, against the exact flow: as inversion takes them."""
    with precision():
        schedule, sampler = Cosine(), PRESETS[name]
        times = np.linspace(0.3, 0.34, 5)
        x, memory = jnp.asarray(X), sampler.init(jnp.asarray(X))
        for t, s in zip(times, times[1:], strict=False):
            rates = jnp.asarray(t), jnp.asarray(s)
            x, memory = sampler.step(GAUSSIAN.denoiser(schedule), schedule, x, *rates, memory, KEYS)
        exact = GAUSSIAN.flow(schedule, jnp.asarray(X), times[0], times[-1])
        np.testing.assert_allclose(x, exact, atol=1e-3)
        assert np.abs(x - X).max() > 0.02


@pytest.mark.parametrize("sampler", PRESETS.values(), ids=PRESETS)
def test_a_step_asks_the_network_as_often_as_is_stated(sampler: Sampler) -> None:
    asked: list[int] = []

    def denoise(x: jax.Array, t: jax.Array) -> Estimate:
        asked.append(1)
        return Estimate(x, x)

    x, t = jax.ShapeDtypeStruct(X.shape, jnp.float32), jax.ShapeDtypeStruct((), jnp.float32)
    memory = jax.eval_shape(sampler.init, x)
    after = jax.eval_shape(partial(sampler.step, denoise, Cosine()), x, t, t, memory, KEYS)
    assert len(asked) == sampler.evaluations
    assert after == (x, memory), "the loop's shapes never change"


def test_a_history_keeps_the_newest() -> None:
    history = empty(2, jnp.zeros((1, 1, 1, 1)))
    for value in (1.0, 2.0, 3.0):
        history = newest(with_newest(history, jnp.full((1, 1, 1, 1), value), jnp.asarray(-value)), 2)
    np.testing.assert_array_equal(history.values.ravel(), [3, 2])
    np.testing.assert_array_equal(history.places, [-3, -2])
    assert int(history.known) == 2
