"""The only loop: n times, n - 1 steps, and one last denoise whose image estimate is the picture.

The times travel in an array padded to a fixed length and their count is traced, so that another number
of steps runs the same compiled program. A picture is a function of its key alone, whatever the batch it
is made in: its noise is drawn from its key, and the noise of step i from that key with i folded in.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from mezzotint.arrays import Images, Keys
from mezzotint.core.grid import Grid
from mezzotint.core.prediction import Denoiser, Estimate
from mezzotint.core.schedule import Schedule
from mezzotint.errors import UserError
from mezzotint.sampling import fresh
from mezzotint.sampling.method import Sampler

CAPACITY = 1024  # most sampling times; a longer grid would be another compiled program


class Times(NamedTuple):
    """Sampling times padded to a fixed length, of which the first `number` count."""

    values: Float[Array, f" {CAPACITY}"]
    number: Int[Array, ""]


def times(grid: Grid, schedule: Schedule, count: int) -> Times:
    """The grid's `count` times, padded; a `UserError` outside 1..CAPACITY."""
    if not 1 <= count <= CAPACITY:
        raise UserError(f"steps must be from 1 to {CAPACITY}, not {count}")
    values = jnp.zeros(CAPACITY).at[:count].set(grid(schedule, count))
    return Times(values, jnp.asarray(count))


def keys(seed: int, first: int, count: int) -> Keys:
    """One key a picture: picture i of a seed has the same key in every batch.

    Raises:
        UserError: a seed or an index out of range.
    """
    if not 0 <= seed < 2**32 or first < 0:
        raise UserError(f"the seed must be from 0 to {2**32 - 1} and the first index at least 0")
    root = jax.random.key(seed)
    return jax.vmap(lambda index: jax.random.fold_in(root, index))(jnp.arange(first, first + count))


def initial_noise(schedule: Schedule, keys: Keys, shape: tuple[int, int, int]) -> Images:
    """Where sampling starts, for pictures of (height, width, channels): noise of x's own spread there.

    For images of unit variance, x at t = 1 has the standard deviation hypot(alpha, sigma).
    """
    return jnp.hypot(*schedule(1.0)) * fresh.noise(keys, shape)


def sample(
    denoise: Denoiser, schedule: Schedule, sampler: Sampler, times: Times, x: Images, keys: Keys
) -> Images:
    """Normalised images from noise x at times[0]; one key an image."""
    return _last(denoise, times, solve(denoise, schedule, sampler, times, x, keys)).image


def solve(
    denoise: Denoiser, schedule: Schedule, sampler: Sampler, times: Times, x: Images, keys: Keys
) -> Images:
    """Where the number - 1 steps take x, from times[0] to the last time; the times may rise as well."""
    step = _step(denoise, schedule, sampler, times, keys)
    x, _ = jax.lax.fori_loop(0, times.number - 1, step, (x, sampler.init(x)))
    return x


def trajectory(
    denoise: Denoiser,
    schedule: Schedule,
    sampler: Sampler,
    times: Times,
    x: Images,
    keys: Keys,
    frames: int,
) -> tuple[Float[Array, "frames batch height width channels"], ...]:
    """What `sample` passes through: the noisy x and the image estimate at the first `frames` times.

    `frames` is static and at least times.number; only times.number frames are filled. The last estimate
    is the picture that `sample` returns.
    """
    step = _step(denoise, schedule, sampler, times, keys)

    def watched(index: Array, carry: tuple) -> tuple:
        (x, memory), noisy, estimates = carry
        estimate = denoise(x, jnp.full(x.shape[:1], times.values[index]))
        kept = noisy.at[index].set(x), estimates.at[index].set(estimate.image)
        return step(index, (x, memory)), *kept

    blank = jnp.zeros((frames, *x.shape), x.dtype)
    carry = ((x, sampler.init(x)), blank, blank)
    (x, _), noisy, estimates = jax.lax.fori_loop(0, times.number - 1, watched, carry)
    last = times.number - 1
    return noisy.at[last].set(x), estimates.at[last].set(_last(denoise, times, x).image)


def _step(denoise: Denoiser, schedule: Schedule, sampler: Sampler, times: Times, keys: Keys):  # noqa: ANN202
    def step(index: Array, carry: tuple) -> tuple:
        x, memory = carry
        now, then = times.values[index], times.values[index + 1]
        step_keys = jax.vmap(jax.random.fold_in, (0, None))(keys, index)
        return sampler.step(denoise, schedule, x, now, then, memory, step_keys)

    return step


def _last(denoise: Denoiser, times: Times, x: Images) -> Estimate:
    return denoise(x, jnp.full(x.shape[:1], times.values[times.number - 1]))
